import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { isPodAvailable } from '../pods/pod-state.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';
import { podsBecome } from '../testing/pods-become.ts';
import { ordinalOf } from './ordinals.ts';

const STEPS = 30;
const MOST_REPLICAS = 4;
const labels = { app: 'web' };

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'statefulset-controller'),
  );
});
afterAll(() => world.end());

/** What users and kubelets do to a set, by chance, and what must hold whatever they do. */
class RandomHistory {
  readonly #random: SeededRandom;
  readonly #name: { readonly namespace: string; readonly name: string };
  /** as the API server had them, one change after the other */
  readonly #pods = new Map<number, Stored<Pod>>();
  /** uids of those that the controller did not delete because there were too many */
  readonly #excused = new Set<string>();
  readonly broken: string[] = [];
  created = 0;
  removed = 0;
  #replicas = 0;
  #image = 0;

  constructor(seed: number, namespace: string) {
    this.#random = new SeededRandom(seed);
    this.#name = { namespace, name: 'web' };
  }

  async run(podManagementPolicy: 'OrderedReady' | 'Parallel'): Promise<void> {
    const { namespace } = this.#name;
    const inOrder = podManagementPolicy === 'OrderedReady';
    await world.client.create(resources.statefulSets, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: this.#name,
      spec: {
        replicas: 0,
        podManagementPolicy,
        minReadySeconds: 5,
        selector: { matchLabels: labels },
        template: this.#template(),
      },
    });
    const { metadata } = await world.client.list(resources.pods, { namespace });
    void this.#watch(metadata.resourceVersion ?? '', inOrder);
    for (let step = 0; step < STEPS; step++) {
      await this.#act();
      await world.settle();
    }
    await this.#letItFinish();
  }

  /** Kubelets do their work from now on, and nobody wants anything else. */
  async #letItFinish(): Promise<void> {
    for (let round = 0; round < 6 * MOST_REPLICAS && !(await this.#isFinished()); round++) {
      const all = [...this.#pods.values()];
      for (const pod of all) if (pod.metadata.deletionTimestamp !== undefined) await this.#end(pod);
      const living = all.filter(
        ({ metadata, status }) =>
          metadata.deletionTimestamp === undefined && status?.phase !== 'Failed',
      );
      await podsBecome(world, living, 'Ready');
      await world.advance(6000);
    }
    expect(await this.#isFinished()).toBe(true);
    const wanted = Array.from({ length: this.#replicas }, (_, ordinal) => ordinal);
    expect(new Set(this.#pods.keys())).toEqual(new Set(wanted));
  }

  async #isFinished(): Promise<boolean> {
    const { status, metadata } = await world.client.get(resources.statefulSets, this.#name);
    const counts = [status?.replicas, status?.availableReplicas, status?.updatedReplicas];
    return (
      status?.observedGeneration === metadata.generation &&
      counts.every((count = 0) => count === this.#replicas)
    );
  }

  async #act(): Promise<void> {
    const pods = [...this.#pods.values()];
    const pod = pods[Math.floor(this.#random.next() * pods.length)];
    const chance = this.#random.next();
    if (chance < 0.15) await this.#change({ replicas: this.#scale() });
    else if (chance < 0.25) await this.#change({ template: this.#template() });
    else if (chance < 0.35) await world.advance(3000);
    else if (pod === undefined) await this.#change({ replicas: this.#scale() });
    else if (chance < 0.7) await this.#excuse(pod, 'Ready');
    else if (chance < 0.75) await this.#excuse(pod, 'NotReady');
    else if (chance < 0.8) await this.#excuse(pod, 'Failed');
    else if (chance < 0.9) await this.#bind(pod);
    else await this.#end(pod);
  }

  #scale(): number {
    return (this.#replicas = Math.floor(this.#random.next() * (MOST_REPLICAS + 1)));
  }

  #template() {
    const containers = [{ name: 'c', image: `image:${this.#image++}` }];
    return { metadata: { labels }, spec: { containers } };
  }

  async #change(spec: object): Promise<void> {
    await world.client.patch(resources.statefulSets, this.#name, {
      type: 'merge',
      patch: { spec },
    });
  }

  async #excuse(pod: Stored<Pod>, state: 'Ready' | 'NotReady' | 'Failed'): Promise<void> {
    if (state === 'Failed') this.#excused.add(pod.metadata.uid);
    if (pod.status?.phase !== 'Failed') await podsBecome(world, [pod], state);
  }

  /** From now on it is only marked when it is deleted, and has to be ended. */
  async #bind({ metadata, spec }: Stored<Pod>): Promise<void> {
    if (spec.nodeName !== undefined || metadata.deletionTimestamp !== undefined) return;
    await world.client.createSubresource(resources.pods, metadata, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: metadata.name },
      target: { kind: 'Node', name: 'node' },
    });
  }

  /** What a kubelet does with one that is to end; also what a user may do with any. */
  async #end({ metadata }: Stored<Pod>): Promise<void> {
    const isMarked = metadata.deletionTimestamp !== undefined;
    if (!isMarked && this.#random.next() < 0.8) return;
    if (!isMarked) this.#excused.add(metadata.uid);
    await world.client.delete(resources.pods, metadata, { gracePeriodSeconds: 0 });
  }

  /** Until the world ends. */
  async #watch(resourceVersion: string, inOrder: boolean): Promise<void> {
    const { namespace } = this.#name;
    const changes = world.client.watch(resources.pods, { namespace, resourceVersion });
    for await (const { type, object } of changes) this.#see(type, object, inOrder);
  }

  #see(type: string, pod: Stored<Pod>, inOrder: boolean): void {
    const ordinal = ordinalOf(pod);
    const known = this.#pods.get(ordinal);
    const say = (what: string): void => void this.broken.push(`${pod.metadata.name}: ${what}`);
    if (type === 'ADDED') {
      this.created++;
      if (known !== undefined) say('there are two of it');
      for (let earlier = 0; earlier < ordinal && inOrder; earlier++) {
        const before = this.#pods.get(earlier);
        const isThere =
          before !== undefined &&
          before.metadata.deletionTimestamp === undefined &&
          isPodAvailable(before, 5, world.clock.now());
        if (!isThere) say(`created while web-${earlier} was not available`);
      }
    }
    const isGoing = pod.metadata.deletionTimestamp !== undefined || type === 'DELETED';
    const isNew = isGoing && known?.metadata.deletionTimestamp === undefined;
    if (isNew && inOrder && ordinal >= this.#replicas && !this.#excused.has(pod.metadata.uid)) {
      this.removed++;
      if ([...this.#pods.keys()].some((other) => other > ordinal))
        say('deleted before a later one');
    }
    if (type === 'DELETED') this.#pods.delete(ordinal);
    else this.#pods.set(ordinal, pod);
  }
}

it.each([1, 2])('starts in order and ends in reverse, whatever happens (seed %i)', async (seed) => {
  const history = new RandomHistory(seed, await namespaceOfTest(world));
  await history.run('OrderedReady');
  expect(history.broken).toEqual([]);
  expect(history.created).toBeGreaterThan(3);
  expect(world.errors.splice(0)).toEqual([]);
});

it('never has two Pods of one ordinal in parallel mode either', async () => {
  const history = new RandomHistory(3, await namespaceOfTest(world));
  await history.run('Parallel');
  expect(history.broken).toEqual([]);
  expect(history.created).toBeGreaterThan(3);
  expect(world.errors.splice(0)).toEqual([]);
});
