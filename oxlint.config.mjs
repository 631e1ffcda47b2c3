/**
 * Import directions of the layers (docs/architecture.md) as lint rules, with the rules of
 * every file below. A layer may import only what its row lists.
 */
const controlPlane = [
  'pki',
  'objects',
  'etcd',
  'client',
  'apiserver',
  'scheduler',
  'controllers',
  'hollow',
  'cloud',
];
const engineParts = [
  'api',
  'base',
  'rpc',
  'http',
  'storage',
  'hub',
  'machine',
  'runtime',
  'docker',
  'kubelet',
  'crictl',
  'nftables',
  'kube-proxy',
  'node-network',
  'metrics-server',
  ...controlPlane,
];
const layers = {
  api: [],
  base: ['api'],
  rpc: ['api', 'base'],
  http: ['api', 'base'],
  storage: ['api', 'base'],
  hub: ['api', 'base', 'http', 'storage'],
  pki: ['api', 'base'],
  objects: ['api', 'base'],
  etcd: ['api', 'base', 'storage'],
  client: ['api', 'base', 'http', 'objects'],
  scheduler: ['api', 'base', 'objects', 'client'],
  controllers: ['api', 'base', 'pki', 'objects', 'client'],
  hollow: ['api', 'base', 'objects', 'client'],
  // cloud-controller-manager has the frame of kube-controller-manager.
  cloud: ['api', 'base', 'http', 'storage', 'objects', 'client', 'controllers'],
  apiserver: ['api', 'base', 'rpc', 'http', 'pki', 'objects', 'client'],
  machine: ['api', 'base', 'rpc'],
  runtime: ['api', 'base', 'rpc', 'http', 'storage', 'machine'],
  docker: ['api', 'base', 'rpc', 'http', 'storage', 'machine', 'runtime'],
  kubelet: [
    'api',
    'base',
    'rpc',
    'http',
    'storage',
    'pki',
    'objects',
    'client',
    'machine',
    'runtime',
  ],
  // Logs are read as kubelets read them: upstream's both use cri-client.
  crictl: ['api', 'base', 'objects', 'machine', 'runtime', 'kubelet'],
  nftables: ['api', 'base', 'client', 'machine'],
  // Both write into a node's kernel through its agent.
  'kube-proxy': ['api', 'base', 'http', 'objects', 'client', 'machine', 'nftables'],
  // A server of an API, so it has parts of one, as upstream's has k8s.io/apiserver's.
  'metrics-server': ['api', 'base', 'http', 'objects', 'client', 'apiserver'],
  'node-network': ['api', 'base', 'objects', 'client', 'machine', 'nftables'],
  cluster: [...engineParts, 'workers'],
  workers: [...engineParts, 'cluster'],
  cli: [...engineParts, 'cluster', 'workers'],
};
const all = Object.keys(layers);

const workerGlobals = [
  'self',
  'location',
  'navigator',
  'caches',
  'indexedDB',
  'postMessage',
  'close',
  'importScripts',
  'reportError',
];

const restrict = (files, forbidden, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }],
  },
});

