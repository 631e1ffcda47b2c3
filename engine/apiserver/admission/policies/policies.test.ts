import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TestServer, type Answer } from '../../testing/test-server.ts';

/** Texts are what kube-apiserver 1.37.2 answered to the same policies. */

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const POLICIES = `${GROUP}/validatingadmissionpolicies`;
const BINDINGS = `${GROUP}/validatingadmissionpolicybindings`;
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const onConfigMaps = {
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['*'],
};

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  for (const [name, limit] of [
    ['limits', '3'],
    ['more', '4'],
  ] as const) {
    const body = configMap(name, { labels: { use: 'me' } }, { limit });
    await server.request('POST', CONFIGMAPS, { body });
  }
});

afterEach(async () => {
  await server.request('DELETE', POLICIES);
  await server.request('DELETE', BINDINGS);
  await settled();
  await server.request('DELETE', `${CONFIGMAPS}/w`);
});

afterAll(() => server.stop());

/** Resolves when the server's caches have what was just written. */
async function settled(): Promise<void> {
  for (const path of [POLICIES, BINDINGS, CONFIGMAPS]) await server.request('GET', path);
}

interface Fields {
  readonly [field: string]: unknown;
}

function configMap(name: string, metadata: Fields = {}, data: Fields = { a: 'b' }): Fields {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, ...metadata }, data };
}

async function enact(spec: Fields, ...bindings: readonly Fields[]): Promise<void> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const matchConstraints = { resourceRules: [onConfigMaps] };
  const made = await server.request('POST', POLICIES, {
    body: {
      kind: 'ValidatingAdmissionPolicy',
      apiVersion,
      metadata: { name: 'p' },
      spec: { matchConstraints, ...spec },
    },
  });
  expect([made.status, made.body]).toEqual([201, expect.anything()]);
  for (const [index, binding] of bindings.entries()) {
    const { status } = await server.request('POST', BINDINGS, {
      body: {
        kind: 'ValidatingAdmissionPolicyBinding',
        apiVersion,
        metadata: { name: `b${index}` },
        spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
      },
    });
    expect(status).toBe(201);
  }
  await settled();
}

function create(body: Fields = configMap('w'), query = ''): Promise<Answer> {
  return server.request('POST', CONFIGMAPS + query, { body });
}

const check = (expression: string, more: Fields = {}): Fields => ({
  validations: [{ expression, ...more }],
});

/** What a refusal says after naming policy and binding; undefined for what is admitted. */
function refusal({ status, body }: Answer): string | undefined {
  if (status < 400) return undefined;
  const { message } = body as unknown as { readonly message: string };
  const start = 'configmaps "w" is forbidden: ValidatingAdmissionPolicy \'p\' ';
  expect(message.slice(0, start.length)).toBe(start);
  return message.slice(start.length).replace("with binding 'b0' denied request: ", '');
}

test('a refusal has the policy, a code by its reason, and a cause', async () => {
  await enact(check('false', { message: ' no way ', reason: 'Forbidden' }), {});
  const { status, body } = await create();
  const message = "ValidatingAdmissionPolicy 'p' with binding 'b0' denied request: no way";
  expect([status, body]).toEqual([
    403,
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `configmaps "w" is forbidden: ${message}`,
      reason: 'Forbidden',
      details: { name: 'w', kind: 'configmaps', causes: [{ message }] },
      code: 403,
    },
  ]);
});

