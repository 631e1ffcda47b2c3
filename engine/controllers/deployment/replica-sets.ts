import type { Stored } from '../../client/resource.ts';
import type { Deployment, ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import type { PodTemplateSpec } from '../../objects/generated/core-v1.generated.ts';
import { sameValue } from '../../objects/validation/same-value.ts';
import { desiredReplicas, revisionOf } from './revisions.ts';

/** What can be said of the ReplicaSets of a Deployment by looking at them. */

export const HASH_LABEL = 'pod-template-hash';
/** Characters of a DNS subdomain. */
const NAME = 253;

type StoredSet = Stored<ReplicaSet>;

export const replicasOf = ({ spec }: ReplicaSet | Deployment): number => spec.replicas ?? 0;
export const isActive = (replicaSet: ReplicaSet): boolean => replicasOf(replicaSet) > 0;

export function sumOf(
  replicaSets: readonly ReplicaSet[],
  countOf: (replicaSet: ReplicaSet) => number | undefined,
): number {
  return replicaSets.reduce((sum, replicaSet) => sum + (countOf(replicaSet) ?? 0), 0);
}

export const availableOf = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;

/** The oldest first. */
export function byAge({ metadata: a }: StoredSet, { metadata: b }: StoredSet): number {
  if (a.creationTimestamp !== b.creationTimestamp)
    return a.creationTimestamp < b.creationTimestamp ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

/** The lowest revision first; then the oldest. */
export function byRevision(a: StoredSet, b: StoredSet): number {
  const [one, other] = [revisionOf(a), revisionOf(b)];
  return one === undefined || other === undefined || one === other ? byAge(a, b) : one - other;
}

/** The largest first; of equal ones the newest when there is more to give, the oldest when there is less. */
export function bySize(isGrowing: boolean): (a: StoredSet, b: StoredSet) => number {
  return (a, b) => replicasOf(b) - replicasOf(a) || (isGrowing ? byAge(b, a) : byAge(a, b));
}

/** The template without the label that tells its ReplicaSet's Pods apart. */
export function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function isSameTemplate(one: PodTemplateSpec = {}, other: PodTemplateSpec = {}): boolean {
  return sameValue(withoutHash(one), withoutHash(other));
}

/** The one whose template the Deployment wants now, the oldest of several, and all others. */
export function newAndOld(
  deployment: Deployment,
  replicaSets: readonly StoredSet[],
): { readonly current: StoredSet | undefined; readonly old: readonly StoredSet[] } {
  const sorted = replicaSets.toSorted(byAge);
  const current = sorted.find(({ spec }) =>
    isSameTemplate(spec.template, deployment.spec.template),
  );
  return { current, old: sorted.filter((replicaSet) => replicaSet !== current) };
}

/** The only one with replicas, or the newest where none has any; undefined when several have. */
export function activeOrLatest(
  current: StoredSet | undefined,
  old: readonly StoredSet[],
): StoredSet | undefined {
  const all = current === undefined ? old : [...old, current];
  const active = all.filter(isActive);
  if (active.length === 0) return current ?? old.toSorted(byAge).at(-1);
  return active.length === 1 ? active[0] : undefined;
}

/** It has all replicas that the Deployment wants, all of them available. */
export function isSaturated(deployment: Deployment, current: StoredSet | undefined): boolean {
  if (current === undefined) return false;
  const wanted = replicasOf(deployment);
  return (
    replicasOf(current) === wanted &&
    desiredReplicas(current) === wanted &&
    availableOf(current) === wanted
  );
}

/** The Deployment's name, as much as there is room for, and the hash of its template. */
export function replicaSetName(deployment: string, hash: string): string {
  return `${deployment.slice(0, NAME - 1 - hash.length)}-${hash}`;
}
