import { badRequest } from '../../objects/status/status-error.ts';
import { accessDenied, type AccessAttributes, type AuthorizerChain } from './authorizer.ts';
import {
  anonymous,
  AUTHENTICATED,
  parseServiceAccount,
  serviceAccountUser,
  type UserInfo,
} from './user-info.ts';

const EXTRA = 'impersonate-extra-';

interface Wanted {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Header fields that were sent several times come joined by commas. */
function values(headers: Headers, name: string): readonly string[] {
  const text = headers.get(name);
  return text === null ? [] : text.split(',').map((value) => value.trim());
}

/** As it stands where it is no escaped text, as upstream does. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function wantedUser(headers: Headers): Wanted | undefined {
  const username = headers.get('impersonate-user') ?? '';
  const groups = values(headers, 'impersonate-group');
  const uid = headers.get('impersonate-uid') ?? '';
  const extra: Record<string, readonly string[]> = {};
  for (const [name] of headers) {
    if (!name.startsWith(EXTRA)) continue;
    const key = name.slice(EXTRA.length);
    extra[unescaped(key)] = values(headers, name);
  }
  const alone = groups.length > 0 || uid !== '' || Object.keys(extra).length > 0;
  if (username === '') {
    if (!alone) return undefined;
    throw badRequest(`requested [{groups:${groups.join(' ')}}] without impersonating a user`);
  }
  return { username, groups, uid, extra };
}

function access(
  user: UserInfo,
  resource: string,
  name: string,
  where: { readonly namespace?: string; readonly apiGroup?: string; readonly subresource?: string },
): AccessAttributes {
  return {
    user,
    verb: 'impersonate',
    isResourceRequest: true,
    path: '',
    apiGroup: where.apiGroup ?? '',
    apiVersion: 'v1',
    namespace: where.namespace ?? '',
    resource,
    subresource: where.subresource ?? '',
    name,
  };
}

/** Acts as somebody else, as `kubectl --as` asks. Errors: `Forbidden` unless the user may. */
export async function impersonate(
  user: UserInfo,
  headers: Headers,
  authorizer: AuthorizerChain,
): Promise<UserInfo> {
  const wanted = wantedUser(headers);
  if (wanted === undefined) return user;
  const account = parseServiceAccount(wanted.username);
  const authentication = 'authentication.k8s.io';
  const needed = [
    account === undefined
      ? access(user, 'users', wanted.username, {})
      : access(user, 'serviceaccounts', account.name, { namespace: account.namespace }),
    ...wanted.groups.map((group) => access(user, 'groups', group, {})),
    ...(wanted.uid === '' ? [] : [access(user, 'uids', wanted.uid, { apiGroup: authentication })]),
    ...Object.entries(wanted.extra).flatMap(([key, list]) =>
      list.map((value) =>
        access(user, 'userextras', value, { apiGroup: authentication, subresource: key }),
      ),
    ),
  ];
  for (const attributes of needed) {
    const { allowed, reason } = await authorizer.authorize(attributes);
    if (!allowed) throw accessDenied(attributes, reason);
  }
  return actAs(wanted, account);
}

function actAs(
  wanted: Wanted,
  account: { readonly namespace: string; readonly name: string } | undefined,
): UserInfo {
  const { username, uid, extra } = wanted;
  const own =
    account === undefined ? [] : serviceAccountUser(account.namespace, account.name, '').groups;
  const groups = wanted.groups.length > 0 ? wanted.groups : own;
  const known =
    username !== anonymous.username && !groups.includes(AUTHENTICATED)
      ? [...groups, AUTHENTICATED]
      : groups;
  return {
    username,
    groups: username === anonymous.username && known.length === 0 ? anonymous.groups : known,
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
