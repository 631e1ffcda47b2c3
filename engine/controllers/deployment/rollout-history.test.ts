import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { SharedInformers } from '../../client/informer/shared-informers.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodActive, isPodReady } from '../pods/pod-state.ts';
import type { ControlWorld } from '../testing/control-world.ts';
import { DeploymentWorld } from '../testing/deployment-world.ts';
import { minAvailable, mostPods } from './sizes.ts';

const STEPS = 16;

let world: ControlWorld;
beforeAll(async () => (world = await DeploymentWorld.startControllers()));
afterAll(() => world.end());

/** What must hold after every change of a Pod or a ReplicaSet, as the API server tells of them. */
class Watcher {
  readonly broken: string[] = [];
  /** replicas that all ReplicaSets together may have */
  most = Infinity;
  /** Pods that have to be available */
  least = 0;
  readonly #informers: SharedInformers;

  constructor({ namespace }: DeploymentWorld, random: SeededRandom) {
    const { client, clock } = world;
    const onError = (error: unknown): void => void world.errors.push(error);
    this.#informers = new SharedInformers({ client, clock, random, onError });
    const sets = this.#informers.of(resources.replicaSets, { namespace });
    const pods = this.#informers.of(resources.pods, { namespace });
    const count = () => {
      const replicas = sets.store.list().reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
      if (replicas > this.most) this.broken.push(`${replicas} replicas, of ${this.most}`);
    };
    const countAvailable = () => {
      const available = this.available(pods.store.list());
      if (available < this.least) this.broken.push(`${available} available, of ${this.least}`);
    };
    const grew = (old: Stored<ReplicaSet>, { spec }: Stored<ReplicaSet>): boolean =>
      (spec.replicas ?? 0) > (old.spec.replicas ?? 0);
    sets.addHandler({ onAdd: count, onUpdate: (old, set) => void (grew(old, set) && count()) });
    pods.addHandler({ onUpdate: countAvailable, onDelete: countAvailable });
  }

  available(pods: readonly Stored<Pod>[]): number {
    return pods.filter((pod) => isPodActive(pod) && isPodReady(pod)).length;
  }

  async synced(): Promise<void> {
    await this.#informers.synced();
  }

  end(): void {
    this.#informers.dispose();
  }
}

it.each([
  [1, 1, 0],
  [2, 0, 1],
  [3, '25%', '25%'],
])(
  'history %i: never more than %s above, never more than %s below',
  async (seed, maxSurge, maxUnavailable) => {
    const random = new SeededRandom(seed);
    const upTo = (most: number): number => Math.floor(random.next() * (most + 1));
    const web = await DeploymentWorld.start(world, `history-${seed}`, {
      replicas: 5,
      revisionHistoryLimit: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
    });
    const watcher = new Watcher(web, random);
    await watcher.synced();
    const history: string[] = [];
    const step = async (): Promise<void> => {
      const before = await web.deployment();
      const chance = random.next();
      const replicas = 1 + upTo(6);
      watcher.most = Math.max(
        mostPods(before),
        mostPods({ ...before, spec: { ...before.spec, replicas } }),
      );
      watcher.least = Math.min(minAvailable(before), watcher.available(await web.pods()));
      if (chance < 0.45) {
        history.push(`${await web.becomeReady(1 + upTo(2))} become ready`);
      } else if (chance < 0.75) {
        const image = `busybox:${upTo(3)}`;
        history.push(image);
        await web.useImage(image);
      } else if (chance < 0.9) {
        // Those that wait count to each one's share, so fewer may be available for a while.
        watcher.least = 0;
        history.push(`${replicas} replicas`);
        await web.patch({ spec: { replicas } });
      } else {
        const paused = !(before.spec.paused ?? false);
        history.push(paused ? 'pause' : 'resume');
        await web.patch({ spec: { paused } });
      }
      await world.advance(1000);
      expect([history, watcher.broken]).toEqual([history, []]);
    };
    for (let index = 0; index < STEPS; index++) await step();
    watcher.least = 0;
    await web.patch({ spec: { paused: false } });
    await web.finish();
    const { spec, status } = await web.deployment();
    expect(status).toMatchObject({
      replicas: spec.replicas,
      updatedReplicas: spec.replicas,
      availableReplicas: spec.replicas,
    });
    expect((await web.pods()).length).toBe(spec.replicas);
    expect((await web.replicaSets()).length).toBeLessThanOrEqual(3);
    watcher.end();
    expect(world.errors.splice(0)).toEqual([]);
  },
);
