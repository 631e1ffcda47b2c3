import { forbidden, type StatusError } from '../../objects/status/status-error.ts';
import type { RequestInfo } from '../request/request-info.ts';
import { MASTERS, type UserInfo } from './user-info.ts';

/** What somebody wants to do (k8s.io/apiserver `authorizer.Attributes`). */
export interface AccessAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  /** false: `path` is what is asked for, and the rest is empty */
  readonly isResourceRequest: boolean;
  readonly path: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** why, or why not; empty when there is nothing to say */
  readonly reason: string;
}

/** One way to decide. Undefined: it has no opinion, ask the next. */
export interface Authorizer {
  authorize(attributes: AccessAttributes): Promise<Decision | undefined> | Decision | undefined;
}

export function accessAttributes(user: UserInfo, info: RequestInfo): AccessAttributes {
  return {
    user,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    path: info.path,
    apiGroup: info.apiGroup,
    apiVersion: info.apiVersion,
    namespace: info.namespace,
    resource: info.resource,
    subresource: info.subresource,
    name: info.name,
  };
}

/** Members of system:masters may do anything; then the first that has an opinion decides; else no. */
export class AuthorizerChain implements Authorizer {
  readonly #authorizers: readonly Authorizer[];

  constructor(authorizers: readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  async authorize(attributes: AccessAttributes): Promise<Decision> {
    if (attributes.user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
    let reason = '';
    for (const authorizer of this.#authorizers) {
      const decision = await authorizer.authorize(attributes);
      if (decision?.allowed === true) return decision;
      reason = decision?.reason ?? reason;
    }
    return { allowed: false, reason };
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The 403 for what was not allowed, as `responsewriters.Forbidden` words it. */
export function accessDenied(attributes: AccessAttributes, reason: string): StatusError {
  const { user, verb, path, apiGroup, namespace, subresource, name } = attributes;
  const resource =
    subresource === '' ? attributes.resource : `${attributes.resource}/${subresource}`;
  const scope =
    namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = attributes.isResourceRequest
    ? `${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(apiGroup)} ${scope}`
    : `${verb} path ${JSON.stringify(path)}`;
  const message = escapeHtml(`User ${JSON.stringify(user.username)} cannot ${what}`);
  return forbidden(
    { group: apiGroup, name: attributes.resource },
    name,
    reason === '' ? message : `${message}: ${reason}`,
  );
}
