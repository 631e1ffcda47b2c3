import { jsonEqual } from '../../objects/json-value.ts';
import { forbidden, notFound } from '../../objects/status/status-error.ts';
import type { AuthorizerChain } from '../auth/authorizer.ts';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.ts';
import { compact, printRule, uncovered } from '../auth/rbac/rules.ts';
import { MASTERS } from '../auth/user-info.ts';
import type { PolicyRule } from '../bootstrap/policy-text.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { qualifiedResource } from '../registry/served-resource.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

/**
 * Nobody gives away what he does not have: who writes a role or a binding must hold its rules, or
 * may `escalate` or `bind`. Upstream does this in the storage of the RBAC kinds.
 */
export class RoleEscalation implements AdmissionPlugin {
  readonly name = 'RoleEscalation';
  readonly #authorizer: AuthorizerChain;
  readonly #rbac: RbacAuthorizer;

  constructor(authorizer: AuthorizerChain, rbac: RbacAuthorizer) {
    this.#authorizer = authorizer;
    this.#rbac = rbac;
  }

  async validate(attributes: Attributes): Promise<void> {
    const { resource, object, old, operation, user } = attributes;
    const { group, kind } = resource.definition;
    if (group !== GROUP || object === undefined) return;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || user.groups.includes(MASTERS)) return;
    if (kind.endsWith('Role')) await this.#checkRole(attributes, object, old);
    else await this.#checkBinding(attributes, object, old);
  }

  async #checkRole(
    attributes: Attributes,
    object: ApiObject,
    old: ApiObject | undefined,
  ): Promise<void> {
    const aggregates = 'aggregationRule' in object;
    const unchanged =
      old !== undefined &&
      jsonEqual(old['rules'], object['rules']) &&
      jsonEqual(old['aggregationRule'], object['aggregationRule']);
    if (unchanged) return;
    const { plural } = attributes.resource.definition;
    const name = object.metadata.name ?? '';
    if (await this.#may(attributes, 'escalate', plural, name)) return;
    const rules = (object['rules'] ?? []) as readonly PolicyRule[];
    const everything: PolicyRule[] = aggregates
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : [];
    this.#confirm(attributes, name, [...rules, ...everything]);
  }

  async #checkBinding(
    attributes: Attributes,
    object: ApiObject,
    old: ApiObject | undefined,
  ): Promise<void> {
    if (old !== undefined && jsonEqual(old['subjects'], object['subjects'])) return;
    const { kind, name } = object['roleRef'] as RoleRef;
    const plural = kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (await this.#may(attributes, 'bind', plural, name)) return;
    const rules = this.#rbac.rulesOfRole(kind, attributes.namespace, name);
    if (rules === undefined) throw notFound({ group: GROUP, name: plural }, name);
    this.#confirm(attributes, object.metadata.name ?? '', rules);
  }

  #confirm(attributes: Attributes, name: string, rules: readonly PolicyRule[]): void {
    const { user, namespace, resource } = attributes;
    const missing = uncovered(this.#rbac.rulesFor(user, namespace), rules);
    if (missing.length === 0) return;
    const listed = [...new Set(compact(missing).map(printRule))].toSorted().join('\n');
    const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
    throw forbidden(
      qualifiedResource(resource),
      name,
      `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${listed}`,
    );
  }

  async #may(
    { user, namespace, resource }: Attributes,
    verb: string,
    plural: string,
    name: string,
  ): Promise<boolean> {
    const { allowed } = await this.#authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      path: '',
      apiGroup: GROUP,
      apiVersion: resource.definition.version,
      namespace:
        plural === 'clusterroles' && resource.definition.kind === 'ClusterRole' ? '' : namespace,
      resource: plural,
      subresource: '',
      name,
    });
    return allowed;
  }
}
