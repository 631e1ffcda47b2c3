import type { NamedRuleWithOperations } from '../../../objects/generated/admissionregistration-v1.generated.ts';
import type { LabelSelector } from '../../../objects/generated/meta-v1.generated.ts';
import type { GroupVersionKind } from '../../../objects/schema.ts';
import { labelSelectorOf, matchesLabels } from '../../../objects/selectors/label-selector.ts';
import { notFound } from '../../../objects/status/status-error.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import type { ResourceRegistry } from '../../registry/resource-registry.ts';
import {
  isStored,
  keyOf,
  type ServedResource,
  type StoredResource,
} from '../../registry/served-resource.ts';
import type { Attributes } from '../admission.ts';
import { isResource } from '../attributes.ts';
import { ruleMatches } from './rule.ts';

/** What somebody wants to have a say in. */
export interface Criteria {
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly objectSelector?: LabelSelector | undefined;
  /** one must match */
  readonly rules: readonly NamedRuleWithOperations[];
  /** none may match */
  readonly excluded?: readonly NamedRuleWithOperations[] | undefined;
  readonly matchPolicy?: string | undefined;
}

/** As what a request is shown: its own resource and kind, or their equals in another version. */
export interface Match {
  readonly resource: ServedResource;
  readonly kind: GroupVersionKind;
}

/** The kind of a request's object. */
export function kindOf({ body, resource }: Attributes): GroupVersionKind {
  const { group, version, kind } = (body ?? resource).definition;
  return { group, version, kind };
}

const isEmpty = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;

/** Finds out whether a request is one that a webhook or a policy is about. */
export class RequestMatcher {
  readonly #registry: ResourceRegistry;
  readonly #namespaces: StoredResource;

  constructor(registry: ResourceRegistry, namespaces: StoredResource) {
    this.#registry = registry;
    this.#namespaces = namespaces;
  }

  /** Undefined: it is none of their business. Errors: `NotFound` when the namespace is not there. */
  async match(attributes: Attributes, criteria: Criteria): Promise<Match | undefined> {
    const { objectSelector, rules, excluded = [], matchPolicy } = criteria;
    if (!this.#selectsObject(attributes, objectSelector)) return undefined;
    if (this.#find(attributes, excluded, matchPolicy) !== undefined) return undefined;
    const match = this.#find(attributes, rules, matchPolicy);
    if (match === undefined) return undefined;
    return (await this.#selectsNamespace(attributes, criteria.namespaceSelector))
      ? match
      : undefined;
  }

  /** Errors: `NotFound`. */
  async namespace(name: string): Promise<ApiObject> {
    const key = keyOf(this.#namespaces, '', name);
    const { cache, storage } = this.#namespaces;
    // The cache may be a moment behind.
    const stored = cache.get(key) ?? (await storage.get(key));
    if (stored === undefined) throw notFound({ group: '', name: 'namespaces' }, name);
    return stored.object;
  }

  /** The first rule that matches decides as what the request is shown. */
  #find(
    attributes: Attributes,
    rules: readonly NamedRuleWithOperations[],
    matchPolicy: string | undefined,
  ): Match | undefined {
    const { resource, body } = attributes;
    if (rules.some((rule) => ruleMatches(rule, attributes, resource)))
      return { resource, kind: kindOf(attributes) };
    if (matchPolicy !== 'Equivalent') return undefined;
    const equals = this.#equals(resource);
    for (const rule of rules) {
      const equal = equals.find((one) => ruleMatches(rule, attributes, one));
      if (equal !== undefined)
        return {
          resource: equal,
          kind: body === undefined ? equal.definition : kindOf(attributes),
        };
    }
    return undefined;
  }

  /** The same resource in other versions and groups. */
  #equals(resource: ServedResource): readonly StoredResource[] {
    if (!isStored(resource)) return [];
    return this.#registry.all.filter(
      (other): other is StoredResource =>
        other !== resource && isStored(other) && other.prefix === resource.prefix,
    );
  }

  #selectsObject({ object, old }: Attributes, selector: LabelSelector | undefined): boolean {
    if (selector === undefined || isEmpty(selector)) return true;
    const parsed = labelSelectorOf(selector);
    return [object, old].some(
      (one) => one !== undefined && matchesLabels(parsed, one.metadata.labels),
    );
  }

  /** Objects of the cluster are selected always; a namespace by the labels it is about to have. */
  async #selectsNamespace(
    attributes: Attributes,
    selector: LabelSelector | undefined,
  ): Promise<boolean> {
    const { namespace, object, resource } = attributes;
    if (selector === undefined || isEmpty(selector)) return true;
    if (namespace === '' && resource.definition.plural !== 'namespaces') return true;
    const isNamespace = isResource(attributes, '', 'namespaces') && object !== undefined;
    const { metadata } = isNamespace ? object : await this.namespace(namespace);
    return matchesLabels(labelSelectorOf(selector), metadata.labels);
  }
}
