import { dynamicValue } from '../../../objects/cel/values.ts';
import type {
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import { derived, type Lister } from '../../registry/lister.ts';
import type { ResourceRegistry } from '../../registry/resource-registry.ts';
import { isNamespaces } from '../../registry/served-resource.ts';
import type { Attributes } from '../admission.ts';
import { type Bindings, expressionInput } from '../expressions/expression-input.ts';
import type { Criteria, Match, RequestMatcher } from '../matching/request-matcher.ts';
import { shownObjects } from '../matching/shown-objects.ts';
import { findParams, paramResource } from './params.ts';

export interface PolicyOptions<P, B> extends InvocationOptions {
  readonly policies: Lister<P>;
  readonly bindings: Lister<B>;
}

interface InvocationOptions {
  readonly registry: ResourceRegistry;
  readonly matcher: RequestMatcher;
  readonly authorizer: Authorizer;
}

/** What validating and mutating policies, and their bindings, have in common. */
interface Policy {
  readonly metadata: ApiObject['metadata'];
  readonly spec: { readonly matchConstraints?: MatchResources; readonly paramKind?: ParamKind };
}

interface Binding {
  readonly metadata: ApiObject['metadata'];
  readonly spec: {
    readonly policyName?: string;
    readonly matchResources?: MatchResources;
    readonly paramRef?: ParamRef;
  };
}

/** A policy with who puts it to use. */
export interface BoundPolicy<P, B> {
  readonly policy: P;
  readonly bindings: readonly B[];
}

/** A policy is to be run for a request: by which binding, with which parameter. */
export interface Invocation<B> {
  readonly binding: B;
  readonly match: Match;
  readonly param: ApiObject | undefined;
}

/** A binding without rules is for everything the policy is for. */
const EVERYTHING: NamedRuleWithOperations = {
  apiGroups: ['*'],
  apiVersions: ['*'],
  resources: ['*/*'],
  operations: ['*'],
};

function criteriaOf(given: MatchResources): Criteria {
  const { resourceRules = [], excludeResourceRules, ...rest } = given;
  const rules = resourceRules.length === 0 ? [EVERYTHING] : resourceRules;
  return { ...rest, rules, excluded: excludeResourceRules };
}

const byName = (a: Policy | Binding, b: Policy | Binding): number =>
  (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;

/** Policies by name, with their bindings by name. */
export function boundPolicies<P extends Policy, B extends Binding>(
  policies: Lister<P>,
  bindings: Lister<B>,
): () => readonly BoundPolicy<P, B>[] {
  return derived([policies, bindings], () => {
    const bound = bindings.list().toSorted(byName);
    return policies
      .list()
      .toSorted(byName)
      .map((policy) => ({
        policy,
        bindings: bound.filter(({ spec }) => spec.policyName === policy.metadata.name),
      }));
  });
}

/** A policy compiled once: by its specification, which stays the same object until it changes. */
export function compiledOnce<P extends Policy, C>(compile: (policy: P) => C): (policy: P) => C {
  const compiled = new WeakMap<object, C>();
  return (policy) => {
    const known = compiled.get(policy.spec) ?? compile(policy);
    compiled.set(policy.spec, known);
    return known;
  };
}

/** Finds out which policies are to be run for a request, and what their expressions see. */
export class Invocations {
  readonly #options: InvocationOptions;

  constructor(options: InvocationOptions) {
    this.#options = options;
  }

  /** @param misconfigured told what is wrong with the policy, or with one of its bindings */
  async *of<P extends Policy, B extends Binding>(
    attributes: Attributes,
    { policy, bindings }: BoundPolicy<P, B>,
    misconfigured: (binding: B | undefined, error: unknown) => void,
  ): AsyncGenerator<Invocation<B>> {
    const { matcher, registry } = this.#options;
    const { matchConstraints = {}, paramKind } = policy.spec;
    if (bindings.length === 0) return;
    let match: Match | undefined;
    let resource: ReturnType<typeof paramResource> | undefined;
    try {
      match = await matcher.match(attributes, criteriaOf(matchConstraints));
      if (match === undefined) return;
      resource = paramKind === undefined ? undefined : paramResource(registry, paramKind);
    } catch (error) {
      misconfigured(undefined, error);
      return;
    }
    for (const binding of bindings) {
      let params: readonly (ApiObject | undefined)[] = [];
      try {
        const { paramRef } = binding.spec;
        if (await this.#isBound(attributes, binding))
          params =
            resource === undefined || paramRef === undefined
              ? [undefined]
              : await findParams(resource, paramRef, attributes.namespace);
      } catch (error) {
        misconfigured(binding, error);
      }
      for (const param of params) yield { binding, match, param };
    }
  }

  /** What expressions see of the request as it is now. */
  async input<B>(attributes: Attributes, { match, param }: Invocation<B>): Promise<Bindings> {
    const { matcher, authorizer } = this.#options;
    const { namespace, resource } = attributes;
    const within =
      namespace === '' || isNamespaces(resource) ? undefined : await matcher.namespace(namespace);
    const objects = await shownObjects(attributes, match);
    return {
      ...expressionInput(attributes, match, objects, within, authorizer),
      params: param === undefined ? null : dynamicValue(param),
    };
  }

  async #isBound(attributes: Attributes, { spec }: Binding): Promise<boolean> {
    const { matchResources } = spec;
    if (matchResources === undefined) return true;
    const criteria = criteriaOf(matchResources);
    return (await this.#options.matcher.match(attributes, criteria)) !== undefined;
  }
}
