import { defineConfig, globalIgnores } from 'eslint/config'
import lit from 'eslint-plugin-lit'
import tseslint from 'typescript-eslint'

const ENVIRONMENTS = ['src/tsconfig.pure.json', 'src/tsconfig.page.json', 'workers/tsconfig.json', 'signaling/tsconfig.json', 'test/tsconfig.json']

export default defineConfig(
  // Locales are made from the translations by lit-localize.
  globalIgnores(['dist/', 'node_modules/', 'test/artifacts/', '.cache/', 'src/ui/words/locales/']),
  {
    files: ['**/*.ts', 'signaling/**/*.mjs', 'test/**/*.mjs'],
    extends: [tseslint.configs.strictTypeChecked],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { project: ENVIRONMENTS, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      // Numbers in messages read the same with and without String(); objects in messages stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `onClose: () => socket.close()` says what it does; the void it returns misleads nobody.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // `while (true)` has its honest uses.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // A call across workers rejects with a plain Failure, because that survives postMessage; nothing else plain is thrown.
      '@typescript-eslint/only-throw-error': ['error', { allow: [{ from: 'file', name: 'Failure' }] }],
      // An async function may have nothing to wait for: it answers as its interface says, and a throw becomes a rejection.
      '@typescript-eslint/require-await': 'off',
      // The compiler tells it too (noUnusedLocals, noUnusedParameters).
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['src/ui/**'],
    rules: {
      // Interfaces here are records of functions that `createX` made; none has a `this` to lose. Elements do, and are checked.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'test/sim/**/*.ts'],
    ignores: [
      // Each is there once in a node.
      'src/neuron/{bans,directory,engine-side,startup}.ts', 'src/neuron/page/household.ts', 'src/pubsub/signaling-client.ts',
      // It reads cells that are filled from outside.
      'src/engine/place.ts',
    ],
    rules: {
      'no-restricted-syntax': ['error', { selector: "ObjectExpression > Property[kind='get']", message: 'A getter in a literal makes a dictionary of every such object: a plain field, see src/base/mutable.ts, or a method.' }],
    },
  },
  { files: ['src/ui/**/*.ts'], extends: [lit.configs['flat/recommended']] },
  {
    files: ['**/*.mjs'],
    // The compiler checks these by their JSDoc; the typed rules do not read it.
    extends: [tseslint.configs.disableTypeChecked],
  },
)
