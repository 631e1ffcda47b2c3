import type { Pod, ResourceQuota } from '../../objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { Quantity } from '../../objects/quantity.ts';
import { changesScope, hasScopes, quotaMatchesPod } from '../../objects/quota/scopes.ts';
import { isCountedBy, quotaUsage } from '../../objects/quota/usage.ts';

type Amounts = ReadonlyMap<string, Quantity>;

interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

/** A resource whose objects in the quota's namespace are known. */
export interface CountedResource extends GroupResource {
  readonly objects: readonly KubernetesObject[];
}

function isPods({ group, plural }: GroupResource): boolean {
  return group === '' && plural === 'pods';
}

function matches(quota: ResourceQuota, resource: GroupResource, object: KubernetesObject): boolean {
  return isPods(resource) ? quotaMatchesPod(quota, object as unknown as Pod) : !hasScopes(quota);
}

/**
 * What is used of each resource that a quota limits. Those that nobody can count keep what they say
 * (`CalculateUsage` of k8s.io/apiserver `pkg/quota/v1`). @param now UNIX milliseconds
 */
export function calculateUsage(
  quota: ResourceQuota,
  resources: readonly CountedResource[],
  now: number,
): Readonly<Record<string, string>> {
  const hard = Object.keys(quota.spec?.hard ?? {});
  const used = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(quota.status?.used ?? {}))
    if (hard.includes(name)) used.set(name, Quantity.parse(text));
  for (const resource of resources) {
    const counted = hard.filter((name) => isCountedBy(name, resource));
    if (counted.length === 0) continue;
    const total = new Map(counted.map((name) => [name, Quantity.of(0)]));
    for (const object of resource.objects) {
      if (!matches(quota, resource, object)) continue;
      for (const [name, amount] of quotaUsage(resource, object, now)) {
        const before = total.get(name);
        if (before !== undefined) total.set(name, before.add(amount));
      }
    }
    for (const [name, amount] of total) used.set(name, amount);
  }
  return Object.fromEntries([...used].map(([name, amount]) => [name, amount.toString()]));
}

function sameAmounts(one: Amounts, other: Amounts): boolean {
  const zero = Quantity.of(0);
  return [...new Set([...one.keys(), ...other.keys()])].every(
    (name) => (one.get(name) ?? zero).compare(other.get(name) ?? zero) === 0,
  );
}

/** Whether a change of an object changes what it counts for. @param now UNIX milliseconds */
export function changesUsage(
  resource: GroupResource,
  old: KubernetesObject,
  object: KubernetesObject,
  now: number,
): boolean {
  if (isPods(resource) && changesScope(object as unknown as Pod, old as unknown as Pod))
    return true;
  return !sameAmounts(quotaUsage(resource, old, now), quotaUsage(resource, object, now));
}

type Quantities = Readonly<Record<string, string>>;

/** Whether two lists have the same amounts of the same resources. */
export function sameQuantities(one: Quantities, other: Quantities): boolean {
  return (
    Object.keys(one).length === Object.keys(other).length &&
    Object.entries(one).every(([name, text]) => {
      const value = other[name];
      return value !== undefined && Quantity.parse(text).compare(Quantity.parse(value)) === 0;
    })
  );
}

/** Whether something gets less. */
export function isReplenished(before: Quantities, after: Quantities): boolean {
  return Object.entries(after).some(([name, text]) => {
    const value = before[name];
    return value !== undefined && Quantity.parse(text).compare(Quantity.parse(value)) < 0;
  });
}
