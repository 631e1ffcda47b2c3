import { expect, it } from 'vitest';
import type { Stored } from '../../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../../engine/objects/kubernetes-object.ts';
import { layOut, nameParts, sentencesOf } from './graph-layout.ts';
import { RelationIndex, type Known } from './relations.ts';

interface Fields {
  readonly owner?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string | undefined;
  readonly [field: string]: unknown;
}

/** An object whose uid is its kind and name: `Pod a`. */
function known(type: string, name: string, fields: Fields = {}): Known {
  const [kind = '', ...group] = type.split('.');
  const { owner, labels = {}, namespace = 'default', ...rest } = fields;
  const metadata = {
    name,
    namespace,
    uid: `${kind} ${name}`,
    labels,
    ownerReferences: owner === undefined ? [] : [{ uid: owner }],
  };
  const object = { ...rest, metadata } as unknown as Stored<KubernetesObject>;
  return { group: group.join('.'), kind, object };
}

const app = { app: 'web' };
const podSpec = {
  serviceAccountName: 'robot',
  volumes: [
    { configMap: { name: 'settings' } },
    { persistentVolumeClaim: { claimName: 'disk' } },
    { projected: { sources: [{ secret: { name: 'token' } }] } },
  ],
  containers: [{ env: [{ valueFrom: { secretKeyRef: { name: 'password' } } }] }],
};
const template = { spec: podSpec };
const world: readonly Known[] = [
  known('Deployment.apps', 'web', { spec: { template } }),
  known('ReplicaSet.apps', 'web-1', { owner: 'Deployment web', spec: { template } }),
  ...['a', 'b'].map((name) =>
    known('Pod', name, {
      owner: 'ReplicaSet web-1',
      labels: app,
      spec: { ...podSpec, nodeName: 'worker-1' },
    }),
  ),
  known('Pod', 'other', { spec: { containers: [], nodeName: 'worker-1' } }),
  known('Pod', 'far', { namespace: 'shop', labels: app, spec: { containers: [] } }),
  known('Service', 'web', { spec: { selector: app } }),
  known('Service', 'headless', { spec: {} }),
  known('EndpointSlice.discovery.k8s.io', 'web-x', {
    owner: 'Service web',
    endpoints: [{ targetRef: { kind: 'Pod', name: 'a' } }],
  }),
  known('Ingress.networking.k8s.io', 'web', {
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'web' } } }] } }] },
  }),
  known('NetworkPolicy.networking.k8s.io', 'closed', { spec: { podSelector: {} } }),
  known('PodDisruptionBudget.policy', 'careful', { spec: { selector: { matchLabels: app } } }),
  known('HorizontalPodAutoscaler.autoscaling', 'web', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  }),
  known('ConfigMap', 'settings'),
  known('Secret', 'password'),
  known('ServiceAccount', 'robot'),
  known('RoleBinding.rbac.authorization.k8s.io', 'reads', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'robot' }],
  }),
  known('ClusterRole.rbac.authorization.k8s.io', 'view', { namespace: '' }),
  known('PersistentVolumeClaim', 'disk', {
    spec: { volumeName: 'pv-1', storageClassName: 'fast' },
  }),
  known('PersistentVolume', 'pv-1', { namespace: '', spec: { storageClassName: 'fast' } }),
  known('Node', 'worker-1', { namespace: '' }),
];

function around(type: string, name: string, namespace = 'default') {
  const [kind = '', ...group] = type.split('.');
  return new RelationIndex(world).around({ kind, group: group.join('.'), namespace, name });
}
function words(...middle: Parameters<typeof around>): readonly string[] {
  const { objects, relations } = around(...middle);
  return sentencesOf(relations, objects).toSorted();
}

