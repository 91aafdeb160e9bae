/** House style and layer rules. Type-unaware on purpose: the type checker runs once, elsewhere. */
import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { sourceConstraints, testConstraints } from './tools/config/boundaries.js';
import { exportedDocstring } from './tools/config/exported-docstring.js';

// Without a cached project graph @nx/enforce-module-boundaries would skip itself with a warning.
await createProjectGraphAsync();

const tests = ['**/*.test.ts', 'packages/*/test/**/*.ts'];
const configs = ['**/*.config.ts', '**/*.config.js', 'tools/config/*.ts'];

const restrictedSyntax = [
  { selector: 'ExportAllDeclaration', message: 'Name what you export: no `export *`.' },
  { selector: 'ExportDefaultDeclaration', message: 'No default exports.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  ...['Program > VariableDeclaration', 'Program > ExportNamedDeclaration > VariableDeclaration'].map(
    (path) => ({
      selector: `${path}[kind!="const"]`,
      message: 'No module-level `let`: state belongs to whoever creates it.',
    }),
  ),
];
const environment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'Only the cli reads the environment: take an option.',
};

const restrictedImports = [
  {
    regex: '^(@tesserae/[^/]+|tesserae)/(src|dist)(/|$)',
    message: 'No deep imports: import what the package exports.',
  },
  {
    regex: '^\\.{1,2}/(?!.*\\.(js|json)$)',
    message: 'Relative imports end in `.js`, which Node, tsup, vitest and tsx all resolve.',
  },
];
const indexImport = {
  regex: '^\\.{1,2}/(.*/)?index\\.js$',
  message: 'Import the file that defines it, not an index.',
};

const boundaries = (depConstraints, options = {}) => [
  'error',
  // '#platform' is a package's own import, resolved by condition: no relative path can say it
  { depConstraints, enforceBuildableLibDependency: false, allow: ['#platform'], ...options },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', 'coverage/**', '.device/**', 'shared/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.js'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx, tesserae: { rules: { 'exported-docstring': exportedDocstring } } },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(sourceConstraints),
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      'no-restricted-syntax': ['error', ...restrictedSyntax],
      'no-restricted-imports': ['error', { patterns: restrictedImports }],
      'max-lines': ['error', { max: 400 }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: tests,
    rules: {
      'no-console': 'error',
      'tesserae/exported-docstring': 'error',
      'no-restricted-syntax': ['error', ...restrictedSyntax, environment],
      'no-restricted-imports': ['error', { patterns: [...restrictedImports, indexImport] }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 20],
    },
  },
  {
    files: ['packages/cli/src/**/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': ['error', ...restrictedSyntax] },
  },
  {
    files: tests,
    rules: {
      '@nx/enforce-module-boundaries': boundaries(testConstraints, { allowCircularSelfDependency: true }),
      'max-lines': 'off',
    },
  },
  {
    files: configs,
    rules: {
      '@nx/enforce-module-boundaries': 'off', // two-line configurations read tools/config by path
      'no-restricted-syntax': 'off',
      'no-restricted-imports': 'off',
    },
  },
);
