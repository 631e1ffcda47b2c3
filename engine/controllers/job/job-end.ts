import type { Job, JobCondition } from '../../objects/generated/batch-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { hasFailed } from './job-pods.ts';
import { judgeFailure, successByPolicy } from './job-policies.ts';
import type { JobView } from './job-view.ts';
import { trueCondition } from './job-conditions.ts';

/** How a Job ends. First `SuccessCriteriaMet` or `FailureTarget`, then, when no Pod is left, the other two. */
export interface JobEnd {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget' | 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** A Job that has as many successes as it wants. */
export const COMPLETED: JobEnd = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/**
 * Why a Job is to end although it does not have all its successes, or was to end already; undefined when
 * it goes on. What was said first stays; then comes what makes it fail, then its success policy.
 * @param now UNIX milliseconds
 */
export function earlyEnd(view: JobView, now: number): JobEnd | undefined {
  return saidBefore(view.job) ?? failure(view, now) ?? successPolicyEnd(view);
}

function saidBefore(job: Job): JobEnd | undefined {
  const success = trueCondition(job, 'SuccessCriteriaMet');
  if (success !== undefined) return { type: 'SuccessCriteriaMet', ...why(success) };
  const failed = trueCondition(job, 'FailureTarget');
  return failed === undefined ? undefined : { type: 'Failed', ...why(failed) };
}

function why({ reason = '', message = '' }: JobCondition) {
  return { reason, message };
}

function failure(view: JobView, now: number): JobEnd | undefined {
  const { job, pods, failed, succeeded, indexes } = view;
  const { spec } = job;
  const { backoffLimit = 0, completions = 0, maxFailedIndexes = Infinity } = spec;
  const target = (reason: string, message: string): JobEnd => ({
    type: 'FailureTarget',
    reason,
    message,
  });
  for (const pod of pods) {
    const message = hasFailed(pod, spec) ? judgeFailure(spec, pod).jobFailure : undefined;
    if (message !== undefined) return target('PodFailurePolicy', message);
  }
  if (failed > backoffLimit || restartsTooOften(view))
    return target('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const deadline = activeDeadline(job);
  if (deadline !== undefined && deadline <= now)
    return target('DeadlineExceeded', 'Job was active longer than specified deadline');
  const failedIndexes = indexes?.failed?.size ?? 0;
  if (failedIndexes > maxFailedIndexes)
    return target(
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    );
  return failedIndexes > 0 && failedIndexes + succeeded >= completions
    ? target('FailedIndexes', 'Job has failed indexes')
    : undefined;
}

/** Containers that are restarted in their Pods count as failures, too. */
function restartsTooOften({ job, pods }: JobView): boolean {
  const { backoffLimit = 0, template } = job.spec;
  if (template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    const { initContainerStatuses = [], containerStatuses = [] } = status;
    for (const { restartCount } of [...initContainerStatuses, ...containerStatuses])
      restarts += restartCount;
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** UNIX milliseconds at which it has been active for too long. */
export function activeDeadline({ spec, status }: Job): number | undefined {
  const { activeDeadlineSeconds, suspend } = spec;
  const { startTime } = status ?? {};
  return activeDeadlineSeconds === undefined || startTime === undefined || suspend === true
    ? undefined
    : Date.parse(startTime) + activeDeadlineSeconds * 1000;
}

function successPolicyEnd({ job, indexes }: JobView): JobEnd | undefined {
  const message = indexes && successByPolicy(job.spec, indexes.succeeded);
  return message === undefined
    ? undefined
    : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message };
}

/** Whether it has as many successes as it wants. Without `completions`, one is enough when none runs. */
export function isComplete({ job, succeeded }: JobView, active: number): boolean {
  const { completions } = job.spec;
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
}

/** @param now UNIX milliseconds */
export function conditionOf({ type, reason, message }: JobEnd, now: number): JobCondition {
  return jobCondition(type, 'True', reason, message, now);
}

export function jobCondition(
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  now: number,
): JobCondition {
  const time = formatTime(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
}
