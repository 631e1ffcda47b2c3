import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { failureCount, finishedTime, ignoredFailureCount } from './job-pods.ts';

/** Milliseconds that a Pod's successor waits: so many after the first failure, then twice as many. */
const FIRST_MS = 10_000;
const MOST_MS = 600_000;

/** Failures of a Job's Pods in a row. */
export interface FailureRecord {
  readonly failures: number;
  /** UNIX milliseconds of the last; undefined when there is none */
  readonly last: number | undefined;
}

const NO_FAILURES: FailureRecord = { failures: 0, last: undefined };

/** The record with Pods that have ended since: a success ends the row (upstream's `newBackoffRecord`). */
export function withFinished(
  record: FailureRecord = NO_FAILURES,
  succeeded: readonly Stored<Pod>[],
  failed: readonly Stored<Pod>[],
): FailureRecord {
  const lastSuccess = Math.max(...succeeded.map(finishedTime));
  const before = succeeded.length === 0 ? record : NO_FAILURES;
  const since = failed.map(finishedTime).filter((time) => time > lastSuccess);
  return since.length === 0
    ? before
    : { failures: before.failures + since.length, last: Math.max(...since) };
}

/** Milliseconds that no Pod of the Job is to be created. */
export function remainingBackoff({ failures, last }: FailureRecord, now: number): number {
  if (failures === 0 || last === undefined) return 0;
  const backoff = Math.min(FIRST_MS * 2 ** (failures - 1), MOST_MS);
  return Math.max(0, backoff - (now - last));
}

/** The same for one index of a Job that counts failures per index. @param before the Pod to be replaced */
export function remainingIndexBackoff(before: Stored<Pod> | undefined, now: number): number {
  if (before === undefined) return 0;
  const failures = failureCount(before) + ignoredFailureCount(before) + 1;
  return remainingBackoff({ failures, last: finishedTime(before) }, now);
}
