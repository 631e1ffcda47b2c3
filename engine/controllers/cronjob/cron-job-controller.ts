import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import {
  CronScheduleError,
  parseSchedule,
  type CronSchedule,
} from '../../objects/cron/cron-schedule.ts';
import { timeZoneProblem } from '../../objects/cron/time-zone.ts';
import type { CronJob, Job } from '../../objects/generated/batch-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { finishedCondition } from '../job/job-conditions.ts';
import { byController, isControlledBy } from '../pods/controller-ref.ts';
import { followDependents } from '../pods/follow-dependents.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { workOn } from '../work-loop.ts';
import { CronJobDraft } from './cron-job-draft.ts';
import { jobName, jobOfCronJob } from './job-of-cron-job.ts';
import {
  recentSchedule,
  untilNextSchedule,
  UselessScheduleError,
  type RecentSchedule,
} from './missed-schedules.ts';

const WORKERS = 5;

/** Starts Jobs when CronJobs say so, and deletes old ones (upstream's `cronjob` controller). */
export class CronJobController implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #cronJobs: ObjectStore<CronJob>;
  readonly #jobsByController: Index<Job>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#recorder = context.recorder('cronjob-controller');
    this.#queue = new WorkQueue({ clock, onError });
    const cronJobs = informers.of(resources.cronJobs);
    this.#cronJobs = cronJobs.store;
    const jobs = informers.of(resources.jobs);
    this.#jobsByController = jobs.store.addIndex(byController);
    const add = ({ metadata }: Stored<CronJob>): void => this.#queue.add(keyOf(metadata));
    followDependents(jobs, {
      owners: cronJobs.store,
      ownerResource: resources.cronJobs,
      // It takes no Jobs that others made.
      selectorOf: () => null,
      onChange: add,
    });
    cronJobs.addHandler({
      onAdd: add,
      onUpdate: (old, cronJob) => this.#updated(old, cronJob),
      onDelete: add,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  /** One whose schedule has changed comes when it is due by the new one, which may be earlier. */
  #updated(old: Stored<CronJob>, cronJob: Stored<CronJob>): void {
    const key = keyOf(cronJob.metadata);
    const { schedule, timeZone } = cronJob.spec;
    if (old.spec.schedule === schedule && old.spec.timeZone === timeZone) {
      this.#queue.add(key);
      return;
    }
    try {
      const parsed = parseSchedule(scheduleText(cronJob));
      this.#queue.addAfter(key, untilNextSchedule(cronJob, parsed, this.#context.clock.now()));
    } catch (error) {
      if (!(error instanceof CronScheduleError)) throw error;
      const message = `unparseable schedule for cronjob: ${schedule}`;
      this.#recorder.event(cronJob, 'Warning', 'UnParseableCronJobSchedule', message);
    }
  }

  async #sync(key: string): Promise<void> {
    const known = this.#cronJobs.getByKey(key);
    if (known === undefined) return;
    const jobs = this.#jobsByController.get(known.metadata.uid);
    const draft = new CronJobDraft(await this.#fresh(known, jobs));
    await this.#deleteOldJobs(draft, jobs);
    // What is found out on the way counts, whatever fails later.
    try {
      await this.#takeIn(draft, jobs);
      const delay = await this.#startJob(draft);
      if (delay !== undefined) this.#queue.addAfter(key, delay);
    } finally {
      if (draft.changed) {
        const { client } = this.#context;
        await client.update(resources.cronJobs, draft.updated, { subresource: 'status' });
      }
    }
  }

  /** Jobs may be seen before the status that tells of them. */
  async #fresh(known: Stored<CronJob>, jobs: readonly Stored<Job>[]): Promise<Stored<CronJob>> {
    const isUnknown = (cronJob: Stored<CronJob>) => (job: Stored<Job>) =>
      finishedCondition(job) === undefined && !new CronJobDraft(cronJob).isActive(job.metadata.uid);
    const unknown = jobs.filter(isUnknown(known));
    if (unknown.length === 0) return known;
    const fresh = await this.#context.client.get(resources.cronJobs, known.metadata);
    return unknown.every(isUnknown(fresh)) ? known : fresh;
  }

  /** Beyond what the history limits allow. */
  async #deleteOldJobs(draft: CronJobDraft, jobs: readonly Stored<Job>[]): Promise<void> {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = draft.cronJob.spec;
    const limits = [
      ['Complete', successfulJobsHistoryLimit],
      ['Failed', failedJobsHistoryLimit],
    ] as const;
    for (const [type, limit = Infinity] of limits) {
      const finished = jobs.filter((job) => finishedCondition(job)?.type === type);
      const excess = Math.max(0, finished.length - limit);
      for (const job of finished.toSorted(byStartTime).slice(0, excess))
        await this.#deleteJob(draft, job);
    }
  }

  async #deleteJob(draft: CronJobDraft, job: Stored<Job>): Promise<boolean> {
    const { client } = this.#context;
    const { cronJob } = draft;
    try {
      await client.delete(resources.jobs, job.metadata, { propagationPolicy: 'Background' });
    } catch (error) {
      const message = `Deleted job: ${messageOf(error)}`;
      this.#recorder.event(cronJob, 'Warning', 'FailedDelete', message);
      return false;
    }
    draft.removeActive(job.metadata.uid);
    const message = `Deleted job ${job.metadata.name}`;
    this.#recorder.event(cronJob, 'Normal', 'SuccessfulDelete', message);
    return true;
  }

  /** What Jobs say: which have begun, ended or gone. */
  async #takeIn(draft: CronJobDraft, jobs: readonly Stored<Job>[]): Promise<void> {
    const { cronJob } = draft;
    for (const job of jobs) {
      const { uid, name } = job.metadata;
      const finished = finishedCondition(job);
      if (finished === undefined) {
        if (draft.isActive(uid)) continue;
        const message = `Saw a job that the controller did not create or forgot: ${name}`;
        this.#recorder.event(cronJob, 'Warning', 'UnexpectedJob', message);
        continue;
      }
      if (draft.isActive(uid)) {
        draft.removeActive(uid);
        const message = `Saw completed job: ${name}, condition: ${finished.type}`;
        this.#recorder.event(cronJob, 'Normal', 'SawCompletedJob', message);
      }
      if (finished.type === 'Complete') draft.succeeded(job);
    }
    const seen = new Set(jobs.map(({ metadata }) => metadata.uid));
    for (const { uid = '', namespace = '', name = '' } of draft.active) {
      if (seen.has(uid)) continue;
      if ((await this.#getJob(namespace, name)) !== undefined) continue;
      const message = `Active job went missing: ${name}`;
      this.#recorder.event(cronJob, 'Normal', 'MissingJob', message);
      draft.removeActive(uid);
    }
  }

  async #getJob(namespace: string, name: string): Promise<Stored<Job> | undefined> {
    try {
      return await this.#context.client.get(resources.jobs, { namespace, name });
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Milliseconds until it is due again; undefined when only a change can make it so. */
  async #startJob(draft: CronJobDraft): Promise<number | undefined> {
    const { cronJob } = draft;
    if (cronJob.metadata.deletionTimestamp !== undefined) return undefined;
    const schedule = this.#scheduleOf(cronJob);
    if (schedule === undefined) return undefined;
    const now = this.#context.clock.now();
    const recent = this.#recentSchedule(cronJob, schedule, now);
    if (recent === undefined) return undefined;
    const scheduled = this.#dueNow(draft, recent, now);
    // After the last is over, that tells: a Job that is not there any more brings this CronJob again.
    const started = scheduled === undefined || (await this.#start(draft, scheduled));
    return started ? untilNextSchedule(cronJob, schedule, now) : undefined;
  }

  #scheduleOf(cronJob: Stored<CronJob>): CronSchedule | undefined {
    const { schedule, suspend, timeZone } = cronJob.spec;
    const zoneProblem = timeZone === undefined ? undefined : timeZoneProblem(timeZone);
    if (timeZone !== undefined && zoneProblem !== undefined) {
      const message = `invalid timeZone: ${goQuote(timeZone)}: ${zoneProblem}`;
      this.#recorder.event(cronJob, 'Warning', 'UnknownTimeZone', message);
      return undefined;
    }
    if (suspend === true) return undefined;
    if (schedule.includes('TZ')) {
      const message = `CRON_TZ or TZ used in schedule ${goQuote(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;
      this.#recorder.event(cronJob, 'Warning', 'UnsupportedSchedule', message);
    }
    try {
      return parseSchedule(scheduleText(cronJob));
    } catch (error) {
      if (!(error instanceof CronScheduleError)) throw error;
      const message = `unparseable schedule: ${goQuote(schedule)} : ${error.message}`;
      this.#recorder.event(cronJob, 'Warning', 'UnparseableSchedule', message);
      return undefined;
    }
  }

  #recentSchedule(
    cronJob: Stored<CronJob>,
    schedule: CronSchedule,
    now: number,
  ): RecentSchedule | undefined {
    try {
      return recentSchedule(cronJob, schedule, now, true);
    } catch (error) {
      if (!(error instanceof UselessScheduleError)) throw error;
      const message = `invalid schedule: ${cronJob.spec.schedule} : ${error.message}`;
      this.#recorder.event(cronJob, 'Warning', 'InvalidSchedule', message);
      return undefined;
    }
  }

  /** UNIX milliseconds of what was due last, if a Job is to be started for that. */
  #dueNow(draft: CronJobDraft, recent: RecentSchedule, now: number): number | undefined {
    const { cronJob } = draft;
    const { mostRecent, missed } = recent;
    const { startingDeadlineSeconds = Infinity, concurrencyPolicy } = cronJob.spec;
    if (mostRecent === undefined) return undefined;
    if (missed === 'many') {
      const message =
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      this.#recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', message);
    }
    if (mostRecent + startingDeadlineSeconds * 1000 < now) {
      const message = `Missed scheduled time to start a job: ${rfc1123(mostRecent)}`;
      this.#recorder.event(cronJob, 'Warning', 'MissSchedule', message);
      return undefined;
    }
    const { lastScheduleTime } = draft;
    const name = jobName(cronJob, mostRecent);
    if (draft.active.some((reference) => reference.name === name)) return undefined;
    if (lastScheduleTime !== undefined && Date.parse(lastScheduleTime) === mostRecent)
      return undefined;
    if (concurrencyPolicy === 'Forbid' && draft.active.length > 0) {
      const message =
        'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#recorder.event(cronJob, 'Normal', 'JobAlreadyActive', message);
      return undefined;
    }
    return mostRecent;
  }

  /** False: somebody else takes care of the Job that was to be started. */
  async #start(draft: CronJobDraft, scheduledTime: number): Promise<boolean> {
    const { cronJob } = draft;
    if (cronJob.spec.concurrencyPolicy === 'Replace') await this.#deleteActive(draft);
    const wanted = jobOfCronJob(cronJob, scheduledTime);
    const { client } = this.#context;
    let job: Stored<Job>;
    try {
      job = await client.create(resources.jobs, wanted);
      const message = `Created job ${job.metadata.name}`;
      this.#recorder.event(cronJob, 'Normal', 'SuccessfulCreate', message);
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') {
        if (!isNamespaceTerminating(error)) {
          const message = `Error creating job: ${messageOf(error)}`;
          this.#recorder.event(cronJob, 'Warning', 'FailedCreate', message);
        }
        throw error;
      }
      // It may have been created before, and only the status not written.
      job = await client.get(resources.jobs, wanted.metadata);
      if (!isControlledBy(job, cronJob) || draft.isActive(job.metadata.uid)) return false;
    }
    draft.started(job, scheduledTime);
    return true;
  }

  async #deleteActive(draft: CronJobDraft): Promise<void> {
    const { client } = this.#context;
    for (const reference of draft.active) {
      const job = await client.get(resources.jobs, reference).catch((error: unknown) => {
        const message = `Get job: ${messageOf(error)}`;
        this.#recorder.event(draft.cronJob, 'Warning', 'FailedGet', message);
        throw error;
      });
      if (!(await this.#deleteJob(draft, job)))
        throw new Error(`could not replace job ${keyOf(job.metadata)}`);
    }
  }
}

/** The schedule with its time zone, as robfig/cron reads it. A zone that there is not is left out. */
function scheduleText({ spec }: CronJob): string {
  const { schedule, timeZone } = spec;
  const zoned = timeZone !== undefined && timeZoneProblem(timeZone) === undefined;
  return zoned && !schedule.includes('TZ') ? `TZ=${timeZone} ${schedule}` : schedule;
}

/** Those that have not started come last. */
function byStartTime(first: Stored<Job>, second: Stored<Job>): number {
  const startOf = ({ status }: Job): number => Date.parse(status?.startTime ?? '9999-12-31');
  const difference = startOf(first) - startOf(second);
  return difference || (first.metadata.name < second.metadata.name ? -1 : 1);
}

/** RFC 1123 with a numeric zone, as Go's `time.RFC1123Z`. */
function rfc1123(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}
