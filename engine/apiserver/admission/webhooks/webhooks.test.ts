import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readAll } from '../../../http/index.ts';
import { OutboundError, type Outbound, type Peer } from '../../outbound/outbound.ts';
import { TestServer, type Answer } from '../../testing/test-server.ts';

/** What texts of the real server are compared with was recorded from kube-apiserver 1.37.2. */

interface Review {
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly object: {
      readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
    };
    readonly [field: string]: unknown;
  };
}

type Respond = (review: Review) => unknown;

let server: TestServer;
let asked: { readonly peer: Peer; readonly url: string; readonly review: Review }[];
/** by the path of the webhook's URL */
let webhooks: Record<string, Respond>;

const outbound: Outbound = async (peer, { url, body, signal }) => {
  const review = JSON.parse(new TextDecoder().decode(await readAll(body))) as Review;
  asked.push({ peer, url, review });
  const respond = webhooks[new URL(url).pathname];
  if (respond === undefined)
    throw new OutboundError('UNREACHABLE', 'dial tcp 10.0.0.9:443: connect: connection refused');
  const response = respond(review);
  if (response === undefined)
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const [status, text] = Array.isArray(response)
    ? (response as [number, string])
    : [200, JSON.stringify(response)];
  return { status, headers: new Headers(), body: new TextEncoder().encode(text) };
};

const answer =
  (response: object): Respond =>
  ({ apiVersion, request: { uid } }) => ({
    kind: 'AdmissionReview',
    apiVersion,
    response: { uid, ...response },
  });

const patch = (...operations: readonly object[]): object => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: btoa(JSON.stringify(operations)),
});

beforeAll(async () => {
  server = await TestServer.start({ outbound });
});

beforeEach(() => {
  asked = [];
  webhooks = {};
});

afterEach(async () => {
  await server.request('DELETE', `${GROUP}/validatingwebhookconfigurations`);
  await server.request('DELETE', `${GROUP}/mutatingwebhookconfigurations`);
  await settled();
  await server.request('DELETE', CONFIGMAPS);
});

afterAll(() => server.stop());

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const onConfigMaps = {
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['*'],
};

async function configure(
  sort: 'Validating' | 'Mutating',
  ...hooks: readonly { readonly path: string; readonly [field: string]: unknown }[]
): Promise<void> {
  const body = {
    kind: `${sort}WebhookConfiguration`,
    apiVersion: 'admissionregistration.k8s.io/v1',
    metadata: { name: 'test' },
    webhooks: hooks.map(({ path, ...more }, index) => ({
      name: `h${index}.example.com`,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      timeoutSeconds: 3,
      clientConfig: { url: `https://hooks.example.com${path}` },
      rules: [onConfigMaps],
      ...more,
    })),
  };
  const plural = `${sort.toLowerCase()}webhookconfigurations`;
  const { status, body: answered } = await server.request('POST', `${GROUP}/${plural}`, { body });
  expect([status, answered]).toEqual([201, expect.anything()]);
  await settled();
}

/** Resolves when the server's caches have what was just written. */
async function settled(): Promise<void> {
  await server.request('GET', `${GROUP}/validatingwebhookconfigurations`);
  await server.request('GET', `${GROUP}/mutatingwebhookconfigurations`);
  await server.request('GET', '/api/v1/services');
}

function create(metadata: object = {}, query = ''): Promise<Answer> {
  const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'w', ...metadata } };
  return server.request('POST', `${CONFIGMAPS}${query}`, { body });
}

const message = ({ body }: Answer): unknown => (body as { readonly message?: unknown }).message;

