import { keyOf, nameOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import { ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Job } from '../../objects/generated/batch-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { OwnWrites } from '../own-writes.ts';
import { claim } from '../pods/claim.ts';
import { byController, controllerOf, orphansIn } from '../pods/controller-ref.ts';
import { Expectations } from '../pods/expectations.ts';
import { followDependents } from '../pods/follow-dependents.ts';
import { workOn } from '../work-loop.ts';
import { FinalizerRemovals } from './finalizer-removals.ts';
import { finishedCondition } from './job-conditions.ts';
import { JobPodWriter } from './job-pod-writer.ts';
import { isManagedElsewhere, isTracked, TRACKING_FINALIZER } from './job-pods.ts';
import { JobSync } from './job-sync.ts';
import type { FailureRecord } from './pod-backoff.ts';

const WORKERS = 5;
/** Milliseconds in which changes of Pods are gathered, so that many make one write. */
const BATCH_MS = 1000;
/** Milliseconds after the first failure of a sync, and at most. */
const FIRST_RETRY_MS = 1000;
const MOST_RETRY_MS = 60_000;

/** Runs Pods until as many have succeeded as Jobs want (upstream's `job` controller). */
export class JobController implements Controller {
  readonly #context: ControllerContext;
  readonly #jobs: ObjectStore<Job>;
  readonly #pods: ObjectStore<Pod>;
  readonly #podsByController: Index<Pod>;
  readonly #queue: WorkQueue;
  /** Pods with a finalizer that no Job will take away */
  readonly #orphans: WorkQueue;
  readonly #expectations: Expectations;
  readonly #removals = new FinalizerRemovals();
  /** by keys of Jobs */
  readonly #failures = new Map<string, FailureRecord>();
  readonly #writes = new OwnWrites();
  readonly #writer: JobPodWriter;
  readonly #sync: JobSync;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, informers } = context;
    const jobs = informers.of(resources.jobs);
    const pods = informers.of(resources.pods);
    this.#queue = queueOf(context);
    this.#orphans = queueOf(context);
    this.#expectations = new Expectations(clock);
    const recorder = context.recorder('job-controller');
    this.#writer = new JobPodWriter({
      client,
      recorder,
      expectations: this.#expectations,
      removals: this.#removals,
      written: (key, pod) => this.#writes.add(key, pods, pod),
    });
    this.#sync = new JobSync(context, recorder, this.#writer, {
      again: ({ metadata }, milliseconds) => this.#queue.addAfter(keyOf(metadata), milliseconds),
      written: (job) => this.#writes.add(keyOf(job.metadata), jobs, job),
      counted: ({ metadata }, failures) => this.#failures.set(keyOf(metadata), failures),
    });
    this.#jobs = jobs.store;
    jobs.addHandler({
      onAdd: ({ metadata }) => this.#queue.add(keyOf(metadata)),
      onUpdate: (old, job) => this.#jobUpdated(old, job),
      onDelete: (job) => this.#jobDeleted(job),
    });
    this.#pods = pods.store;
    this.#podsByController = pods.store.addIndex(byController);
    followDependents(pods, {
      owners: jobs.store,
      ownerResource: resources.jobs,
      selectorOf: ({ spec }) => labelSelectorOf(spec.selector),
      onCreated: ({ metadata }) => this.#expectations.creationObserved(keyOf(metadata)),
      onDeleted: ({ metadata }, pod) => {
        const key = keyOf(metadata);
        this.#expectations.deletionObserved(key, pod.metadata.uid);
        if (!isTracked(pod)) this.#removals.observed(key, pod.metadata.uid);
      },
      onUpdated: ({ metadata }, _old, pod) => {
        if (!isTracked(pod)) this.#removals.observed(keyOf(metadata), pod.metadata.uid);
      },
      onChange: (job) => this.#batched(job),
    });
    pods.addHandler({
      onAdd: (pod) => this.#free(pod),
      onUpdate: (_old, pod) => this.#free(pod),
      onDelete: (pod) => {
        const job = this.#jobOf(pod);
        if (job !== undefined) this.#removals.observed(keyOf(job.metadata), pod.metadata.uid);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#queue, WORKERS, signal, (key) => this.#syncJob(key)),
      workOn(this.#orphans, WORKERS, signal, (key) => this.#releaseOrphan(key)),
    ]);
  }

  #jobUpdated(old: Stored<Job>, job: Stored<Job>): void {
    const key = keyOf(job.metadata);
    if (finishedCondition(job) !== undefined) {
      this.#forget(job);
      return;
    }
    const isSpec = old.metadata.generation !== job.metadata.generation;
    if (isSpec) this.#queue.add(key);
    else this.#batched(job);
  }

  #jobDeleted(job: Stored<Job>): void {
    const key = keyOf(job.metadata);
    this.#expectations.forget(key);
    this.#removals.forget(key);
    this.#forget(job);
  }

  /** Pods of a Job that is over have nobody else who takes their finalizers away. */
  #forget({ metadata }: Stored<Job>): void {
    const key = keyOf(metadata);
    this.#failures.delete(key);
    this.#writes.forget(key);
    for (const pod of this.#podsByController.get(metadata.uid)) this.#orphaned(pod);
  }

  /** A Pod that nobody manages, or that is deleted when its Job counts no longer. */
  #free(pod: Stored<Pod>): void {
    const isOrphan = controllerOf(pod) === undefined;
    if (!isOrphan && pod.metadata.deletionTimestamp === undefined) return;
    const job = this.#jobOf(pod);
    if (job === undefined || finishedCondition(job) !== undefined) this.#orphaned(pod);
  }

  #batched({ metadata }: Stored<Job>): void {
    this.#queue.addAfter(keyOf(metadata), BATCH_MS);
  }

  #orphaned(pod: Stored<Pod>): void {
    if (isTracked(pod)) this.#orphans.add(keyOf(pod.metadata));
  }

  #jobOf(pod: Stored<Pod>): Stored<Job> | undefined {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'Job') return undefined;
    const { namespace = '' } = pod.metadata;
    const job = this.#jobs.get({ namespace, name: owner.name });
    return job?.metadata.uid === owner.uid ? job : undefined;
  }

  async #syncJob(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const job = this.#jobs.getByKey(key);
    if (job === undefined || isManagedElsewhere(job) || finishedCondition(job) !== undefined)
      return;
    // Asked before Pods are looked at: one that comes in between is only looked at later.
    const isUpToDate = this.#expectations.satisfied(key);
    const pods = await this.#podsOf(job);
    const removed = this.#removals.of(key);
    await this.#sync.sync(job, pods, { isUpToDate, removed, failures: this.#failures.get(key) });
  }

  async #podsOf(job: Stored<Job>): Promise<readonly Stored<Pod>[]> {
    const { uid, namespace } = job.metadata;
    const candidates = [
      ...this.#podsByController.get(uid),
      ...this.#podsByController.get(orphansIn(namespace)),
    ];
    const pods = await claim(candidates, {
      client: this.#context.client,
      resource: resources.pods,
      owner: job,
      ownerResource: resources.jobs,
      selector: labelSelectorOf(job.spec.selector),
      finalizers: [TRACKING_FINALIZER],
    });
    return pods.map((pod) => (controllerOf(pod) === undefined ? tracked(pod) : pod));
  }

  async #releaseOrphan(key: string): Promise<void> {
    const pod = this.#pods.get(nameOf(key));
    if (pod === undefined) return;
    const owner = controllerOf(pod);
    const isOthers = owner?.kind !== 'Job' || owner.apiVersion !== 'batch/v1';
    if (owner !== undefined && isOthers) return;
    const job = this.#jobOf(pod);
    if (job !== undefined && (isManagedElsewhere(job) || finishedCondition(job) === undefined))
      return;
    try {
      await this.#writer.release(pod);
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}

function queueOf({ clock, onError }: ControllerContext): WorkQueue {
  const limiter = new ExponentialLimiter(FIRST_RETRY_MS, MOST_RETRY_MS);
  return new WorkQueue({ clock, limiter, onError });
}

/** As it is once it is adopted, which the store does not know yet. */
function tracked(pod: Stored<Pod>): Stored<Pod> {
  if (isTracked(pod)) return pod;
  const finalizers = [...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER];
  return { ...pod, metadata: { ...pod.metadata, finalizers } };
}
