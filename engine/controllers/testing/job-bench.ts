import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Job, JobSpec } from '../../objects/generated/batch-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from './control-world.ts';
import { podsBecome } from './pods-become.ts';

const namespace = 'default';

/** Job controllers gather changes of Pods for so many milliseconds. */
export const BATCH = 1000;

/** One Job after the other in a world where only the Job controller works, and a test is the kubelet. */
export class JobBench {
  readonly world: ControlWorld;
  #jobs = 0;

  private constructor(world: ControlWorld) {
    this.world = world;
  }

  static async start(): Promise<JobBench> {
    const only = descriptors.filter(({ name }) => name === 'job-controller');
    return new JobBench(await ControlWorld.start(only));
  }

  get #name() {
    return { namespace, name: `job-${this.#jobs}` };
  }

  /** Creates the next Job, and settles. */
  async create(spec: Partial<JobSpec>): Promise<void> {
    this.#jobs++;
    await this.world.client.create(resources.jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: this.#name,
      spec: {
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] },
        },
        ...spec,
      },
    });
    await this.world.settle();
  }

  /** Changes the Job's spec, and settles. */
  async change(spec: Partial<JobSpec>): Promise<void> {
    const { client } = this.world;
    await client.patch(resources.jobs, this.#name, { type: 'merge', patch: { spec } });
    await this.world.settle();
  }

  async job(): Promise<Stored<Job>> {
    return this.world.client.get(resources.jobs, this.#name);
  }

  /** The Job's conditions: `Type: Reason: Message`, those that do not hold with `!`. */
  async conditions(): Promise<readonly string[]> {
    const { status } = await this.job();
    return (status?.conditions ?? []).map(
      ({ type, status: holds, reason, message }) =>
        `${holds === 'True' ? '' : '!'}${type}: ${reason}: ${message}`,
    );
  }

  /** The Job's Pods, the oldest first. */
  async pods(): Promise<readonly Stored<Pod>[]> {
    const { items } = await this.world.client.list(resources.pods);
    const { uid } = (await this.job()).metadata;
    const own = items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid);
    return own.toSorted(
      (one, two) => Number(one.metadata.resourceVersion) - Number(two.metadata.resourceVersion),
    );
  }

  /** Its Pods that have neither ended nor been deleted. */
  async active(): Promise<readonly Stored<Pod>[]> {
    return (await this.pods()).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed',
    );
  }

  /** Lets Pods end, and the Job learn of it. */
  async end(pods: readonly Stored<Pod>[], state: 'Succeeded' | 'Failed'): Promise<void> {
    await podsBecome(this.world, pods, state);
    await this.world.settle();
    await this.settleBatches();
  }

  /** The container of these Pods exits with an error. */
  async exit(pods: readonly Stored<Pod>[], exitCode: number): Promise<void> {
    const { client, clock } = this.world;
    const finishedAt = formatTime(clock.now());
    const terminated = { exitCode, finishedAt };
    const container = { name: 'c', image: 'busybox', imageID: '', ready: false, restartCount: 0 };
    const containerStatuses = [{ ...container, state: { terminated } }];
    for (const { metadata } of pods)
      await client.patch(
        resources.pods,
        metadata,
        { type: 'strategic', patch: { status: { phase: 'Failed', containerStatuses } } },
        { subresource: 'status' },
      );
    await this.world.settle();
    await this.settleBatches();
  }

  /** What Pods of the last batch did may bring another. */
  async settleBatches(): Promise<void> {
    await this.world.advance(3 * BATCH, BATCH);
  }

  /** Events about the Job: `Type Reason: Message`. */
  async events(): Promise<readonly string[]> {
    const { items } = await this.world.client.list(resources.events);
    const { name } = this.#name;
    return items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .toSorted((one, two) => (one.metadata.name < two.metadata.name ? -1 : 1))
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  /** What was written since the last time, without events: `METHOD path`. */
  takeSent(): readonly string[] {
    const sent = this.world.sent.splice(0).filter(({ path }) => !path.includes('/events'));
    return sent.map(
      ({ method, path }) =>
        `${method} ${path.replace(/^\/api(s\/batch)?\/v1\/namespaces\/default\//, '')}`,
    );
  }

  /** Takes everything away that Jobs left, so that they do not see each other. */
  async clear(): Promise<void> {
    const { client } = this.world;
    await client.deleteCollection(
      resources.jobs,
      { namespace },
      { propagationPolicy: 'Background' },
    );
    await client.deleteCollection(resources.pods, { namespace }, { gracePeriodSeconds: 0 });
    await this.world.settle();
    this.world.sent.length = 0;
  }
}