describe('a validating webhook', () => {
  test('is shown the request, over the peer its configuration names', async () => {
    webhooks['/ok'] = answer({ allowed: true });
    await configure('Validating', {
      path: '',
      clientConfig: { url: 'https://hooks.example.com:9443/ok', caBundle: btoa('PEM') },
    });
    const { status } = await create({ labels: { a: 'b' } }, '?dryRun=All&fieldManager=me');
    expect(status).toBe(201);
    expect(asked).toHaveLength(1);
    const [{ peer, url, review } = { peer: {}, url: '', review: undefined }] = asked;
    expect(peer).toEqual({
      host: 'hooks.example.com',
      port: 9443,
      serverName: 'hooks.example.com',
      ca: 'PEM',
    });
    expect(url).toBe('https://hooks.example.com:9443/ok?timeout=3s');
    const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
    const resource = { group: '', version: 'v1', resource: 'configmaps' };
    expect(review).toEqual({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: expect.stringMatching(/^[\da-f-]{36}$/) as string,
        kind,
        resource,
        requestKind: kind,
        requestResource: resource,
        name: 'w',
        namespace: 'default',
        operation: 'CREATE',
        userInfo: { username: 'kubernetes-admin', groups: ['system:masters'] },
        object: {
          kind: 'ConfigMap',
          apiVersion: 'v1',
          metadata: expect.objectContaining({ name: 'w', labels: { a: 'b' } }) as object,
        },
        oldObject: null,
        dryRun: true,
        options: {
          kind: 'CreateOptions',
          apiVersion: 'meta.k8s.io/v1',
          dryRun: ['All'],
          fieldManager: 'me',
        },
      },
    });
  });

  test.for([
    [{ allowed: false }, 400, 'without explanation'],
    [{ allowed: false, status: { message: 'not today', code: 418 } }, 418, ': not today'],
    [{ allowed: false, status: { reason: 'BecauseISaidSo' } }, 400, ': BecauseISaidSo'],
  ] as const)('refuses with its status: %j', async ([response, code, why]) => {
    webhooks['/hook'] = answer(response);
    await configure('Validating', { path: '/hook' });
    const answered = await create();
    expect(answered.status).toBe(code);
    const said = `admission webhook "h0.example.com" denied the request${why.startsWith(':') ? why : ` ${why}`}`;
    expect(message(answered)).toBe(said);
  });

  test('adds warnings', async () => {
    webhooks['/hook'] = answer({ allowed: true, warnings: ['mind the gap'] });
    await configure('Validating', { path: '/hook' });
    const { status, headers } = await create();
    expect([status, headers.get('warning')]).toEqual([201, '299 - "mind the gap"']);
  });

  test.for<readonly [string, Respond, string]>([
    [
      'no answer',
      () => ({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' }),
      'received invalid webhook response: webhook response was absent',
    ],
    [
      'another kind',
      () => ({ kind: 'Other', apiVersion: 'v1' }),
      'failed to call webhook: no kind "Other" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      'an empty body',
      () => [200, ''],
      'failed to call webhook: 0-length response with status code: 200 and content type: application/json',
    ],
    [
      'a broken server',
      () => [500, 'boom'],
      'failed to call webhook: an error on the server ("boom") has prevented the request from succeeding',
    ],
    [
      'no server',
      () => [404, 'nope'],
      'failed to call webhook: the server could not find the requested resource',
    ],
    [
      'a patch',
      answer(patch({ op: 'add', path: '/data', value: {} })),
      'received invalid webhook response: validating webhook may not return response.patch',
    ],
  ])('that answers with %s fails the request', async ([, respond, why]) => {
    webhooks['/hook'] = respond;
    await configure('Validating', { path: '/hook' });
    const answered = await create();
    expect(answered.status).toBe(500);
    expect(message(answered)).toBe(
      `Internal error occurred: failed calling webhook "h0.example.com": ${why}`,
    );
  });

  test('that cannot be reached fails the request, unless failures are ignored', async () => {
    await configure('Validating', { path: '/none' });
    expect(message(await create())).toBe(
      'Internal error occurred: failed calling webhook "h0.example.com": failed to call webhook: Post "https://hooks.example.com/none?timeout=3s": dial tcp 10.0.0.9:443: connect: connection refused',
    );
    await server.request('DELETE', `${GROUP}/validatingwebhookconfigurations/test`);
    await configure('Validating', { path: '/none', failurePolicy: 'Ignore' });
    expect((await create()).status).toBe(201);
  });

  test('that takes too long is given up', async () => {
    webhooks['/slow'] = () => undefined;
    await configure('Validating', { path: '/slow' });
    const answered = create();
    await expect.poll(() => asked.length).toBe(1);
    server.clock.advance(3000);
    expect(message(await answered)).toContain(
      'Post "https://hooks.example.com/slow?timeout=3s": context deadline exceeded',
    );
  });

  test('without side effects in dry runs is asked in one', async () => {
    webhooks['/hook'] = answer({ allowed: true });
    await configure('Validating', { path: '/hook', sideEffects: 'NoneOnDryRun' });
    expect((await create({}, '?dryRun=All')).status).toBe(201);
    expect(asked).toHaveLength(1);
  });

  test('is a Service of the cluster', async () => {
    webhooks['/deny'] = answer({ allowed: false });
    const service = { namespace: 'default', name: 'hook', path: '/deny' };
    await configure('Validating', { path: '', clientConfig: { service } });
    const failed =
      'Internal error occurred: failed calling webhook "h0.example.com": failed to call webhook: Post "https://hook.default.svc:443/deny?timeout=3s":';
    expect(message(await create())).toBe(`${failed} service "hook" not found`);
    const body = {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'hook' },
      spec: { clusterIP: '10.96.0.77', ports: [{ port: 443 }] },
    };
    const made = await server.request('POST', '/api/v1/namespaces/default/services', { body });
    expect(made.status).toBe(201);
    await settled();
    expect((await create()).status).toBe(400);
    expect(asked.at(-1)?.peer).toEqual({
      host: '10.96.0.77',
      port: 443,
      serverName: 'hook.default.svc',
    });
  });
});

