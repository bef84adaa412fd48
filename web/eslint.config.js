import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist/**', 'src/api/schema.d.ts', 'portal/schema.d.ts'] },
  js.configs.recommended,
  ts.configs.recommended,
  hooks.configs.flat.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'max-lines': ['error', { max: 500 }],
      // TanStack Virtual returns functions that the compiler rule distrusts; nothing here is compiled by it.
      'react-hooks/incompatible-library': 'off',
    },
  },
);
