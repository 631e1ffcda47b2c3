import type { Stored } from '../../client/resource.ts';
import type { Job, JobSpec } from '../../objects/generated/batch-v1.generated.ts';
import type { ContainerStatus, Pod } from '../../objects/generated/core-v1.generated.ts';
import { isSidecar } from '../../objects/pod-resources.ts';
import { podCondition } from '../pods/pod-state.ts';

/** On a Pod that its Job has not counted yet. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
/** An annotation and a label. */
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';
/** Failures of an index before this Pod: those that count, and those that do not. */
export const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
export const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';

const MOST_INT32 = 2 ** 31 - 1;

export function isIndexed({ completionMode }: JobSpec): boolean {
  return completionMode === 'Indexed';
}

/** Terminating Pods are replaced when they have failed, not before. */
export function replacesOnlyFailed({ podReplacementPolicy }: JobSpec): boolean {
  return podReplacementPolicy === 'Failed';
}

/** Some other controller takes care of it. */
export function isManagedElsewhere({ spec }: Job): boolean {
  return spec.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller';
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) === true;
}

/** One that is deleted has failed, too, unless only failed ones are replaced: it may never say so. */
export function hasFailed({ metadata, status }: Pod, spec: JobSpec): boolean {
  if (status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(spec)) return false;
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
}

/** Undefined when it has none. */
export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Undefined also when the Job has fewer. */
export function validIndex(pod: Pod, { completions = 0 }: JobSpec): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < completions ? index : undefined;
}

/** Failures of its index that count, without its own. */
export function failureCount(pod: Pod): number {
  return countFrom(pod, FAILURE_COUNT);
}

export function ignoredFailureCount(pod: Pod): number {
  return countFrom(pod, IGNORED_FAILURE_COUNT);
}

function countFrom({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? '';
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  return count > MOST_INT32 ? 0 : count;
}

/**
 * UNIX milliseconds at which it ended: when its last container did, else when it was no longer ready,
 * else when it was deleted, else when it was created (upstream's `getFinishedTime`).
 */
export function finishedTime(pod: Stored<Pod>): number {
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  const containers = containersFinishedTime(pod);
  if (containers !== undefined) return containers;
  const ready = podCondition(pod, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined)
    return Date.parse(ready.lastTransitionTime);
  return deletionTimestamp === undefined
    ? Date.parse(creationTimestamp)
    : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
}

/** Sidecars end after the others. Undefined while one runs. */
function containersFinishedTime({ spec, status }: Pod): number | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = status ?? {};
  const finished = latest(containerStatuses);
  const sidecars = new Set(spec.initContainers?.filter(isSidecar).map(({ name }) => name));
  const besides = initContainerStatuses.filter(({ name }) => sidecars.has(name));
  if (besides.length === 0) return finished;
  const last = latest(besides);
  return last === undefined ? undefined : Math.max(last, finished ?? 0);
}

function latest(statuses: readonly ContainerStatus[]): number | undefined {
  const times = statuses.map(({ state }) => state?.terminated?.finishedAt);
  return times.length === 0 || times.includes(undefined)
    ? undefined
    : Math.max(...times.map((time) => Date.parse(time ?? '')));
}
