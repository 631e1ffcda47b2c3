import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { resources } from '../../client/resources.ts';
import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { BATCH, JobBench } from '../testing/job-bench.ts';
import { podsBecome } from '../testing/pods-become.ts';
import { completionIndex } from './job-pods.ts';

const COMPLETIONS = 6;
const MOST_PARALLEL = 4;
const STEPS = 25;

let bench: JobBench;
beforeAll(async () => {
  bench = await JobBench.start();
});
afterEach(async () => {
  await bench.clear();
  expect(bench.world.errors.splice(0)).toEqual([]);
});
afterAll(() => bench.world.end());

/** What happened to Pods, by uid: each counts once. */
interface Ended {
  readonly succeeded: Map<string, number | undefined>;
  readonly failed: Set<string>;
}

/** Pods end, are deleted, wait; the Job is made wider, narrower, suspended. Returns what Pods did. */
async function live(random: SeededRandom, check: (ended: Ended) => Promise<void>): Promise<Ended> {
  const { world } = bench;
  const ended: Ended = { succeeded: new Map(), failed: new Set() };
  const pick = (pods: readonly Stored<Pod>[]) => pods[Math.floor(random.next() * pods.length)];
  const actions: readonly (() => Promise<void>)[] = [
    async () => {
      const pod = pick(await bench.active());
      if (pod === undefined) return;
      ended.succeeded.set(pod.metadata.uid, completionIndex(pod));
      await podsBecome(world, [pod], 'Succeeded');
    },
    async () => {
      const pod = pick(await bench.active());
      if (pod === undefined) return;
      ended.failed.add(pod.metadata.uid);
      await podsBecome(world, [pod], 'Failed');
    },
    async () => {
      const pod = pick(await bench.active());
      if (pod === undefined) return;
      ended.failed.add(pod.metadata.uid);
      await world.client.delete(resources.pods, pod.metadata, { gracePeriodSeconds: 0 });
    },
    async () => bench.change({ parallelism: Math.ceil(random.next() * MOST_PARALLEL) }),
    async () => bench.change({ suspend: random.next() < 0.3 }),
    async () => world.advance(Math.floor(random.next() * 30) * BATCH),
  ];
  for (let step = 0; step < STEPS; step++) {
    await actions[Math.floor(random.next() * actions.length)]?.();
    if (random.next() < 0.5) await world.advance(BATCH);
    await check(ended);
  }
  await world.settle();
  await world.advance(4 * BATCH, BATCH);
  await check(ended);
  return ended;
}

it.each([1, 2, 3, 4])(
  'never runs more Pods than are wanted, and counts each once (%i)',
  async (seed) => {
    await bench.create({ completions: COMPLETIONS, parallelism: 2, backoffLimit: 1000 });
    const ended = await live(new SeededRandom(seed), async ({ succeeded }) => {
      const active = await bench.active();
      expect(active.length).toBeLessThanOrEqual(MOST_PARALLEL);
      expect(active.length + succeeded.size).toBeLessThanOrEqual(COMPLETIONS);
    });
    const { spec, status } = await bench.job();
    expect((await bench.active()).length).toBeLessThanOrEqual(spec.parallelism ?? 0);
    expect(status?.succeeded ?? 0).toBe(ended.succeeded.size);
    expect(status?.failed ?? 0).toBe(ended.failed.size);
    expect(status?.uncountedTerminatedPods).toEqual({});
  },
);

it.each([5, 6, 7, 8])('never runs or completes an index twice (%i)', async (seed) => {
  await bench.create({
    completionMode: 'Indexed',
    completions: COMPLETIONS,
    parallelism: 2,
    backoffLimitPerIndex: 1000,
  });
  const ended = await live(new SeededRandom(seed), async ({ succeeded }) => {
    const indexes = (await bench.active()).map(completionIndex);
    const taken = [...indexes, ...succeeded.values()];
    expect(new Set(taken).size).toBe(taken.length);
    expect(indexes.length).toBeLessThanOrEqual(MOST_PARALLEL);
    for (const index of taken) expect(index).toBeLessThan(COMPLETIONS);
  });
  const { status } = await bench.job();
  expect(status?.succeeded ?? 0).toBe(ended.succeeded.size);
  expect(status?.failedIndexes ?? '').toBe('');
});
