import type { StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { scaledAmount } from '../../objects/int-or-percent.ts';
import { isPodAvailable } from '../pods/pod-state.ts';
import { replicasOf } from './ordinals.ts';
import { revisionOf } from './pod-identity.ts';
import { isTerminating, isUnavailable } from './set-status.ts';

/**
 * Which Pods are deleted now so that they come back at the update's revision: from the last to the
 * partition, and no more than `maxUnavailable` unavailable at a time. In parallel mode those that are
 * unavailable already go first and cost nothing.
 * @param replicas by place, all of them there @param now UNIX milliseconds
 */
export function podsToReplace<T extends Pod>(
  set: StatefulSet,
  replicas: readonly T[],
  updateRevision: string,
  now: number,
): readonly T[] {
  const { podManagementPolicy, minReadySeconds = 0 } = set.spec;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const outdated = (pod: T): boolean => revisionOf(pod) !== updateRevision;
  const unavailable = replicas.filter((pod) => isUnavailable(pod, set, now)).length;
  const budget = Math.max(0, maxUnavailableOf(set) - unavailable);
  const candidates = replicas.slice(partition).toReversed().filter(outdated);
  if (podManagementPolicy !== 'Parallel')
    return candidates.filter((pod) => !isTerminating(pod)).slice(0, budget);
  return [
    ...candidates.filter(
      (pod) => !isPodAvailable(pod, minReadySeconds, now) && !isTerminating(pod),
    ),
    ...candidates.filter((pod) => !isUnavailable(pod, set, now)).slice(0, budget),
  ];
}

/** At least one; shares are rounded down. */
function maxUnavailableOf(set: StatefulSet): number {
  const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  return Math.max(1, scaledAmount(maxUnavailable, replicasOf(set), 'down'));
}
