import type { PolicyRule } from '../../bootstrap/policy-text.ts';
import type { AccessAttributes } from '../authorizer.ts';

const ALL = '*';

function includes(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(ALL) || list.includes(value));
}

/** A list may name all with an asterisk, a resource, `pods/log`, or an asterisk with a subresource. */
function resourceMatches(rule: PolicyRule, resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  const list = rule.resources ?? [];
  return (
    list.includes(ALL) ||
    list.includes(combined) ||
    (subresource !== '' && list.includes(`*/${subresource}`))
  );
}

function pathMatches(rule: PolicyRule, path: string): boolean {
  return (rule.nonResourceURLs ?? []).some(
    (url) =>
      url === ALL || url === path || (url.endsWith(ALL) && path.startsWith(url.slice(0, -1))),
  );
}

/** Whether a rule allows it (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResourceRequest) return pathMatches(rule, attributes.path);
  const names = rule.resourceNames ?? [];
  return (
    includes(rule.apiGroups, attributes.apiGroup) &&
    resourceMatches(rule, attributes.resource, attributes.subresource) &&
    (names.length === 0 || names.includes(attributes.name))
  );
}

/** Rules about one verb, group, resource and name each: what covering is decided by. */
function breakdown(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        (resourceNames.length === 0 ? [undefined] : resourceNames).map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
    ...nonResourceURLs.map((url) => ({ verbs: [verb], nonResourceURLs: [url] })),
  ]);
}

function coversResource(owner: PolicyRule, resource: string): boolean {
  const list = owner.resources ?? [];
  if (list.includes(ALL) || list.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash !== -1 && list.includes(`*${resource.slice(slash)}`);
}

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  const [verb = ''] = part.verbs;
  if (!includes(owner.verbs, verb)) return false;
  if (part.nonResourceURLs !== undefined) {
    const [url = ''] = part.nonResourceURLs;
    return pathMatches(owner, url);
  }
  const [group = ''] = part.apiGroups ?? [];
  const [resource = ''] = part.resources ?? [];
  const names = owner.resourceNames ?? [];
  const [name] = part.resourceNames ?? [];
  return (
    includes(owner.apiGroups, group) &&
    coversResource(owner, resource) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

/** What of `wanted` the owner's rules do not allow, in parts (`rbac/validation.Covers`). */
export function uncovered(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(breakdown).filter((part) => !owned.some((rule) => covers(rule, part)));
}

/** As upstream prints a rule in messages. */
export function printRule(rule: PolicyRule): string {
  const part = (name: string, values: readonly string[] | undefined): string[] =>
    values === undefined || values.length === 0
      ? []
      : [`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`];
  return `{${[
    ...part('APIGroups', rule.apiGroups),
    ...part('Resources', rule.resources),
    ...part('NonResourceURLs', rule.nonResourceURLs),
    ...part('ResourceNames', rule.resourceNames),
    ...part('Verbs', rule.verbs),
  ].join(', ')}}`;
}

/** Parts that differ in nothing but the verb, as one rule each. */
export function compact(parts: readonly PolicyRule[]): readonly PolicyRule[] {
  const together = new Map<string, PolicyRule>();
  for (const part of parts) {
    const { verbs, ...rest } = part;
    const key = JSON.stringify(rest);
    const known = together.get(key);
    together.set(key, known === undefined ? part : { ...known, verbs: [...known.verbs, ...verbs] });
  }
  return [...together.values()];
}
