import type { Job, JobCondition } from '../../objects/generated/batch-v1.generated.ts';

/** The condition of this type, if it holds. */
export function trueCondition({ status }: Job, type: string): JobCondition | undefined {
  return status?.conditions?.find(
    (condition) => condition.type === type && condition.status === 'True',
  );
}

/** How it has finished; undefined while it has not. */
export function finishedCondition(job: Job): JobCondition | undefined {
  return trueCondition(job, 'Complete') ?? trueCondition(job, 'Failed');
}
