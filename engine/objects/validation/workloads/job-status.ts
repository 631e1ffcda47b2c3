import type { Job, JobStatus } from '../../generated/batch-v1.generated.ts';
import { asInternal } from '../internal.ts';
import type { Place } from '../place.ts';
import { nonNegative } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { commonIndex, indexesTotal } from './job-indexes.ts';

/**
 * What controllers report of a Job. A rule runs when something it looks at changes, so that a
 * wrong status of before does not stop unrelated updates.
 */

const holds = (status: JobStatus, type: string, value = 'True') =>
  status.conditions?.some((condition) => condition.type === type && condition.status === value) ??
  false;

const isFinished = (status: JobStatus) => holds(status, 'Complete') || holds(status, 'Failed');

export function jobStatusUpdate(job: Job, oldJob: Job, at: Place): void {
  const { status = {} } = job;
  const { status: old = {} } = oldJob;
  numbers(status, at);
  terminatedPods(status, at.child('uncountedTerminatedPods'));
  const has = (...fields: readonly (keyof JobStatus)[]) =>
    fields.some((field) => !sameValue(status[field], old[field]));
  const turned = (...types: readonly string[]) =>
    types.some((type) => holds(status, type) !== holds(old, type));
  const finished = isFinished(status) !== isFinished(old);
  conditions(status, at.child('conditions'), turned);
  completion(status, old, at.child('completionTime'), has, turned);
  criteria(job, status, old, at.child('conditions'));
  if (isFinished(status)) finishedJob(job, status, at, (...fields) => finished || has(...fields));
  indexes(job, status, at, has);
  if (has('ready', 'active') && status.ready !== undefined && status.ready > (status.active ?? 0)) {
    at.child('ready').invalid(status.ready, 'cannot set more ready pods than active');
  }
  onlyForward(job, status, old, at);
}

type Has = (...fields: readonly (keyof JobStatus)[]) => boolean;
type Turned = (...types: readonly string[]) => boolean;

function numbers(status: JobStatus, at: Place): void {
  for (const field of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const) {
    nonNegative(status[field], at.child(field));
  }
}

function terminatedPods({ uncountedTerminatedPods: pods = {} }: JobStatus, at: Place): void {
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const) {
    for (const [index, uid] of (pods[list] ?? []).entries()) {
      const place = at.child(list).index(index);
      if (uid === '') place.invalid('', 'must not be empty');
      else if (seen.has(uid)) place.duplicate(uid);
      seen.add(uid);
    }
  }
}

function conditions(status: JobStatus, at: Place, turned: Turned): void {
  const isComplete = holds(status, 'Complete');
  const refuse = (is: boolean, why: string) => {
    if (is) at.invalid(undefined, why);
  };
  refuse(
    turned('Complete', 'Failed') && isComplete && holds(status, 'Failed'),
    'cannot set Complete=True and Failed=true conditions',
  );
  refuse(
    turned('Complete', 'FailureTarget') && isComplete && holds(status, 'FailureTarget'),
    'cannot set Complete=True and FailureTarget=true conditions',
  );
}

function completion(status: JobStatus, old: JobStatus, at: Place, has: Has, turned: Turned): void {
  const { completionTime: time, startTime } = status;
  const isComplete = holds(status, 'Complete');
  if (turned('Complete') || has('completionTime')) {
    if (time !== undefined && !isComplete) {
      at.invalid(time, 'cannot set completionTime when there is no Complete=True condition');
    }
    if (time === undefined && isComplete) {
      at.required('completionTime is required for Complete jobs');
    }
  }
  if (has('startTime', 'completionTime') && time && startTime && time < startTime) {
    at.invalid(time, 'must be equal to or after `startTime`');
  }
  if (time !== undefined && old.completionTime !== undefined && time !== old.completionTime) {
    at.invalid(time, 'field is immutable');
  }
}

function finishedJob(job: Job, status: JobStatus, at: Place, has: Has): void {
  const { suspend, completions } = job.spec ?? {};
  const { active = 0, startTime, uncountedTerminatedPods: pods = {}, terminating = 0 } = status;
  if (has('active') && active > 0) {
    at.child('active').invalid(active, 'active>0 is invalid for finished job');
  }
  if (has('startTime') && startTime === undefined && !(suspend && completions === 0)) {
    at.child('startTime').required('startTime is required for finished job');
  }
  const uncounted = (pods.failed?.length ?? 0) + (pods.succeeded?.length ?? 0);
  if (has('uncountedTerminatedPods') && uncounted > 0) {
    at.child('uncountedTerminatedPods').invalid(
      asInternal('UncountedTerminatedPods', pods),
      'must be empty for finished job',
    );
  }
  if (has('terminating') && terminating > 0) {
    at.child('terminating').invalid(terminating, 'terminating>0 is invalid for finished job');
  }
}

