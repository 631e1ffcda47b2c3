import type { Stored } from '../../client/resource.ts';
import type { JobCondition, JobStatus } from '../../objects/generated/batch-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { completionIndex, hasFailed, isIndexed, isTracked, validIndex } from './job-pods.ts';
import { judgeFailure } from './job-policies.ts';
import { conditionOf, jobCondition, type JobEnd } from './job-end.ts';
import { Indexes } from './indexes.ts';
import type { JobView } from './job-view.ts';

/** Pods that are waited for in a status at most, which keeps it below some 20 kB. */
const MOST_UNCOUNTED = 500;

/** A status, and whether it has to be written. */
export interface StatusChange {
  readonly status: JobStatus;
  readonly changed: boolean;
}

/** What a status says before finalizers are removed: Pods are named in it until that is done. */
export interface Tracking extends StatusChange {
  /** Pods whose finalizers may go when the status is written */
  readonly release: readonly Stored<Pod>[];
  /** there are more, for which there was no room */
  readonly more: boolean;
  /** `Complete` or `Failed`, once no Pod is left */
  readonly end: JobEnd | undefined;
}

/** Counts those of the uncounted Pods that have lost their finalizers. @param tracked uids of those that have it */
export function countReleased(status: JobStatus, tracked: ReadonlySet<string>): StatusChange {
  const { succeeded: succeeding = [], failed: failing = [] } = status.uncountedTerminatedPods ?? {};
  const succeeded = succeeding.filter((uid) => tracked.has(uid));
  const failed = failing.filter((uid) => tracked.has(uid));
  return {
    status: {
      ...status,
      succeeded: (status.succeeded ?? 0) + succeeding.length - succeeded.length,
      failed: (status.failed ?? 0) + failing.length - failed.length,
      uncountedTerminatedPods: { succeeded, failed },
    },
    changed: succeeded.length + failed.length !== succeeding.length + failing.length,
  };
}

/**
 * Puts Pods that have ended into the status, by their uids or, for successes of Indexed Jobs, by their
 * indexes (first part of upstream's `trackJobStatusAndRemoveFinalizers`).
 * @param end of the Job, if it is to end now @param now UNIX milliseconds
 */
export function trackPods(
  view: JobView,
  before: JobStatus,
  end: JobEnd | undefined,
  now: number,
): Tracking {
  const { spec } = view.job;
  const counted = countReleased(before, view.tracked);
  const ended = endedPods(view, counted.status, end);
  let { status } = ended;
  let changed = counted.changed || ended.changed;
  if (view.indexes !== undefined && isIndexed(spec)) {
    const succeeded = view.indexes.succeeded.with(Indexes.of(ended.indexes));
    const completedIndexes = succeeded.toString();
    const failedIndexes = view.indexes.failed?.toString();
    changed ||=
      completedIndexes !== (status.completedIndexes ?? '') ||
      failedIndexes !== status.failedIndexes;
    const { failedIndexes: _failedIndexes, ...rest } = status;
    status = {
      ...rest,
      succeeded: succeeded.size,
      completedIndexes,
      ...(failedIndexes === undefined ? {} : { failedIndexes }),
    };
  }
  const { release, more } = ended;
  if (end === undefined) return { status, changed, release, more, end };
  const { conditions = [] } = status;
  // A success may have been told before; a failure that has is `Failed` already.
  const isTold = conditions.some(
    ({ type, status: holds }) => type === end.type && holds === 'True',
  );
  if ((end.type === 'FailureTarget' || end.type === 'SuccessCriteriaMet') && !isTold) {
    status = { ...status, conditions: [...conditions, conditionOf(end, now)] };
    changed = true;
  }
  const failed = end.type === 'FailureTarget' || end.type === 'Failed';
  return { status, changed, release, more, end: { ...end, type: failed ? 'Failed' : 'Complete' } };
}

