import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestServer, type Answer } from '../testing/test-server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
  await create('serviceaccounts', { kind: 'ServiceAccount', metadata: { name: 'default' } });
});

afterEach(async () => {
  await server.stop();
});

function create(
  plural: string,
  object: { readonly kind: string; readonly [field: string]: unknown },
  group = '',
): Promise<Answer> {
  const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  const path = NAMESPACED.includes(plural)
    ? `${root}/namespaces/default/${plural}`
    : `${root}/${plural}`;
  const body = { apiVersion: group === '' ? 'v1' : `${group}/v1`, ...object };
  return server.request('POST', path, { body });
}

const NAMESPACED = [
  'serviceaccounts',
  'pods',
  'limitranges',
  'resourcequotas',
  'configmaps',
  'persistentvolumeclaims',
];

function pod(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  return create('pods', {
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec },
  });
}

describe('NamespaceLifecycle', () => {
  it('makes nothing in namespaces that are not there or go', async () => {
    const path = '/api/v1/namespaces/shop/configmaps';
    const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
    expect((await server.request('POST', path, { body })).body['message']).toBe(
      'namespaces "shop" not found',
    );
    await create('namespaces', { kind: 'Namespace', metadata: { name: 'shop' } });
    expect((await server.request('POST', path, { body })).status).toBe(201);
    await server.request('DELETE', '/api/v1/namespaces/shop');
    const late = { ...body, metadata: { name: 'late' } };
    expect((await server.request('POST', path, { body: late })).body).toMatchObject({
      code: 403,
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
  });

  it('keeps the namespaces every cluster has', async () => {
    const { body } = await server.request('DELETE', '/api/v1/namespaces/kube-system');
    expect(body['message']).toBe(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
  });
});

describe('ServiceAccount', () => {
  it('gives a Pod its account and token', async () => {
    const { body } = await pod('a');
    expect(body['spec']).toMatchObject({
      serviceAccountName: 'default',
      containers: [
        {
          volumeMounts: [
            { readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
          ],
        },
      ],
      volumes: [{ projected: { sources: [{ serviceAccountToken: { path: 'token' } }, {}, {}] } }],
    });
  });

  it('leaves a Pod without containers to validation', async () => {
    expect((await pod('nothing', { containers: null })).body['message']).toBe(
      'Pod "nothing" is invalid: spec.containers: Required value',
    );
  });

  it('wants the account to be there', async () => {
    expect((await pod('a', { serviceAccountName: 'robot' })).body['message']).toBe(
      'pods "a" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
    );
  });
});

describe('Priority', () => {
  it('knows what a class means', async () => {
    await create(
      'priorityclasses',
      { kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 },
      'scheduling.k8s.io',
    );
    const { body } = await pod('a', { priorityClassName: 'high' });
    expect(body['spec']).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect((await pod('b', { priorityClassName: 'none' })).body['message']).toBe(
      'pods "b" is forbidden: no PriorityClass with name none was found',
    );
  });
});

describe('LimitRanger', () => {
  it('fills in and refuses', async () => {
    await create('limitranges', {
      kind: 'LimitRange',
      metadata: { name: 'limits' },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '200m' },
            defaultRequest: { cpu: '100m' },
            max: { cpu: '1' },
          },
        ],
      },
    });
    const { body } = await pod('a');
    expect(body['spec']).toMatchObject({
      containers: [{ resources: { limits: { cpu: '200m' }, requests: { cpu: '100m' } } }],
    });
    expect(body.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
    });
    const big = { name: 'main', image: 'busybox', resources: { limits: { cpu: '2' } } };
    expect((await pod('b', { containers: [big] })).body['message']).toBe(
      'pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    );
  });
});

describe('ResourceQuota', () => {
  async function quota(hard: Readonly<Record<string, string>>): Promise<void> {
    const { body } = await create('resourcequotas', {
      kind: 'ResourceQuota',
      metadata: { name: 'quota' },
      spec: { hard },
    });
    const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
    await server.request('PUT', '/api/v1/namespaces/default/resourcequotas/quota/status', {
      body: { ...body, status: { hard, used } },
    });
  }

  it('counts what is made', async () => {
    await quota({ pods: '1', 'requests.cpu': '500m' });
    const small = {
      name: 'main',
      image: 'busybox',
      resources: { requests: { cpu: '200m' }, limits: { cpu: '200m' } },
    };
    expect((await pod('a')).body['message']).toBe(
      'pods "a" is forbidden: failed quota: quota: must specify requests.cpu for: main',
    );
    expect((await pod('a', { containers: [small] })).status).toBe(201);
    const { body } = await server.request('GET', '/api/v1/namespaces/default/resourcequotas/quota');
    expect(body['status']).toMatchObject({ used: { pods: '1', 'requests.cpu': '200m' } });
    expect((await pod('b', { containers: [small] })).body['message']).toBe(
      'pods "b" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=1, limited: pods=1',
    );
  });

  it('lets nobody slip through between two', async () => {
    await quota({ configmaps: '3' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        create('configmaps', { kind: 'ConfigMap', metadata: { name: `c${index}` } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
  });
});

describe('defaults', () => {
  it('add tolerations, taints, classes and finalizers', async () => {
    const { body } = await pod('a');
    expect(body['spec']).toMatchObject({
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', tolerationSeconds: 300 },
      ],
    });
    const node = await create('nodes', { kind: 'Node', metadata: { name: 'n1' } });
    expect(node.body['spec']).toEqual({
      taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    });
    await create(
      'storageclasses',
      {
        kind: 'StorageClass',
        metadata: {
          name: 'fast',
          annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
        },
        provisioner: 'example.com/disk',
      },
      'storage.k8s.io',
    );
    const claim = await create('persistentvolumeclaims', {
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    expect(claim.body['spec']).toMatchObject({ storageClassName: 'fast' });
    expect(claim.body.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  });
});