function indexes(job: Job, status: JobStatus, at: Place, has: Has): void {
  const { completions, backoffLimitPerIndex, completionMode } = job.spec ?? {};
  const { completedIndexes = '', failedIndexes } = status;
  const completedAt = at.child('completedIndexes');
  const failedAt = at.child('failedIndexes');
  if (has('completedIndexes')) {
    const read = completions === undefined ? 0 : indexesTotal(completedIndexes, completions);
    if (typeof read === 'string') {
      completedAt.invalid(completedIndexes, `error parsing completedIndexes: ${read}`);
    }
    if (completedIndexes !== '' && completionMode !== 'Indexed') {
      completedAt.invalid(
        completedIndexes,
        'cannot set non-empty completedIndexes when non-indexed completion mode',
      );
    }
  }
  if (failedIndexes === undefined) return;
  if (has('failedIndexes')) {
    if (backoffLimitPerIndex === undefined) {
      failedAt.invalid(
        failedIndexes,
        'cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      );
    } else if (completions !== undefined) {
      const read = indexesTotal(failedIndexes, completions);
      if (typeof read === 'string') {
        failedAt.invalid(failedIndexes, `error parsing failedIndexes: ${read}`);
      }
    }
  }
  if (!has('failedIndexes', 'completedIndexes') || completions === undefined) return;
  const common = commonIndex(completedIndexes, failedIndexes, completions);
  if (common !== undefined) {
    failedAt.invalid(
      failedIndexes,
      `failedIndexes and completedIndexes overlap at index: ${common}`,
    );
  }
}

function criteria(job: Job, status: JobStatus, old: JobStatus, at: Place): void {
  const isMet = holds(status, 'SuccessCriteriaMet');
  const wasMet = holds(old, 'SuccessCriteriaMet');
  const refuse = (is: boolean, why: string) => {
    if (is) at.invalid(undefined, why);
  };
  const failedNow = holds(status, 'Failed') !== holds(old, 'Failed');
  refuse(
    (failedNow || !sameValue(status.failedIndexes, old.failedIndexes)) &&
      holds(status, 'Failed') &&
      !holds(status, 'FailureTarget'),
    'cannot set Failed=True condition without the FailureTarget=true condition',
  );
  refuse(
    (holds(status, 'Complete') !== holds(old, 'Complete') || isMet !== wasMet) &&
      holds(status, 'Complete') &&
      !isMet,
    'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
  );
  refuse(
    isMet && holds(status, 'Failed'),
    'cannot set SuccessCriteriaMet=True and Failed=true conditions',
  );
  refuse(
    isMet && holds(status, 'FailureTarget'),
    'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
  );
  refuse(
    job.spec?.successPolicy !== undefined && !isMet && holds(status, 'Complete'),
    'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
  );
  refuse(
    holds(old, 'Complete') && !wasMet && isMet,
    'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions',
  );
}

/** Counters and conditions that never go back. */
function onlyForward(job: Job, status: JobStatus, old: JobStatus, at: Place): void {
  const { completions, parallelism, completionMode, suspend } = job.spec ?? {};
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (holds(old, type) && !holds(status, type)) {
      at.child('conditions').invalid(
        undefined,
        `cannot disable the terminal ${type}=True condition`,
      );
    }
  }
  const canShrink = completionMode === 'Indexed' && completions === parallelism;
  for (const field of ['failed', 'succeeded'] as const) {
    if (field === 'succeeded' && canShrink) continue;
    if ((status[field] ?? 0) < (old[field] ?? 0)) {
      at.child(field).invalid(status[field] ?? 0, `cannot decrease the ${field} counter`);
    }
  }
  const isResuming = holds(old, 'Suspended') && holds(status, 'Suspended', 'False');
  if (
    old.startTime !== undefined &&
    status.startTime !== old.startTime &&
    !suspend &&
    !isResuming
  ) {
    at.child('startTime').invalid(
      status.startTime ?? null,
      'field is immutable for unsuspended job once set',
    );
  }
  if (holds(old, 'SuccessCriteriaMet') && !holds(status, 'SuccessCriteriaMet')) {
    at.child('conditions').invalid(
      undefined,
      'cannot disable the SuccessCriteriaMet=True condition',
    );
  }
}
