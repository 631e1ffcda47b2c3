import { referenceTo } from '../../client/events/event-naming.ts';
import type { Stored } from '../../client/resource.ts';
import type { CronJob, CronJobStatus, Job } from '../../objects/generated/batch-v1.generated.ts';
import type { ObjectReference } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';

/** A CronJob and the status that it is to have when it has been worked on. */
export class CronJobDraft {
  readonly cronJob: Stored<CronJob>;
  #status: CronJobStatus;
  #changed = false;

  constructor(cronJob: Stored<CronJob>) {
    this.cronJob = cronJob;
    this.#status = cronJob.status ?? {};
  }

  get active(): readonly ObjectReference[] {
    return this.#status.active ?? [];
  }

  get lastScheduleTime(): string | undefined {
    return this.#status.lastScheduleTime;
  }

  /** The status has to be written. */
  get changed(): boolean {
    return this.#changed;
  }

  get updated(): Stored<CronJob> {
    return { ...this.cronJob, status: this.#status };
  }

  isActive(uid: string): boolean {
    return this.active.some((reference) => reference.uid === uid);
  }

  removeActive(uid: string | undefined): void {
    this.#change({ active: this.active.filter((reference) => reference.uid !== uid) });
  }

  /** @param scheduledTime UNIX milliseconds */
  started(job: Stored<Job>, scheduledTime: number): void {
    const reference = referenceTo({ ...job, apiVersion: 'batch/v1', kind: 'Job' });
    this.#change({
      active: [...this.active, reference],
      lastScheduleTime: formatTime(scheduledTime),
    });
  }

  succeeded({ status }: Job): void {
    const time = status?.completionTime;
    const last = this.#status.lastSuccessfulTime;
    if (time !== undefined && (last === undefined || Date.parse(time) > Date.parse(last)))
      this.#change({ lastSuccessfulTime: time });
  }

  #change(change: Partial<CronJobStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#changed = true;
  }
}