describe('what a policy says', () => {
  const computed = (messageExpression: string): Fields =>
    check('false', { message: 'fixed', messageExpression });
  const onlyW = [{ name: 'w', expression: 'object.metadata.name == "w"' }];

  test.for<readonly [string, Fields, string | undefined]>([
    ['nothing when true', check('object.data.a == "b"'), undefined],
    ['its expression', check('object.data.a == "c"'), 'failed expression: object.data.a == "c"'],
    ['a computed message', computed('"got " + object.data.a'), 'got b'],
    ['a fixed message when the other fails', computed('"got " + object.spec.a'), 'fixed'],
    [
      'a fixed message when the other has lines',
      computed(String.raw`"got\n" + object.data.a`),
      'fixed',
    ],
    [
      'what failed',
      check('object.spec.x == 1'),
      "expression 'object.spec.x == 1' resulted in error: no such key: spec",
    ],
    [
      'nothing of failures it ignores',
      { failurePolicy: 'Ignore', ...check('object.spec.x == 1') },
      undefined,
    ],
    [
      'the first of several',
      {
        validations: [
          { expression: 'false', message: '1' },
          { expression: 'false', message: '2' },
        ],
      },
      '1',
    ],
    [
      'nothing when a condition is false',
      { matchConditions: [{ name: 'm', expression: 'false' }], ...check('false') },
      undefined,
    ],
    [
      'that a condition failed',
      { matchConditions: [{ name: 'm', expression: 'object.spec.x == 1' }], ...check('true') },
      "expression 'object.spec.x == 1' resulted in error: no such key: spec",
    ],
    [
      'what variables are',
      {
        variables: [
          { name: 'a', expression: 'object.data.a' },
          { name: 'b', expression: 'variables.a + "!"' },
        ],
        ...check('false', { messageExpression: 'variables.b' }),
      },
      'b!',
    ],
    [
      'which variable failed',
      {
        variables: [
          { name: 'a', expression: 'object.spec.a' },
          { name: 'b', expression: 'variables.a + "!"' },
        ],
        ...check('variables.b == "x"'),
      },
      'expression \'variables.b == "x"\' resulted in error: composited variable "b" fails to evaluate: composited variable "a" fails to evaluate: no such key: spec',
    ],
    [
      'nothing of variables it does not use',
      { variables: [{ name: 'a', expression: 'object.spec.a' }], ...check('true') },
      undefined,
    ],
    [
      'what the request is',
      check('false', {
        messageExpression:
          'request.kind.kind + request.resource.resource + request.operation + request.name + request.namespace',
      }),
      'ConfigMapconfigmapsCREATEwdefault',
    ],
    [
      'what its namespace is',
      check('false', {
        messageExpression: 'namespaceObject.metadata.name + namespaceObject.status.phase',
      }),
      'defaultActive',
    ],
    [
      'what others may',
      {
        variables: [
          {
            name: 'd',
            expression:
              'authorizer.serviceAccount("default", "default").group("").resource("secrets").namespace("default").check("get")',
          },
        ],
        ...check('variables.d.allowed() || !authorizer.requestResource.check("create").allowed()', {
          message: 'may not',
        }),
      },
      'may not',
    ],
    [
      'nothing of what it excludes',
      {
        matchConstraints: {
          resourceRules: [onConfigMaps],
          excludeResourceRules: [{ ...onConfigMaps, resourceNames: ['w'] }],
        },
        ...check('false'),
      },
      undefined,
    ],
    [
      'nothing of other names',
      {
        matchConstraints: { resourceRules: [{ ...onConfigMaps, resourceNames: ['x'] }] },
        ...check('false'),
      },
      undefined,
    ],
    [
      'nothing of other objects',
      {
        matchConditions: onlyW,
        matchConstraints: {
          resourceRules: [onConfigMaps],
          objectSelector: { matchLabels: { a: 'b' } },
        },
        ...check('false'),
      },
      undefined,
    ],
  ])('%s', async ([, spec, said]) => {
    await enact(spec, {});
    expect(refusal(await create())).toBe(said);
  });

  test('nothing without a binding', async () => {
    await enact(check('false'));
    expect(refusal(await create())).toBeUndefined();
  });

  test('nothing where its binding does not want it', async () => {
    const matchResources = { objectSelector: { matchLabels: { a: 'b' } } };
    await enact(check('false', { message: 'no' }), { matchResources });
    expect(refusal(await create(configMap('w', { labels: { a: 'b' } })))).toBe('no');
    expect(refusal(await create())).toBeUndefined();
  });

  test('a warning only, if that is what its binding wants', async () => {
    await enact(check('false', { message: 'hm' }), { validationActions: ['Warn', 'Audit'] });
    const { status, headers } = await create();
    expect([status, headers.get('warning')]).toEqual([
      201,
      "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b0': hm\"",
    ]);
  });

  test('about changes and deletions', async () => {
    await create();
    const expression = 'object == null ? oldObject.data.a != "b" : object.data == oldObject.data';
    await enact(check(expression, { message: 'keep it' }), {});
    const body = configMap('w', {}, { a: 'c' });
    expect(refusal(await server.request('PUT', `${CONFIGMAPS}/w`, { body }))).toBe('keep it');
    expect(refusal(await server.request('DELETE', `${CONFIGMAPS}/w`))).toBe('keep it');
  });
});

describe('parameters', () => {
  const policy = {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConditions: [{ name: 'w', expression: 'object.metadata.name == "w"' }],
    ...check('object.data.a == params.data.limit', {
      messageExpression: '"limit " + params.data.limit + params.kind + params.apiVersion',
    }),
  };
  const parameterNotFoundAction = 'Deny';
  const none =
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';

  test.for<readonly [string, Fields, string | undefined]>([
    [
      'by name',
      { name: 'limits', namespace: 'default', parameterNotFoundAction },
      'limit 3ConfigMapv1',
    ],
    [
      'in the namespace of the request',
      { name: 'limits', parameterNotFoundAction },
      'limit 3ConfigMapv1',
    ],
    [
      'by labels',
      { selector: { matchLabels: { use: 'me' } }, parameterNotFoundAction },
      'limit 3ConfigMapv1',
    ],
    ['that are not there', { name: 'nope', parameterNotFoundAction }, none],
    [
      'that no labels select',
      { selector: { matchLabels: { use: 'other' } }, parameterNotFoundAction },
      none,
    ],
    ['that need not be there', { name: 'nope', parameterNotFoundAction: 'Allow' }, undefined],
  ])('%s', async ([, paramRef, said]) => {
    await enact(policy, { paramRef });
    expect(refusal(await create())).toBe(said);
  });

  test('are null for a binding that names none', async () => {
    await enact(policy, {});
    expect(refusal(await create())).toBe(
      "expression 'object.data.a == params.data.limit' resulted in error: no such key: data",
    );
  });

  test('of a kind that nobody serves', async () => {
    const paramKind = { apiVersion: 'x.example.com/v1', kind: 'Nope' };
    await enact(
      { paramKind, ...check('true') },
      { paramRef: { name: 'x', parameterNotFoundAction } },
    );
    expect(refusal(await create())).toBe(
      "denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.example.com/v1, Kind=Nope'",
    );
  });

  test('of the cluster have no namespace', async () => {
    const paramKind = { apiVersion: 'v1', kind: 'Namespace' };
    const paramRef = { name: 'default', namespace: 'default', parameterNotFoundAction };
    await enact({ paramKind, ...check('true') }, { paramRef });
    expect(refusal(await create())).toBe(
      'failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    );
  });
});
