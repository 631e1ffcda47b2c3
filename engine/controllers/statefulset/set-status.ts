import type { Stored } from '../../client/resource.ts';
import type {
  ControllerRevision,
  StatefulSet,
  StatefulSetStatus,
} from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { isPodAvailable, isPodReady } from '../pods/pod-state.ts';
import { replicasOf } from './ordinals.ts';
import { revisionOf } from './pod-identity.ts';

/** The API server has it: it gave it a phase. */
function isCreated({ status }: Pod): boolean {
  return status?.phase !== undefined;
}

export function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}

/** Not ready for long enough, or on its way out. @param now UNIX milliseconds */
export function isUnavailable(pod: Pod, { spec }: StatefulSet, now: number): boolean {
  return !isPodAvailable(pod, spec.minReadySeconds ?? 0, now) || isTerminating(pod);
}

/** Names of the two revisions that a set is between. */
export interface RevisionNames {
  readonly current: string;
  readonly update: string;
}

export type ReplicaCounts = Required<
  Pick<
    StatefulSetStatus,
    'replicas' | 'readyReplicas' | 'availableReplicas' | 'currentReplicas' | 'updatedReplicas'
  >
>;

/** @param now UNIX milliseconds */
export function countReplicas(
  pods: readonly Pod[],
  { spec }: StatefulSet,
  { current, update }: RevisionNames,
  now: number,
): ReplicaCounts {
  const created = pods.filter(isCreated);
  const ready = pods.filter(isRunningAndReady);
  const at = (revision: string): number =>
    created.filter((pod) => !isTerminating(pod) && revisionOf(pod) === revision).length;
  return {
    replicas: created.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now))
      .length,
    currentReplicas: at(current),
    updatedReplicas: at(update),
  };
}

/** The status with the update completed, if it is. */
export function completed(
  set: StatefulSet,
  status: StatefulSetStatus & ReplicaCounts,
): StatefulSetStatus & ReplicaCounts {
  const wanted = replicasOf(set);
  const { updatedReplicas, readyReplicas, replicas, updateRevision } = status;
  if (updatedReplicas !== wanted || readyReplicas !== wanted || replicas !== wanted) return status;
  return {
    ...status,
    currentReplicas: updatedReplicas,
    ...(updateRevision === undefined ? {} : { currentRevision: updateRevision }),
  };
}

/** Whether the status says anything else than the set's own. */
export function isNewStatus(
  { status: { observedGeneration = 0, conditions, ...rest } = { replicas: 0 } }: StatefulSet,
  status: StatefulSetStatus & ReplicaCounts,
): boolean {
  return (
    (status.observedGeneration ?? 0) > observedGeneration ||
    status.replicas !== rest.replicas ||
    status.readyReplicas !== (rest.readyReplicas ?? 0) ||
    status.availableReplicas !== (rest.availableReplicas ?? 0) ||
    status.currentReplicas !== (rest.currentReplicas ?? 0) ||
    status.updatedReplicas !== (rest.updatedReplicas ?? 0) ||
    status.currentRevision !== rest.currentRevision ||
    status.updateRevision !== rest.updateRevision ||
    !jsonEqual(status.conditions, conditions)
  );
}

/** What the set's two revisions are and what else is known before its Pods are looked at. */
export function newStatus(
  { metadata, status }: Stored<StatefulSet>,
  current: ControllerRevision,
  update: ControllerRevision,
  collisionCount: number,
): Omit<StatefulSetStatus, 'replicas'> {
  return {
    observedGeneration: metadata.generation ?? 0,
    currentRevision: current.metadata.name ?? '',
    updateRevision: update.metadata.name ?? '',
    collisionCount,
    ...(status?.conditions === undefined ? {} : { conditions: status.conditions }),
  };
}