it('tells of a Deployment what it owns, what selects its Pods, what scales it and what it needs', () => {
  expect(words('Deployment.apps', 'web')).toEqual([
    'Deployment web has variables of Secret password.',
    'Deployment web mounts ConfigMap settings.',
    'Deployment web mounts PersistentVolumeClaim disk.',
    'Deployment web mounts Secret token (which is not there).',
    'Deployment web owns ReplicaSet web-1.',
    'Deployment web runs as ServiceAccount robot.',
    'HorizontalPodAutoscaler web scales Deployment web.',
    'Ingress web routes to Service web.',
    'NetworkPolicy closed holds for Pod a.',
    'NetworkPolicy closed holds for Pod b.',
    'PersistentVolume pv-1 is of StorageClass fast (which is not there).',
    'PersistentVolumeClaim disk is bound to PersistentVolume pv-1.',
    'PodDisruptionBudget careful protects Pod a.',
    'PodDisruptionBudget careful protects Pod b.',
    'ReplicaSet web-1 owns Pod a.',
    'ReplicaSet web-1 owns Pod b.',
    'RoleBinding reads grants ClusterRole view.',
    'Service web selects Pod a.',
    'Service web selects Pod b.',
    'ServiceAccount robot is a subject of RoleBinding reads.',
  ]);
});

it('tells of a Pod what owns it up to its end, and what leads to it', () => {
  const all = words('Pod', 'a');
  expect(all.filter((each) => each.includes('owns'))).toEqual([
    'Deployment web owns ReplicaSet web-1.',
    'ReplicaSet web-1 owns Pod a.',
  ]);
  expect(all).toContain('HorizontalPodAutoscaler web scales Deployment web.');
  expect(all).toContain('Pod a runs on Node worker-1.');
  expect(all.join(' ')).not.toMatch(/Pod (?:b|other|far)/);
});

it('tells of a Service its slices as its own, and leads to its Pods without them', () => {
  expect(words('Service', 'web')).toEqual([
    'Ingress web routes to Service web.',
    'Service web owns EndpointSlice web-x.',
    'Service web selects Pod a.',
    'Service web selects Pod b.',
  ]);
  expect(words('EndpointSlice.discovery.k8s.io', 'web-x')).toContain(
    'EndpointSlice web-x leads to Pod a.',
  );
});

it('tells of a ConfigMap who uses it, once for a family', () => {
  expect(words('ConfigMap', 'settings')).toEqual([
    'Deployment web mounts ConfigMap settings.',
    'HorizontalPodAutoscaler web scales Deployment web.',
  ]);
});

it('tells of a Node its Pods, and of what is behind them nothing', () => {
  expect(words('Node', 'worker-1', '')).toEqual([
    'Pod a runs on Node worker-1.',
    'Pod b runs on Node worker-1.',
    'Pod other runs on Node worker-1.',
  ]);
});

it('tells of a Pod the Node it runs on, and not what else that one owns', () => {
  const index = new RelationIndex([
    ...world,
    known('Pod', 'static', { owner: 'Node worker-1', spec: { containers: [] } }),
  ]);
  const namesAround = (kind: string, name: string, namespace: string) =>
    index.around({ group: '', kind, namespace, name }).objects.map((object) => object.name);
  expect(namesAround('Pod', 'a', 'default')).not.toContain('static');
  expect(namesAround('Node', 'worker-1', '')).toContain('static');
  expect(namesAround('Pod', 'static', 'default')).not.toContain('other');
});

it('a Service without a selector has no Pods, and one with a selector those of its namespace', () => {
  expect(words('Service', 'headless')).toEqual([]);
  expect(words('Pod', 'far', 'shop')).toEqual([]);
});

it('draws every relation from left to right', () => {
  const { placed, lines, left } = layOut(around('Pod', 'a'));
  const x = new Map(placed.map((each) => [each.object.key, each.x]));
  for (const { relation } of lines)
    expect(x.get(relation.from)).toBeLessThan(x.get(relation.to) ?? 0);
  expect(left).toBe(0);
});

it('draws no more of very many than one can see, and counts the others', () => {
  const pods = Array.from({ length: 40 }, (_, index) =>
    known('Pod', `p${index}`, { spec: { containers: [], nodeName: 'n' } }),
  );
  const index = new RelationIndex([...pods, known('Node', 'n', { namespace: '' })]);
  const { placed, left } = layOut(
    index.around({ group: '', kind: 'Node', namespace: '', name: 'n' }),
  );
  expect([placed.length, left]).toEqual([13, 28]);
});

it.each([
  ['web-5d8f7c9b4-x2x9q', ['web-5d8f7c9b4-', 'x2x9q']],
  ['system:controller:replicaset-controller', ['system:controller:replicaset-co', 'ntroller']],
  ['web', ['', 'web']],
])('cuts %s before its end', (name, parts) => {
  expect(nameParts(name)).toEqual(parts);
});
