import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// A bundle of its own: who is not an administrator gets none of the dashboard.
export default defineConfig({
  root: here('.'),
  base: '/portal/',
  publicDir: here('../public'),
  plugins: [react()],
  build: {
    outDir: here('../dist/portal'),
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 800,
  },
  server: {
    proxy: { '/portal/api': { target: process.env.DROVER_PORTAL ?? 'https://127.0.0.1:443', secure: false } },
  },
});