/** Those that are no longer waited for, as far as there is room. */
function endedPods(view: JobView, status: JobStatus, end: JobEnd | undefined) {
  const { job, uncounted } = view;
  const { spec } = job;
  const succeeded = [...(status.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(status.uncountedTerminatedPods?.failed ?? [])];
  const release: Stored<Pod>[] = [];
  const indexes: number[] = [];
  const known = succeeded.length + failed.length;
  let more = false;
  for (const pod of isIndexed(spec) ? view.pods.toSorted(byIndex) : view.pods) {
    const { uid } = pod.metadata;
    if (!view.tracked.has(uid) || !isReleasable(view, pod, end)) continue;
    release.push(pod);
    const index = validIndex(pod, spec);
    if (pod.status?.phase === 'Succeeded' && !uncounted.failed.has(uid)) {
      if (!isIndexed(spec)) {
        if (!uncounted.succeeded.has(uid)) succeeded.push(uid);
      } else if (index !== undefined && view.indexes?.counted.has(index) === false) {
        indexes.push(index);
      }
    } else if (hasFailed(pod, spec) || (end !== undefined && end.type !== 'SuccessCriteriaMet')) {
      // What still ran when the Job failed counts as failed.
      const counts = (!isIndexed(spec) || index !== undefined) && judgeFailure(spec, pod).counts;
      if (counts && !uncounted.failed.has(uid)) failed.push(uid);
    }
    more = indexes.length + succeeded.length + failed.length >= MOST_UNCOUNTED;
    if (more) break;
  }
  return {
    status: { ...status, uncountedTerminatedPods: { succeeded, failed } },
    changed: indexes.length + succeeded.length + failed.length !== known,
    release,
    indexes,
    more,
  };
}

function byIndex(first: Pod, second: Pod): number {
  return (completionIndex(first) ?? -1) - (completionIndex(second) ?? -1);
}

function isReleasable({ job, indexes }: JobView, pod: Stored<Pod>, end: JobEnd | undefined) {
  const { metadata, spec } = job;
  if (metadata.deletionTimestamp !== undefined || end !== undefined) return true;
  if (pod.status?.phase === 'Succeeded') return true;
  if (!hasFailed(pod, spec) || !isTracked(pod)) return false;
  const index = completionIndex(pod);
  return index === undefined || indexes?.delayed.get(index)?.metadata.uid !== pod.metadata.uid;
}

/** The Job is over when its Pods are counted and gone. Undefined while they are not. */
export function finish(status: JobStatus, end: JobEnd, now: number): JobStatus | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (succeeded.length + failed.length > 0 || (status.terminating ?? 0) > 0) return undefined;
  const condition = conditionOf(end, now);
  const { lastTransitionTime } = condition;
  return {
    ...status,
    conditions: setCondition(status.conditions, condition) ?? status.conditions ?? [],
    ...(end.type === 'Complete' && lastTransitionTime !== undefined
      ? { completionTime: lastTransitionTime }
      : {}),
  };
}

/** Undefined when `conditions` stay as they are. One that does not hold is not added. */
function setCondition(
  conditions: readonly JobCondition[] = [],
  condition: JobCondition,
): readonly JobCondition[] | undefined {
  const { type, status, reason, message } = condition;
  const known = conditions.find((each) => each.type === type);
  if (known === undefined) return status === 'False' ? undefined : [...conditions, condition];
  if (known.status === status && known.reason === reason && known.message === message)
    return undefined;
  return conditions.map((each) => (each === known ? condition : each));
}

/** Says that a Job is suspended or goes on; undefined when that is said already. */
export function suspension(
  status: JobStatus,
  suspended: boolean,
  now: number,
): JobStatus | undefined {
  const condition = suspended
    ? jobCondition('Suspended', 'True', 'JobSuspended', 'Job suspended', now)
    : jobCondition('Suspended', 'False', 'JobResumed', 'Job resumed', now);
  const conditions = setCondition(status.conditions, condition);
  if (conditions === undefined) return undefined;
  const { startTime: _startTime, ...rest } = status;
  const { lastTransitionTime } = condition;
  // `activeDeadlineSeconds` counts from when it last went on.
  return suspended || lastTransitionTime === undefined
    ? { ...rest, conditions }
    : { ...rest, conditions, startTime: lastTransitionTime };
}
