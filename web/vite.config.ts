import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The build goes to dist/app, so that emptying it never touches the committed dist/placeholder.html.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2023',
    // Older than these, light-dark() would be rewritten into something that follows the system alone.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 800,
  },
  server: {
    proxy: {
      '/api': { target: process.env.DROVER_URL ?? 'https://127.0.0.1:7443', secure: false },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['{src,portal}/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test/setup.ts'],
  },
});
