/** The RBAC objects every cluster begins with (k8s.io/kubernetes `rbac/bootstrappolicy`). */
import type { ApiObject } from '../registry/api-object.ts';
import { clusterRoles } from './cluster-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import { parseRule } from './policy-text.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

/** Which role takes over the rules of which others, by their labels. */
const AGGREGATED: Readonly<Record<string, { readonly from: string; readonly into?: string }>> = {
  admin: { from: 'admin' },
  edit: { from: 'edit', into: 'admin' },
  view: { from: 'view', into: 'edit' },
};

type Subject = Readonly<Record<string, string>>;

const user = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: GROUP, name });
const account = (name: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace: 'kube-system',
});

/** Cluster roles and who has them; the binding is called after the role. */
const BOUND: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:basic-user': [group('system:authenticated')],
  'system:cluster-trust-bundle-discovery': [group('system:serviceaccounts')],
  'system:discovery': [group('system:authenticated')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:monitoring': [group('system:monitoring')],
  // Nodes have their own authoriser; the binding is there for who wants to bind them otherwise.
  'system:node': [],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
};

interface NamespacedRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly string[];
  readonly subjects: readonly Subject[];
  /** name of the binding, where it is another than the role's */
  readonly binding?: string;
}

const LEASES = [
  'create,get,list,update,watch on leases of coordination.k8s.io',
  'create,get,list,update,watch on leasecandidates of coordination.k8s.io',
];

const NAMESPACED: readonly NamespacedRole[] = [
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [
      'get,list,watch on configmaps of core',
      'update on configmaps of core named cluster-info',
      'create,patch,update on events of core,events.k8s.io',
    ],
    subjects: [account('bootstrap-signer')],
  },
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: ['get,list,watch on configmaps of core named extension-apiserver-authentication'],
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
    binding: 'system::extension-apiserver-authentication-reader',
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    rules: LEASES,
    subjects: [
      user('system:kube-controller-manager'),
      account('kube-controller-manager'),
      account('leader-election-controller'),
    ],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    rules: LEASES,
    subjects: [user('system:kube-scheduler'), account('kube-scheduler')],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    rules: ['get,list,watch on secrets of core'],
    subjects: [account('bootstrap-signer')],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: ['create,get,list,watch on configmaps of core'],
    subjects: [account('cloud-provider')],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: [
      'delete,get,list,watch on secrets of core',
      'create,patch,update on events of core,events.k8s.io',
    ],
    subjects: [account('token-cleaner')],
  },
];

function metadata(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): ApiObject['metadata'] {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

function aggregateLabel(into: string | undefined): Record<string, string> {
  return into === undefined ? {} : { [`${GROUP}/aggregate-to-${into}`]: 'true' };
}

function roleObjects(): ApiObject[] {
  const plain = Object.entries(clusterRoles).map(([name, rules]) => ({
    kind: 'ClusterRole',
    apiVersion: API_VERSION,
    metadata: metadata(name, aggregateLabel(/^system:aggregate-to-(\w+)$/.exec(name)?.[1])),
    rules: rules.map(parseRule),
  }));
  const controllers = Object.entries(controllerRoles).map(([name, rules]) => ({
    kind: 'ClusterRole',
    apiVersion: API_VERSION,
    metadata: metadata(`system:controller:${name}`),
    rules: rules.map(parseRule),
  }));
  const aggregated = Object.entries(AGGREGATED).map(([name, { from, into }]) => ({
    kind: 'ClusterRole',
    apiVersion: API_VERSION,
    metadata: metadata(name, aggregateLabel(into)),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateLabel(from) }] },
    rules: [],
  }));
  return [...plain, ...controllers, ...aggregated];
}

function clusterBinding(name: string, subjects: readonly Subject[]): ApiObject {
  return {
    kind: 'ClusterRoleBinding',
    apiVersion: API_VERSION,
    metadata: metadata(name),
    subjects,
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
  };
}

function namespacedObjects(role: NamespacedRole): ApiObject[] {
  const { namespace, name, binding = name } = role;
  return [
    {
      kind: 'Role',
      apiVersion: API_VERSION,
      metadata: { ...metadata(name), namespace },
      rules: role.rules.map(parseRule),
    },
    {
      kind: 'RoleBinding',
      apiVersion: API_VERSION,
      metadata: { ...metadata(binding), namespace },
      subjects: role.subjects,
      roleRef: { apiGroup: GROUP, kind: 'Role', name },
    },
  ];
}

/** Roles and bindings, cluster-wide first. */
export function rbacPolicy(): readonly ApiObject[] {
  return [
    ...roleObjects(),
    ...Object.entries(BOUND).map(([name, subjects]) => clusterBinding(name, subjects)),
    ...Object.keys(controllerRoles).map((name) =>
      clusterBinding(`system:controller:${name}`, [account(name)]),
    ),
    ...NAMESPACED.flatMap(namespacedObjects),
  ];
}
