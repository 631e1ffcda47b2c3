import { resources } from '../../client/resources.ts';
import type { PolicyRule } from '../../objects/generated/rbac-v1.generated.ts';
import { objectOf, type Install } from './install.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;

type Subject =
  | { readonly kind: 'User' | 'Group'; readonly name: string }
  | { readonly account: string };

export function clusterRole(name: string, rules: readonly PolicyRule[]): Install {
  return objectOf(resources.clusterRoles, {
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name },
    rules: [...rules],
  });
}

export function clusterRoleBinding(name: string, role: string, subject: Subject): Install {
  return objectOf(resources.clusterRoleBindings, {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [
      'account' in subject
        ? { kind: 'ServiceAccount', name: subject.account, namespace: 'kube-system' }
        : { apiGroup, ...subject },
    ],
  });
}

export function serviceAccount(name: string): Install {
  return objectOf(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'kube-system' },
  });
}

/** What kubeadm lets its administrators do, and kubelets: there is no node authorizer here that would know which of them asks. */
export const clusterAccess: readonly Install[] = [
  clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', {
    kind: 'Group',
    name: 'kubeadm:cluster-admins',
  }),
  clusterRoleBinding('drydock:nodes', 'system:node', { kind: 'Group', name: 'system:nodes' }),
];