describe('a webhook is asked', () => {
  test.for<readonly [string, object, number]>([
    ['not about other resources', { rules: [{ ...onConfigMaps, resources: ['pods'] }] }, 201],
    ['not about other operations', { rules: [{ ...onConfigMaps, operations: ['DELETE'] }] }, 201],
    ['not about other scopes', { rules: [{ ...onConfigMaps, scope: 'Cluster' }] }, 201],
    [
      'about all resources',
      { rules: [{ ...onConfigMaps, apiGroups: ['*'], resources: ['*'] }] },
      400,
    ],
    ['by labels of the object', { objectSelector: { matchLabels: { a: 'c' } } }, 201],
    [
      'by labels of the namespace',
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } },
      400,
    ],
    ['by other labels of the namespace', { namespaceSelector: { matchLabels: { a: 'b' } } }, 201],
    [
      'not when a condition is false',
      { matchConditions: [{ name: 'x', expression: 'object.metadata.name == "other"' }] },
      201,
    ],
    [
      'when its conditions hold',
      {
        matchConditions: [
          {
            name: 'x',
            expression:
              'request.operation == "CREATE" && authorizer.requestResource.check("create").allowed()',
          },
        ],
      },
      400,
    ],
    [
      'not when a condition fails and failures are ignored',
      {
        failurePolicy: 'Ignore',
        matchConditions: [{ name: 'x', expression: 'object.spec.foo == 1' }],
      },
      201,
    ],
  ])('%s', async ([, hook, code]) => {
    webhooks['/deny'] = answer({ allowed: false });
    await configure('Validating', { path: '/deny', ...hook });
    expect((await create({ labels: { a: 'b' } })).status).toBe(code);
  });

  test('never when a condition fails: that refuses', async () => {
    await configure('Validating', {
      path: '/deny',
      matchConditions: [
        { name: 'x', expression: 'object.spec.foo == 1' },
        { name: 'y', expression: 'object.spec.bar == 1' },
      ],
    });
    const answered = await create();
    expect(answered.status).toBe(403);
    expect(message(answered)).toBe(
      "configmaps \"w\" is forbidden: [expression 'object.spec.foo == 1' resulted in error: no such key: spec, expression 'object.spec.bar == 1' resulted in error: no such key: spec]",
    );
  });

  test('in its own version about equal resources', async () => {
    webhooks['/hook'] = answer({ allowed: true });
    const rule = {
      ...onConfigMaps,
      apiGroups: ['autoscaling'],
      resources: ['horizontalpodautoscalers'],
    };
    await configure('Validating', { path: '/hook', rules: [rule] });
    const body = {
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v2',
      metadata: { name: 'h' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
      },
    };
    await server.request(
      'POST',
      '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
      { body },
    );
    expect(asked[0]?.review.request).toMatchObject({
      kind: { version: 'v1' },
      requestKind: { version: 'v2' },
      object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 80 } },
    });
  });

  test('about deletions, one by one and of collections', async () => {
    webhooks['/hook'] = answer({ allowed: false });
    await create();
    await configure('Validating', {
      path: '/hook',
      rules: [{ ...onConfigMaps, operations: ['DELETE'] }],
    });
    expect((await server.request('DELETE', `${CONFIGMAPS}/w`)).status).toBe(400);
    expect((await server.request('DELETE', CONFIGMAPS)).status).toBe(400);
    expect(asked[0]?.review.request).toMatchObject({ operation: 'DELETE', object: null });
  });

  test('not about reviews of access, nor about configurations of webhooks', async () => {
    webhooks['/deny'] = answer({ allowed: false });
    const everything = {
      apiGroups: ['*'],
      apiVersions: ['*'],
      resources: ['*'],
      operations: ['*'],
    };
    await configure('Validating', { path: '/deny', rules: [everything] });
    const body = {
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { nonResourceAttributes: { path: '/', verb: 'get' } },
    };
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect((await server.request('POST', reviews, { body })).status).toBe(201);
    const path = `${GROUP}/validatingwebhookconfigurations/test`;
    expect((await server.request('DELETE', path)).status).toBe(200);
  });
});

