import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Job, JobStatus } from '../../objects/generated/batch-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { ControllerContext } from '../controller.ts';
import { isPodReady, isPodTerminating } from '../pods/pod-state.ts';
import { activeDeadline, COMPLETED, earlyEnd, isComplete, type JobEnd } from './job-end.ts';
import { NO_CHANGE, type JobPodWriter, type PodChange } from './job-pod-writer.ts';
import { countReleased, finish, suspension, trackPods } from './job-status.ts';
import { viewOf, type JobView } from './job-view.ts';
import { withFinished, type FailureRecord } from './pod-backoff.ts';
import { planPods } from './pod-plan.ts';

/** What a sync knows besides the Job and its Pods. */
export interface SyncState {
  /** Pods that were created or deleted before have all been seen. */
  readonly isUpToDate: boolean;
  /** uids of Pods whose finalizers were removed */
  readonly removed: ReadonlySet<string>;
  readonly failures: FailureRecord | undefined;
}

export interface SyncListener {
  /** It has to be looked at again then. */
  again(job: Stored<Job>, milliseconds: number): void;
  /** The status was written. */
  written(job: Stored<Job>): void;
  /** Failures that the status tells of now. */
  counted(job: Stored<Job>, failures: FailureRecord): void;
}

/** One look at one Job: ends it, or creates and deletes Pods, and counts those that have ended. */
export class JobSync {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #writer: JobPodWriter;
  readonly #listener: SyncListener;

  constructor(
    context: ControllerContext,
    recorder: EventRecorder,
    writer: JobPodWriter,
    listener: SyncListener,
  ) {
    this.#context = context;
    this.#recorder = recorder;
    this.#writer = writer;
    this.#listener = listener;
  }

  /** @param pods the Job's, with its tracking finalizer or without */
  async sync(known: Stored<Job>, pods: readonly Stored<Pod>[], state: SyncState): Promise<void> {
    const now = this.#context.clock.now();
    const job = begun(known, now);
    const view = viewOf(job, pods, state.removed);
    const failures = withFinished(state.failures, view.newSucceeded, view.newFailed);
    const early = earlyEnd(view, now);
    const isManaged =
      early === undefined && state.isUpToDate && job.metadata.deletionTimestamp === undefined;
    if (early === undefined) this.#awaitDeadline(job, now);
    const change =
      early !== undefined
        ? await this.#writer.end(job, view.active)
        : isManaged
          ? await this.#manage(view, failures, now)
          : NO_CHANGE;
    const active = view.active.length + change.created - change.deleted;
    const end =
      early === undefined
        ? isComplete(view, active)
          ? COMPLETED
          : undefined
        : // As long as there may be Pods that were not asked to end, it is not over.
          active === 0 && state.isUpToDate
          ? early
          : undefined;
    let status = counted(view, change);
    let changed = statusDiffers(known.status, status);
    if (isManaged && end === undefined) {
      const suspended = this.#suspension(job, status, now);
      changed ||= suspended !== undefined;
      status = suspended ?? status;
    }
    await this.#track(view, status, changed, end, failures);
    if (change.failed !== undefined) throw change.failed[0];
  }

  #awaitDeadline(job: Stored<Job>, now: number): void {
    const deadline = activeDeadline(job);
    if (deadline !== undefined) this.#listener.again(job, deadline - now);
  }

  async #manage(view: JobView, failures: FailureRecord, now: number): Promise<PodChange> {
    const plan = planPods(view, failures, now);
    if (plan.wait !== undefined) this.#listener.again(view.job, plan.wait);
    return this.#writer.carryOut(view, plan);
  }

  #suspension(job: Stored<Job>, status: JobStatus, now: number): JobStatus | undefined {
    const isSuspended = job.spec.suspend === true;
    const next = suspension(status, isSuspended, now);
    if (next === undefined) return undefined;
    if (isSuspended) this.#recorder.event(job, 'Normal', 'Suspended', 'Job suspended');
    else this.#recorder.event(job, 'Normal', 'Resumed', 'Job resumed');
    return next;
  }

  /**
   * Writes which Pods have ended, then takes their finalizers away, then counts them: whatever fails on
   * the way, none is lost and none counts twice.
   */
  async #track(
    view: JobView,
    before: JobStatus,
    changed: boolean,
    end: JobEnd | undefined,
    failures: FailureRecord,
  ): Promise<void> {
    const { clock } = this.#context;
    const tracking = trackPods(view, before, end, clock.now());
    let job: Stored<Job> = { ...view.job, status: tracking.status };
    if (changed || tracking.changed) {
      job = await this.#write(job);
      this.#listener.counted(job, failures);
    }
    const { released, failed } = await this.#writer.releaseAll(
      keyOf(job.metadata),
      tracking.release,
    );
    const tracked = [...view.tracked].filter((uid) => !released.has(uid));
    const count = countReleased(job.status ?? {}, new Set(tracked));
    job = { ...job, status: count.status };
    if (failed !== undefined) {
      if (count.changed) await this.#write(job);
      throw failed[0];
    }
    const finished =
      tracking.end === undefined || tracking.more
        ? undefined
        : finish(count.status, tracking.end, clock.now());
    if (finished === undefined && !count.changed) return;
    job = await this.#write({ ...job, status: finished ?? count.status });
    if (finished !== undefined && tracking.end !== undefined) this.#tellEnd(job, tracking.end);
  }

  async #write(job: Stored<Job>): Promise<Stored<Job>> {
    const { client } = this.#context;
    const written = await client.update(resources.jobs, job, { subresource: 'status' });
    this.#listener.written(written);
    return written;
  }

  #tellEnd(job: Stored<Job>, { type, reason, message }: JobEnd): void {
    if (type === 'Failed') {
      this.#recorder.event(job, 'Warning', reason, message);
      return;
    }
    const { completions = Infinity } = job.spec;
    if ((job.status?.succeeded ?? 0) > completions) {
      const text = 'Too many succeeded pods running after completion count reached';
      this.#recorder.event(job, 'Warning', 'TooManySucceededPods', text);
    }
    this.#recorder.event(job, 'Normal', 'Completed', 'Job completed');
  }
}

/** A Job starts when it is first seen and not suspended. */
function begun(job: Stored<Job>, now: number): Stored<Job> {
  if (job.status?.startTime !== undefined || job.spec.suspend === true) return job;
  return { ...job, status: { ...job.status, startTime: formatTime(now) } };
}

function counted({ job, pods, active }: JobView, change: PodChange): JobStatus {
  return {
    ...job.status,
    active: active.length + change.created - change.deleted,
    ready: active.filter(isPodReady).length - change.ready,
    terminating: pods.filter(isPodTerminating).length + change.deleted,
  };
}

function statusDiffers(before: JobStatus | undefined, after: JobStatus): boolean {
  return (
    (before?.active ?? 0) !== after.active ||
    before?.ready !== after.ready ||
    before?.terminating !== after.terminating
  );
}
