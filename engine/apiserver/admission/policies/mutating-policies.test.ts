import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TestServer, type Answer } from '../../testing/test-server.ts';

/** What kube-apiserver 1.37.2 makes of the same policies. */

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const POLICIES = `${GROUP}/mutatingadmissionpolicies`;
const BINDINGS = `${GROUP}/mutatingadmissionpolicybindings`;
const NAMESPACE = '/api/v1/namespaces/default';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  await server.request('POST', `${NAMESPACE}/serviceaccounts`, {
    body: { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'default' } },
  });
});

afterEach(async () => {
  await server.request('DELETE', POLICIES);
  await server.request('DELETE', BINDINGS);
  await settled();
});

afterAll(() => server.stop());

/** Resolves when the server's caches have what was just written. */
async function settled(): Promise<void> {
  for (const path of [POLICIES, BINDINGS]) await server.request('GET', path);
}

interface Fields {
  readonly [field: string]: unknown;
}

const resourceRules = [
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    resources: ['configmaps', 'pods'],
    operations: ['CREATE'],
  },
];

async function enact(name: string, spec: Fields, binding: Fields = {}): Promise<void> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const common = { reinvocationPolicy: 'Never', matchConstraints: { resourceRules } };
  const made = await server.request('POST', POLICIES, {
    body: {
      kind: 'MutatingAdmissionPolicy',
      apiVersion,
      metadata: { name },
      spec: { ...common, ...spec },
    },
  });
  expect([made.status, made.body]).toEqual([201, expect.anything()]);
  const { status } = await server.request('POST', BINDINGS, {
    body: {
      kind: 'MutatingAdmissionPolicyBinding',
      apiVersion,
      metadata: { name: `b${name}` },
      spec: { policyName: name, ...binding },
    },
  });
  expect(status).toBe(201);
  await settled();
}

const apply = (expression: string): Fields => ({
  mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
});
const patch = (expression: string): Fields => ({
  mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
});

function configMap(): Promise<Answer> {
  const metadata = { name: 'w', labels: { own: 'yes' } };
  const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { a: 'b' } };
  return server.request('POST', `${NAMESPACE}/configmaps?dryRun=All`, { body });
}

function pod(): Promise<Answer> {
  const spec = { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] };
  const body = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'w' }, spec };
  return server.request('POST', `${NAMESPACE}/pods?dryRun=All`, { body });
}

test.for<readonly [string, Fields, Fields]>([
  [
    'a configuration',
    apply('Object{metadata: Object.metadata{labels: {"x": "y"}}}'),
    { metadata: { labels: { own: 'yes', x: 'y' } } },
  ],
  [
    'a configuration by what is there',
    apply('Object{data: {"n": string(size(object.data))}}'),
    { data: { a: 'b', n: '1' } },
  ],
  [
    'a configuration that says nothing',
    apply('has(object.spec) ? Object{data: {"v": "1"}} : Object{}'),
    { data: { a: 'b' } },
  ],
  [
    'variables',
    {
      variables: [{ name: 'v', expression: 'object.metadata.name + "!"' }],
      ...apply('Object{data: {"v": variables.v}}'),
    },
    { data: { a: 'b', v: 'w!' } },
  ],
  [
    'a patch',
    patch('[JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("x.y"), value: "v"}]'),
    { data: { a: 'b', 'x.y': 'v' } },
  ],
  [
    'a patch whose test fails',
    patch(
      '[JSONPatch{op: "test", path: "/data/a", value: "z"}, JSONPatch{op: "add", path: "/data/t", value: "v"}]',
    ),
    { data: { a: 'b' } },
  ],
  [
    'a condition that is false',
    { matchConditions: [{ name: 'm', expression: 'false' }], ...apply('Object{data: {"x": "y"}}') },
    { data: { a: 'b' } },
  ],
  [
    'failures that are ignored',
    { failurePolicy: 'Ignore', ...apply('Object{data: {"x": object.spec.foo}}') },
    { data: { a: 'b' } },
  ],
  [
    'mutations one after the other',
    {
      mutations: [
        ...(apply('Object{data: {"x": "1"}}')['mutations'] as []),
        ...(patch('[JSONPatch{op: "add", path: "/data/y", value: object.data.x}]')[
          'mutations'
        ] as []),
      ],
    },
    { data: { a: 'b', x: '1', y: '1' } },
  ],
])('%s', async ([, spec, changed]) => {
  await enact('p', spec);
  const { status, body } = await configMap();
  expect([status, body]).toMatchObject([201, changed]);
});