describe('a mutating webhook', () => {
  const count: Respond = (review) => {
    const { annotations = {} } = review.request.object.metadata;
    const value = { ...annotations, count: String(Number(annotations['count'] ?? 0) + 1) };
    return answer(patch({ op: 'add', path: '/metadata/annotations', value }))(review);
  };

  test('changes the object', async () => {
    webhooks['/hook'] = answer(patch({ op: 'add', path: '/data', value: { a: 'b' } }));
    await configure('Mutating', { path: '/hook' });
    const { status, body } = await create();
    expect([status, body]).toEqual([201, expect.objectContaining({ data: { a: 'b' } })]);
  });

  test('is asked again, if it wants, when another has changed the object', async () => {
    webhooks['/count'] = count;
    await configure(
      'Mutating',
      { path: '/count', reinvocationPolicy: 'IfNeeded' },
      { path: '/count' },
    );
    const { body } = await create();
    expect(body.metadata['annotations']).toEqual({ count: '3' });
  });

  test.for<readonly [string, object, string]>([
    [
      'does not apply',
      patch({ op: 'remove', path: '/metadata/labels/none/deep' }),
      'remove operation does not apply: doc is missing path: "/metadata/labels/none/deep": missing value',
    ],
    [
      'makes no such object',
      patch({ op: 'add', path: '/data', value: 5 }),
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string',
    ],
    [
      'is of another type',
      { ...patch({}), patchType: 'Merge' },
      'failed calling webhook "h0.example.com": unsupported patch type "Merge"',
    ],
    [
      'is none',
      { ...patch(), patch: btoa('{"a":1}') },
      'failed calling webhook "h0.example.com": received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    ],
    [
      'has no type',
      { ...patch({}), patchType: undefined },
      'failed calling webhook "h0.example.com": received invalid webhook response: webhook returned response.patch but not response.patchType',
    ],
  ])('whose patch %s fails the request', async ([, response, why]) => {
    webhooks['/hook'] = answer(response);
    await configure('Mutating', { path: '/hook' });
    expect(message(await create())).toBe(`Internal error occurred: ${why}`);
  });

  test('cannot change what is deleted', async () => {
    webhooks['/hook'] = answer(patch({ op: 'add', path: '/data', value: {} }));
    await create();
    await configure('Mutating', {
      path: '/hook',
      rules: [{ ...onConfigMaps, operations: ['DELETE'] }],
    });
    expect(message(await server.request('DELETE', `${CONFIGMAPS}/w`))).toBe(
      'Internal error occurred: admission webhook "h0.example.com" attempted to modify the object, which is not supported for this operation',
    );
  });
});
