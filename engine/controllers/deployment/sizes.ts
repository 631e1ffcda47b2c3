import type { Stored } from '../../client/resource.ts';
import type { Deployment, ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import { scaledAmount } from '../../objects/int-or-percent.ts';
import { availableOf, byAge, bySize, isActive, replicasOf, sumOf } from './replica-sets.ts';
import { mostReplicas } from './revisions.ts';

/** How large the ReplicaSets of a Deployment are to be. */

type StoredSet = Stored<ReplicaSet>;

/** A size that a ReplicaSet is to get. */
export interface Resize {
  readonly replicaSet: StoredSet;
  readonly size: number;
}

export function isRolling({ spec }: Deployment): boolean {
  return spec.strategy?.type === 'RollingUpdate';
}

/**
 * How many Pods a rollout may have too many, and how many may be missing. Shares are rounded up and
 * down; when both come to nothing one may be missing, or nothing could move (`ResolveFenceposts`).
 */
function fenceposts(deployment: Deployment): {
  readonly surge: number;
  readonly unavailable: number;
} {
  if (!isRolling(deployment)) return { surge: 0, unavailable: 0 };
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {};
  const replicas = replicasOf(deployment);
  const surge = scaledAmount(maxSurge, replicas, 'up');
  const unavailable = scaledAmount(maxUnavailable, replicas, 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Pods that there may be at most while it is rolled out. */
export function mostPods(deployment: Deployment): number {
  return replicasOf(deployment) + fenceposts(deployment).surge;
}

/** Pods that have to be available at least. */
export function minAvailable(deployment: Deployment): number {
  return Math.max(0, replicasOf(deployment) - fenceposts(deployment).unavailable);
}

/** The size of the new ReplicaSet as far as there is room for it beside the others. */
export function newSize(
  deployment: Deployment,
  current: number,
  old: readonly ReplicaSet[],
): number {
  const wanted = replicasOf(deployment);
  if (!isRolling(deployment) || current > wanted) return wanted;
  const room = mostPods(deployment) - sumOf(old, replicasOf) - current;
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/**
 * How old ReplicaSets shrink in a rolling update, the oldest first: those Pods that are not available
 * anyhow, then as many as are available beyond what has to be. One may come twice.
 */
export function shrinkOld(
  deployment: Deployment,
  current: StoredSet,
  old: readonly StoredSet[],
): readonly Resize[] {
  const active = old.filter(isActive).toSorted(byAge);
  const least = minAvailable(deployment);
  // What the new one still has to make available must not be taken from the old ones.
  const starting = replicasOf(current) - availableOf(current);
  const most = sumOf([...active, current], replicasOf) - least - starting;
  // One that has more Pods than it should has not followed its size yet: they count as gone already.
  const isBehind = active.some((replicaSet) => availableOf(replicaSet) > replicasOf(replicaSet));
  if (active.length === 0 || most <= 0 || isBehind) return [];
  const sizes = new Map(active.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]));
  const resizes: Resize[] = [];
  const shrink = (count: number, mostOf: (replicaSet: StoredSet, size: number) => number): void => {
    let left = count;
    for (const [replicaSet, size] of sizes) {
      const less = Math.min(left, mostOf(replicaSet, size));
      if (less <= 0) continue;
      left -= less;
      sizes.set(replicaSet, size - less);
      resizes.push({ replicaSet, size: size - less });
    }
  };
  shrink(most, (replicaSet, size) => size - availableOf(replicaSet));
  const available = sumOf([...active, current], availableOf);
  shrink(available - least, (_replicaSet, size) => size);
  return resizes;
}

/**
 * The sizes of all ReplicaSets that have replicas after their Deployment was scaled in the midst of a
 * rollout: each keeps its share, and the largest gets what rounding leaves over.
 */
export function proportionalSizes(
  deployment: Deployment,
  all: readonly StoredSet[],
): readonly Resize[] {
  const active = all.filter(isActive);
  const allowed = replicasOf(deployment) > 0 ? mostPods(deployment) : 0;
  const toAdd = allowed - sumOf(active, replicasOf);
  if (toAdd === 0) return active.map((replicaSet) => resize(replicaSet, replicasOf(replicaSet)));
  let added = 0;
  const resizes = active.toSorted(bySize(toAdd > 0)).map((replicaSet) => {
    const share = fraction(deployment, replicaSet);
    const left = toAdd - added;
    const most = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    const more = left === 0 ? 0 : most;
    added += more;
    return resize(replicaSet, replicasOf(replicaSet) + more);
  });
  const [largest, ...others] = resizes;
  if (largest === undefined) return [];
  const size = Math.max(0, largest.size + toAdd - added);
  return [{ replicaSet: largest.replicaSet, size }, ...others];
}

const resize = (replicaSet: StoredSet, size: number): Resize => ({ replicaSet, size });

/** By how much a ReplicaSet would change if it kept its share exactly, rounded. */
function fraction(deployment: Deployment, replicaSet: StoredSet): number {
  const replicas = replicasOf(replicaSet);
  if (replicasOf(deployment) === 0) return -replicas;
  // Without the note of what could be at most before, the size there is has to do.
  const before = mostReplicas(replicaSet) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((replicas * mostPods(deployment)) / before) - replicas;
}
