import type { Stored } from '../../client/resource.ts';
import type { Job, JobSpec } from '../../objects/generated/batch-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodActive } from '../pods/pod-state.ts';
import { Indexes } from './indexes.ts';
import {
  failureCount,
  finishedTime,
  hasFailed,
  ignoredFailureCount,
  isIndexed,
  isTracked,
  validIndex,
} from './job-pods.ts';
import { judgeFailure } from './job-policies.ts';

/** What a sync of a Job goes by. Never changes. */
export interface JobView {
  readonly job: Stored<Job>;
  readonly pods: readonly Stored<Pod>[];
  /** neither ended nor deleted */
  readonly active: readonly Stored<Pod>[];
  /** uids of tracked Pods whose finalizer has not just been removed */
  readonly tracked: ReadonlySet<string>;
  readonly uncounted: {
    readonly succeeded: ReadonlySet<string>;
    readonly failed: ReadonlySet<string>;
  };
  /** ended since the last sync */
  readonly newSucceeded: readonly Stored<Pod>[];
  readonly newFailed: readonly Stored<Pod>[];
  /** Pods that have, those of `newSucceeded` and `newFailed` included; of an Indexed Job, indexes */
  readonly succeeded: number;
  /** those that count against `backoffLimit` */
  readonly failed: number;
  readonly indexes?: IndexView;
}

/** What there is to know of an Indexed Job. */
export interface IndexView {
  /** in the status so far */
  readonly counted: Indexes;
  readonly succeeded: Indexes;
  /** undefined without `backoffLimitPerIndex` */
  readonly failed: Indexes | undefined;
  /** Failed Pods that stay until their successor exists, since it takes over how often they failed. */
  readonly delayed: ReadonlyMap<number, Stored<Pod>>;
}

/** @param removed uids of Pods whose finalizer was removed, which may not be seen yet */
export function viewOf(
  job: Stored<Job>,
  pods: readonly Stored<Pod>[],
  removed: ReadonlySet<string>,
): JobView {
  const { spec, status } = job;
  const { uncountedTerminatedPods, succeeded = 0, failed = 0 } = status ?? {};
  const uncounted = {
    succeeded: new Set(uncountedTerminatedPods?.succeeded),
    failed: new Set(uncountedTerminatedPods?.failed),
  };
  const isNew = (pod: Stored<Pod>): boolean => isTracked(pod) && !removed.has(pod.metadata.uid);
  const active = pods.filter(isPodActive);
  const valid = pods.filter(
    (pod) => isNew(pod) && (!isIndexed(spec) || validIndex(pod, spec) !== undefined),
  );
  const newSucceeded = valid.filter(
    ({ metadata, status: { phase } = {} }) =>
      phase === 'Succeeded' && !uncounted.succeeded.has(metadata.uid),
  );
  const newFailed = valid.filter(
    (pod) => hasFailed(pod, spec) && !uncounted.failed.has(pod.metadata.uid),
  );
  const counted = newFailed.filter((pod) => judgeFailure(spec, pod).counts);
  const indexes = isIndexed(spec) ? indexView(job, pods, active, valid) : undefined;
  return {
    job,
    pods,
    active,
    tracked: new Set(pods.filter(isNew).map(({ metadata }) => metadata.uid)),
    uncounted,
    newSucceeded,
    newFailed,
    succeeded:
      indexes?.succeeded.size ?? succeeded + newSucceeded.length + uncounted.succeeded.size,
    failed: failed + counted.length + uncounted.failed.size,
    ...(indexes === undefined ? {} : { indexes }),
  };
}

function indexView(
  { spec, status }: Job,
  pods: readonly Stored<Pod>[],
  active: readonly Stored<Pod>[],
  valid: readonly Stored<Pod>[],
): IndexView {
  const { completions = 0, backoffLimitPerIndex } = spec;
  const counted = Indexes.parse(status?.completedIndexes ?? '', completions);
  const tracked = pods.filter(isTracked);
  const succeeded = counted.with(
    indexesOf(
      tracked.filter((pod) => pod.status?.phase === 'Succeeded'),
      spec,
    ),
  );
  if (backoffLimitPerIndex === undefined)
    return { counted, succeeded, failed: undefined, delayed: new Map() };
  const failed = Indexes.parse(status?.failedIndexes ?? '', completions).with(
    indexesOf(
      tracked.filter((pod) => failsItsIndex(pod, spec, backoffLimitPerIndex)),
      spec,
    ),
  );
  const settled = succeeded.with(failed).with(indexesOf(active, spec));
  return { counted, succeeded, failed, delayed: delayedPods(valid, spec, settled) };
}

/** Those that the Job has. */
export function indexesOf(pods: readonly Pod[], spec: JobSpec): Indexes {
  return Indexes.of(
    pods.map((pod) => validIndex(pod, spec)).filter((index) => index !== undefined),
  );
}

function failsItsIndex(pod: Pod, spec: JobSpec, backoffLimitPerIndex: number): boolean {
  if (!hasFailed(pod, spec)) return false;
  const { action, counts } = judgeFailure(spec, pod);
  return action === 'FailIndex' || (counts && failureCount(pod) >= backoffLimitPerIndex);
}

/** By index, the one that failed last. @param settled indexes that wait for no successor */
function delayedPods(
  pods: readonly Stored<Pod>[],
  spec: JobSpec,
  settled: Indexes,
): ReadonlyMap<number, Stored<Pod>> {
  const failures = (pod: Pod): number => failureCount(pod) + ignoredFailureCount(pod);
  const delayed = new Map<number, Stored<Pod>>();
  for (const pod of pods) {
    const index = validIndex(pod, spec);
    if (index === undefined || settled.has(index) || !hasFailed(pod, spec)) continue;
    const last = delayed.get(index);
    const isLater =
      last === undefined ||
      (failures(last) <= failures(pod) && finishedTime(last) <= finishedTime(pod));
    if (isLater) delayed.set(index, pod);
  }
  return delayed;
}