test('items are merged by their keys, and get defaults', async () => {
  await enact(
    'p',
    apply(
      'Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, env: [Object.spec.containers.env{name: "A", value: "1"}]}), initContainers: [Object.spec.initContainers{name: "mesh", image: "mesh:1", restartPolicy: "Always"}]}}',
    ),
  );
  const { body } = await pod();
  expect(body).toMatchObject({
    spec: {
      containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: '1' }] }],
      initContainers: [{ name: 'mesh', restartPolicy: 'Always', imagePullPolicy: 'IfNotPresent' }],
    },
  });
});

test.for<readonly [string, Fields, string]>([
  [
    'replaces a whole list',
    apply('Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: "x"}]}}'),
    'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.tolerations',
  ],
  [
    'names an object badly',
    apply('Object{spec: Object.other{nodeName: "x"}}'),
    'type mismatch: unexpected type name "Object.other", expected "Object.spec", which matches field name path from root Object type',
  ],
  [
    'sets what there is not',
    apply('Object{spec: Object.spec{nope: "x"}}'),
    'error applying patch: failed to convert patch object to typed object: .spec.nope: field not declared in schema',
  ],
  [
    'fails',
    apply('Object{metadata: Object.metadata{labels: {"x": object.spec.foo}}}'),
    'expression \'Object{metadata: Object.metadata{labels: {"x": object.spec.foo}}}\' resulted in error: no such key: foo',
  ],
  [
    'patches what is not there',
    patch('[JSONPatch{op: "remove", path: "/spec/none/x"}]'),
    'JSON Patch: remove operation does not apply: doc is missing path: "/spec/none/x": missing value',
  ],
])('a policy that %s refuses the request', async ([, spec, why]) => {
  await enact('p', spec);
  const { status, body } = await pod();
  const message = `policy 'p' with binding 'bp' denied request: ${why}`;
  expect([status, body]).toMatchObject([
    403,
    { message, reason: 'Invalid', details: { name: 'w', kind: 'pods', causes: [{ message }] } },
  ]);
});

test('parameters that are not there refuse the request', async () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const paramRef = { name: 'nope', parameterNotFoundAction: 'Deny' };
  await enact('p', { paramKind, ...apply('Object{data: params.data}') }, { paramRef });
  const { body } = await configMap();
  expect(body).toMatchObject({
    reason: 'Forbidden',
    message:
      "policy 'p' with binding 'bp' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
  });
});

test('a policy that wants it is asked again after a change by another', async () => {
  const count = 'Object{data: {"n": string(int(object.data[?"n"].orValue("0")) + 1)}}';
  await enact('a', { ...apply(count), reinvocationPolicy: 'IfNeeded' });
  await enact('b', apply(count));
  const { body } = await configMap();
  expect(body).toMatchObject({ data: { n: '3' } });
});

test('an expression that makes no object is no policy', async () => {
  const spec = { reinvocationPolicy: 'Never', matchConstraints: { resourceRules } };
  const { status, body } = await server.request('POST', POLICIES, {
    body: {
      kind: 'MutatingAdmissionPolicy',
      apiVersion: 'admissionregistration.k8s.io/v1',
      metadata: { name: 'p' },
      spec: { ...spec, ...apply('"text"') },
    },
  });
  expect([status, body]).toMatchObject([
    422,
    {
      details: {
        causes: [
          {
            message: String.raw`Invalid value: "\"text\"": must evaluate to Object but got string`,
          },
        ],
      },
    },
  ]);
});
