import type { UserInfo } from '../../api/user-info.ts';

export type { UserInfo } from '../../api/user-info.ts';

/** Members may do everything, whatever RBAC says. */
export const MASTERS = 'system:masters';
export const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

export const anonymous: UserInfo = { username: 'system:anonymous', groups: [UNAUTHENTICATED] };

/** The API server itself, when it asks itself. */
export const loopbackUser: UserInfo = {
  username: 'system:apiserver',
  groups: [MASTERS, AUTHENTICATED],
};

/** Whoever shows good credentials is a member of this group too. */
export function withAuthenticated(user: UserInfo): UserInfo {
  return user.groups.includes(AUTHENTICATED)
    ? user
    : { ...user, groups: [...user.groups, AUTHENTICATED] };
}

/** `system:serviceaccount:NAMESPACE:NAME` in parts; undefined for everybody else. */
export function parseServiceAccount(
  username: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** The user that a service account's token stands for. */
export function serviceAccountUser(
  namespace: string,
  name: string,
  uid: string,
  extra: Readonly<Record<string, readonly string[]>> = {},
): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
