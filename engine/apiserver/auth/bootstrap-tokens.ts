import { fieldAt } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import { AUTHENTICATED, type UserInfo } from './user-info.ts';

const GROUP_PATTERN = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * Users by bootstrap token (`abcdef.0123456789abcdef`), with which new nodes join: Secrets of their
 * own type in kube-system hold them.
 * https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
export function bootstrapTokenUser(
  secrets: Lister,
  token: string,
  now: number,
): UserInfo | undefined {
  const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const stored = secrets.get('kube-system', `bootstrap-token-${id}`);
  if (stored === undefined || stored['type'] !== 'bootstrap.kubernetes.io/token') return undefined;
  const data = (field: string): string => {
    const value = fieldAt(stored, ['data', field]);
    return typeof value === 'string' ? atob(value) : '';
  };
  const expiration = data('expiration');
  if (
    stored.metadata.deletionTimestamp !== undefined ||
    data('token-secret') !== secret ||
    data('token-id') !== id ||
    data('usage-bootstrap-authentication') !== 'true' ||
    (expiration !== '' && !(Date.parse(expiration) > now))
  )
    return undefined;
  const groups = data('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '');
  if (!groups.every((group) => GROUP_PATTERN.test(group))) return undefined;
  return {
    username: `system:bootstrap:${id}`,
    groups: ['system:bootstrappers', ...groups, AUTHENTICATED],
  };
}
