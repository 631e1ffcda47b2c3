import type { Stored } from '../../client/resource.ts';
import type { ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodTerminal } from '../pods/pod-state.ts';
import { historyLimit, isComplete } from './deployment-status.ts';
import { activeOrLatest, byRevision, isActive, isSaturated, replicasOf } from './replica-sets.ts';
import { desiredReplicas } from './revisions.ts';
import type { Rollout } from './rollout.ts';
import { isRolling, newSize, proportionalSizes, shrinkOld } from './sizes.ts';

type StoredSet = Stored<ReplicaSet>;

/** The Deployment has another size than when its ReplicaSets were last given one. */
export function isScaled({ deployment, all }: Rollout): boolean {
  return all.filter(isActive).some((replicaSet) => {
    const desired = desiredReplicas(replicaSet);
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** Follows a Deployment's size without rolling anything out (`scale` of upstream's `sync.go`). */
export async function followSize(rollout: Rollout): Promise<void> {
  const { deployment, current, old, all } = rollout;
  const only = activeOrLatest(current, old);
  if (only !== undefined) {
    await rollout.scale(only, replicasOf(deployment));
    return;
  }
  if (isSaturated(deployment, current)) {
    for (const replicaSet of old.filter(isActive)) await rollout.scale(replicaSet, 0);
    return;
  }
  if (!isRolling(deployment)) return;
  for (const { replicaSet, size } of proportionalSizes(deployment, all))
    await rollout.scale(replicaSet, size, true);
}

/** One step of a rolling update: the new one grows, or else old ones shrink, as far as it is allowed. */
export async function rollOneStep(rollout: Rollout): Promise<void> {
  const current = rollout.current ?? (await rollout.createCurrent());
  const { deployment, old } = rollout;
  if (await rollout.scale(current, newSize(deployment, replicasOf(current), old))) return;
  const resizes = shrinkOld(deployment, current, old);
  for (const { replicaSet, size } of resizes) await rollout.scale(replicaSet, size);
  if (resizes.length === 0) await cleanUpWhenComplete(rollout);
}

/**
 * One step of a rollout that ends all Pods before it begins new ones.
 * @param podsOf what a ReplicaSet manages
 */
export async function recreateOneStep(
  rollout: Rollout,
  podsOf: (replicaSet: StoredSet) => readonly Pod[],
): Promise<void> {
  const { deployment, old } = rollout;
  const active = old.filter(isActive);
  for (const replicaSet of active) await rollout.scale(replicaSet, 0);
  if (active.length > 0) return;
  const isOldRunning = old.some(
    (replicaSet) =>
      (replicaSet.status?.replicas ?? 0) > 0 ||
      podsOf(replicaSet).some((pod) => !isPodTerminal(pod)),
  );
  if (isOldRunning) return;
  const current = rollout.current ?? (await rollout.createCurrent());
  await rollout.scale(current, replicasOf(deployment));
  await cleanUpWhenComplete(rollout);
}

async function cleanUpWhenComplete(rollout: Rollout): Promise<void> {
  const { deployment } = rollout;
  if (isComplete(deployment, deployment.status)) await cleanUp(rollout);
}

/** Deletes old ReplicaSets beyond the history that is to be kept, if they are empty. */
export async function cleanUp(rollout: Rollout): Promise<void> {
  const { deployment, old } = rollout;
  const limit = historyLimit(deployment);
  if (limit === undefined) return;
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = alive.toSorted(byRevision).slice(0, Math.max(0, alive.length - limit));
  for (const replicaSet of surplus) {
    const { metadata, status } = replicaSet;
    const isSeen = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
    if (!isActive(replicaSet) && (status?.replicas ?? 0) === 0 && isSeen)
      await rollout.deleteReplicaSet(replicaSet);
  }
}
