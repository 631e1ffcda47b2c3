import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { TimeZone } from '../../objects/cron/time-zone.ts';
import type { CronJob, Job } from '../../objects/generated/batch-v1.generated.ts';
import { controllerRef } from '../pods/controller-ref.ts';

const SCHEDULED_TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The name of the Job that is due then: one for each minute, so that none is created twice. */
export function jobName({ metadata }: Stored<CronJob>, scheduledTime: number): string {
  return `${metadata.name}-${Math.floor(scheduledTime / 60_000)}`;
}

/** The Job that a CronJob's template says, for a moment at which it is due. */
export function jobOfCronJob(cronJob: Stored<CronJob>, scheduledTime: number): Job {
  const { jobTemplate, timeZone } = cronJob.spec;
  const zone = timeZone === undefined ? TimeZone.utc : new TimeZone(timeZone);
  const { labels, annotations } = jobTemplate.metadata ?? {};
  const { namespace } = cronJob.metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, scheduledTime),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [SCHEDULED_TIMESTAMP]: zone.format(scheduledTime) },
      ownerReferences: [controllerRef(resources.cronJobs, cronJob)],
    },
    spec: jobTemplate.spec ?? { template: {} },
  };
}
