/** Who the parts of a cluster are to its API server. */
import type { OpenApi } from '../api/controllers.ts';
import type { UserInfo } from '../api/user-info.ts';
import {
  AUTHENTICATED,
  MASTERS,
  serviceAccountUser,
  withAuthenticated,
} from '../apiserver/auth/user-info.ts';
import { CLOUD_CONTROLLER_MANAGER } from '../cloud/manifest.ts';

export const SCHEDULER: UserInfo = { username: 'system:kube-scheduler', groups: [AUTHENTICATED] };
export const CONTROLLER_MANAGER: UserInfo = {
  username: 'system:kube-controller-manager',
  groups: [AUTHENTICATED],
};
export const CLOUD_MANAGER: UserInfo = {
  username: CLOUD_CONTROLLER_MANAGER,
  groups: [AUTHENTICATED],
};
/** Who puts a cluster together. */
export const ADMINISTRATOR: UserInfo = {
  username: 'drydock:cluster',
  groups: [MASTERS, AUTHENTICATED],
};

export const HOLLOW: UserInfo = {
  username: 'drydock:hollow-nodes',
  groups: [MASTERS, AUTHENTICATED],
};

export function kubeletUser(nodeName: string): UserInfo {
  return { username: `system:node:${nodeName}`, groups: ['system:nodes', AUTHENTICATED] };
}

export function systemAccount(name: string): UserInfo {
  return withAuthenticated(serviceAccountUser('kube-system', name, ''));
}

/** Each controller asks as its own service account, as with `--use-service-account-credentials`. @param user the process itself */
export function openApiOf(openPort: (user: UserInfo) => MessagePort, user: UserInfo): OpenApi {
  return (account) => openPort(account === undefined ? user : systemAccount(account));
}
