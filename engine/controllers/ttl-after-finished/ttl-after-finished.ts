import { keyOf, nameOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Job } from '../../objects/generated/batch-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { finishedCondition } from '../job/job-conditions.ts';
import { workOn } from '../work-loop.ts';

const WORKERS = 5;

/** UNIX milliseconds at which a finished Job is to go; undefined when it is to stay or has not finished. */
function expiryOf(job: Job): number | undefined {
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const at = finishedCondition(job)?.lastTransitionTime;
  return at === undefined ? undefined : Date.parse(at) + ttl * 1000;
}

/** Deletes Jobs `ttlSecondsAfterFinished` after they have finished (upstream's `ttlafterfinished`). */
export class TtlAfterFinished implements Controller {
  readonly #context: ControllerContext;
  readonly #jobs: ObjectStore<Job>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const jobs = informers.of(resources.jobs);
    this.#jobs = jobs.store;
    const add = (job: Stored<Job>): void => {
      if (expiryOf(job) !== undefined) this.#queue.add(keyOf(job.metadata));
    };
    jobs.addHandler({ onAdd: add, onUpdate: (_old, job) => add(job) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  async #sync(key: string): Promise<void> {
    const known = this.#jobs.getByKey(key);
    if (known === undefined || !this.#isOver(key, known)) return;
    const { client } = this.#context;
    try {
      // Its time may have been made longer since.
      const job = await client.get(resources.jobs, nameOf(key));
      if (!this.#isOver(key, job)) return;
      await client.delete(resources.jobs, nameOf(key), {
        propagationPolicy: 'Foreground',
        preconditions: { uid: job.metadata.uid },
      });
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  /** One that is not over yet comes again when it is. */
  #isOver(key: string, job: Stored<Job>): boolean {
    const expiry = expiryOf(job);
    if (expiry === undefined) return false;
    const left = expiry - this.#context.clock.now();
    if (left > 0) this.#queue.addAfter(key, left);
    return left <= 0;
  }
}