export default {
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'react', 'jsx-a11y', 'vitest'],
  categories: { correctness: 'error' },
  options: { typeAware: true },
  ignorePatterns: [
    'build/**',
    'dist/**',
    'engine/guest/dist/**',
    '**/*.generated.ts',
    'node_modules/**',
  ],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'no-console': 'error',
    eqeqeq: 'error',
    'max-lines': ['error', { max: 600 }],
    // Our interfaces are records of functions, and destructuring them is fine.
    'typescript/unbound-method': 'off',
    // A literal beside `string` tells the reader which values are special.
    'typescript/no-redundant-type-constituents': 'off',
    // Promise.all over values that may be there already.
    'typescript/await-thenable': 'off',
    // The compiler checks this, and knows Vite's `?worker` imports.
    'import/default': 'off',
    // No React Compiler here.
    'react/incompatible-library': 'off',
    'react/set-state-in-effect': 'off',
    // A paragraph with role=status is announced as <output> is, and may hold more.
    'jsx-a11y/prefer-tag-over-role': 'off',
    'vitest/valid-expect': ['error', { maxArgs: 2, alwaysAwait: false }],
    'vitest/valid-title': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
  },
  overrides: [
    ...all.map((layer) =>
      restrict(
        [`engine/${layer}/**/*.ts`],
        [
          ...all
            .filter((other) => other !== layer && !layers[layer].includes(other))
            .map((other) => `**/../${other}/**`),
          '**/web/**',
        ],
        `engine/${layer} may import only: ${layers[layer].join(', ') || 'nothing'} (docs/architecture.md)`,
      ),
    ),
    // A test of the API server has a whole etcd under it.
    restrict(
      ['engine/apiserver/testing/**/*.ts'],
      all
        .filter((other) => ![...layers.apiserver, 'apiserver', 'etcd', 'storage'].includes(other))
        .map((other) => `**/../${other}/**`),
      'engine/apiserver/testing may import what the API server may, and an etcd',
    ),
    // Controllers are tested against a whole API server.
    restrict(
      ['engine/controllers/testing/**/*.ts'],
      all
        .filter((other) => ![...layers.controllers, 'controllers', 'apiserver'].includes(other))
        .map((other) => `**/../${other}/**`),
      'engine/controllers/testing may import what controllers may, and an API server',
    ),
    restrict(
      ['web/**/*.ts', 'web/**/*.tsx'],
      all
        .filter((layer) => !['api', 'cluster', 'objects', 'client'].includes(layer))
        .map((layer) => `**/engine/${layer}/**`),
      'web reaches the engine only through engine/cluster and engine/api, and a cluster as its clients do',
    ),
    // What the page asks of an API server is tested against a whole one.
    restrict(
      ['web/**/*.test.ts'],
      all
        .filter(
          (layer) => !['api', 'cluster', 'objects', 'client', 'apiserver', 'base'].includes(layer),
        )
        .map((layer) => `**/engine/${layer}/**`),
      'tests of web may import what web may, and an API server',
    ),
    restrict(
      ['lessons/**/*.ts'],
      [
        ...all
          .filter((layer) => !['api', 'base', 'objects', 'client'].includes(layer))
          .map((layer) => `**/engine/${layer}/**`),
        '**/web/**',
      ],
      'lessons may import only engine/api, engine/base, engine/objects and engine/client',
    ),
    {
      files: [
        'engine/{api,http,storage,hub,machine,runtime,docker,kubelet,crictl,nftables,kube-proxy,node-network,metrics-server,pki,objects,etcd,client,apiserver,scheduler,controllers,hollow,cloud}/**/*.ts',
      ],
      // What is for one host says so in its name.
      excludeFiles: ['**/*.node.ts', '**/*.test.ts', '**/{browser,opfs}-*.ts'],
      rules: {
        'no-restricted-globals': [
          'error',
          { name: 'setTimeout', message: 'take a Clock from engine/base' },
          { name: 'setInterval', message: 'take a Clock from engine/base' },
          // The compiler knows them, because workers have them; Node has not (docs/decisions/021).
          ...workerGlobals.map((name) => ({
            name,
            message: 'only in browsers: not in shared code',
          })),
        ],
      },
    },
    {
      // Waiting for what must appear is the assertion.
      files: ['test/e2e/**'],
      rules: { 'vitest/expect-expect': 'off' },
    },
    {
      // A promise may be expected to fail first and awaited once the clock has moved.
      files: ['**/*.test.ts'],
      rules: { 'typescript/no-base-to-string': 'off', 'vitest/valid-expect': 'off' },
    },
    {
      files: ['**/*.config.{ts,mjs}', 'vitest.config.ts', '**/*.d.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      files: ['scripts/**', 'engine/cli/**', 'engine/guest/**/*.ts', 'test/**'],
      rules: { 'no-console': 'off' },
    },
  ],
};
