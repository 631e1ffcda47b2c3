import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Job } from '../../objects/generated/batch-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { Expectations } from '../pods/expectations.ts';
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts';
import { isPodReady } from '../pods/pod-state.ts';
import { slowStart } from '../pods/slow-start.ts';
import type { FinalizerRemovals } from './finalizer-removals.ts';
import { isTracked, TRACKING_FINALIZER } from './job-pods.ts';
import { indexedName, indexedTemplate, trackedTemplate } from './job-template.ts';
import type { JobView } from './job-view.ts';
import type { PodPlan } from './pod-plan.ts';

/** What has come of writes, and the first that failed, as `[error]`. */
export interface PodChange {
  readonly created: number;
  readonly deleted: number;
  /** of those deleted */
  readonly ready: number;
  readonly failed?: readonly [unknown];
}

export const NO_CHANGE: PodChange = { created: 0, deleted: 0, ready: 0 };

export interface JobPodWriterOptions {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly expectations: Expectations;
  readonly removals: FinalizerRemovals;
  /** told of Pods as they were written, with the key of the Job they were written for */
  readonly written: (job: string, pod: Stored<Pod>) => void;
}

/** Creates and deletes the Pods of Jobs and takes their finalizers away. */
export class JobPodWriter {
  readonly #options: JobPodWriterOptions;
  readonly #control: PodControl<Job>;

  constructor(options: JobPodWriterOptions) {
    this.#options = options;
    const { client, recorder } = options;
    this.#control = new PodControl({ client, recorder, ownerResource: resources.jobs });
  }

  /** Does what a plan says. */
  async carryOut(view: JobView, plan: PodPlan): Promise<PodChange> {
    if (plan.remove.length > 0) return this.#remove(view.job, plan.remove);
    return plan.create > 0 ? this.#create(view, plan) : NO_CHANGE;
  }

  /** Asks Pods of a Job that ends to end. They keep their finalizers, since they are to be counted. */
  async end(job: Stored<Job>, pods: readonly Stored<Pod>[]): Promise<PodChange> {
    return deletionsOf(pods, (pod) => this.#control.delete(pod, job));
  }

  /** Deletes Pods that are not to be counted. */
  async #remove(job: Stored<Job>, pods: readonly Stored<Pod>[]): Promise<PodChange> {
    const { expectations } = this.#options;
    const key = keyOf(job.metadata);
    expectations.expectDeletions(
      key,
      pods.map(({ metadata }) => metadata.uid),
    );
    return deletionsOf(pods, async (pod) => {
      try {
        await this.#releaseFor(key, pod);
        await this.#control.delete(pod, job);
      } catch (error) {
        // Nobody will see it go.
        expectations.deletionObserved(key, pod.metadata.uid);
        throw error;
      }
    });
  }

  async #create({ job, indexes }: JobView, plan: PodPlan): Promise<PodChange> {
    const { expectations, written } = this.#options;
    const key = keyOf(job.metadata);
    const template = trackedTemplate(job);
    expectations.expectCreations(key, plan.create);
    const { succeeded, failed } = await slowStart(plan.create, async (position) => {
      const index = plan.indexes?.[position];
      const pod = await (index === undefined
        ? this.#control.create(template, job)
        : this.#control.create(
            indexedTemplate(job, index, indexes?.delayed.get(index)),
            job,
            indexedName(job, index),
          ));
      written(key, pod);
    });
    expectations.creationObserved(key, plan.create - succeeded);
    const isSaid = failed !== undefined && !isNamespaceTerminating(failed[0]);
    return { ...NO_CHANGE, created: succeeded, ...(isSaid ? { failed } : {}) };
  }

  /** Takes the finalizers of Pods that are counted away. Returns uids of those that have none any more. */
  async releaseAll(
    key: string,
    pods: readonly Stored<Pod>[],
  ): Promise<{ readonly released: ReadonlySet<string>; readonly failed?: readonly [unknown] }> {
    const { removals } = this.#options;
    removals.expect(
      key,
      pods.map(({ metadata }) => metadata.uid),
    );
    const released = new Set<string>();
    const errors: unknown[] = [];
    await Promise.all(
      pods.map(async (pod) => {
        const { uid } = pod.metadata;
        try {
          await this.#releaseFor(key, pod);
          released.add(uid);
        } catch (error) {
          removals.observed(key, uid);
          if (reasonOf(error) === 'NotFound') released.add(uid);
          else errors.push(error);
        }
      }),
    );
    return { released, ...(errors.length > 0 ? { failed: [errors[0]] as const } : {}) };
  }

  async #releaseFor(key: string, pod: Stored<Pod>): Promise<void> {
    const released = await this.release(pod);
    if (released !== undefined) this.#options.written(key, released);
  }

  /** The Pod without the finalizer; undefined when it had none. @throws StatusError */
  async release(pod: Stored<Pod>): Promise<Stored<Pod> | undefined> {
    if (!isTracked(pod)) return undefined;
    const metadata = { '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] };
    const { client } = this.#options;
    return client.patch(resources.pods, pod.metadata, { type: 'strategic', patch: { metadata } });
  }
}

/** What is gone already counts as deleted. */
async function deletionsOf(
  pods: readonly Stored<Pod>[],
  remove: (pod: Stored<Pod>) => Promise<void>,
): Promise<PodChange> {
  const errors: unknown[] = [];
  const results = await Promise.all(
    pods.map(async (pod) => {
      try {
        await remove(pod);
      } catch (error) {
        if (reasonOf(error) === 'NotFound') return true;
        errors.push(error);
        return false;
      }
      return true;
    }),
  );
  const deleted = pods.filter((_pod, position) => results[position] === true);
  return {
    created: 0,
    deleted: deleted.length,
    ready: deleted.filter(isPodReady).length,
    ...(errors.length > 0 ? { failed: [errors[0]] as const } : {}),
  };
}
