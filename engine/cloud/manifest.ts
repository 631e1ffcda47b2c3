import { resources } from '../client/resources.ts';
import type { Client } from '../client/client.ts';
import { reasonOf } from '../client/response-failure.ts';
import type { PolicyRule } from '../objects/generated/rbac-v1.generated.ts';

/** Who cloud-controller-manager is, apart from its controllers, which have accounts of their own. */
export const CLOUD_CONTROLLER_MANAGER = 'system:cloud-controller-manager';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;
const metadata = { name: CLOUD_CONTROLLER_MANAGER };

const rules: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes', 'services'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['create', 'get', 'update'],
  },
];

/**
 * Lets cloud-controller-manager do what it does: upstream gives it no rights of its own, a cloud's
 * manifest does. @param client as an administrator
 */
export async function installCloudControllerManager(client: Client): Promise<void> {
  const unlessThere = (error: unknown): void => {
    if (reasonOf(error) !== 'AlreadyExists') throw error;
  };
  await client
    .create(resources.clusterRoles, { apiVersion, kind: 'ClusterRole', metadata, rules })
    .catch(unlessThere);
  await client
    .create(resources.clusterRoleBindings, {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: CLOUD_CONTROLLER_MANAGER },
      subjects: [{ apiGroup, kind: 'User', name: CLOUD_CONTROLLER_MANAGER }],
    })
    .catch(unlessThere);
}
