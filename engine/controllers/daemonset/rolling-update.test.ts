import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import type { Stored } from '../../client/resource.ts';
import type {
  DaemonSet,
  RollingUpdateDaemonSet,
} from '../../objects/generated/apps-v1.generated.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { HASH_LABEL } from './daemon-pod.ts';
import { nodeFitOf } from './node-fit.ts';
import { decideOnNode } from './pods-on-node.ts';
import { rollingUpdateStep } from './rolling-update.ts';

const NODES = 6;
const NEW = 'new';
const START = 1_700_000_000_000;

/** A set in the middle of an update, nodes whose kubelets take their time, and nothing else. */
class UpdateModel {
  readonly #random: SeededRandom;
  readonly #set: DaemonSet;
  readonly #nodes: readonly Stored<Node>[];
  readonly #pods = new Map<string, readonly Stored<Pod>[]>();
  #made = 0;

  constructor(seed: number, rollingUpdate: RollingUpdateDaemonSet) {
    this.#random = new SeededRandom(seed);
    this.#set = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent' },
      spec: {
        selector: {},
        template: { spec: { containers: [] } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate },
      },
    };
    this.#nodes = Array.from({ length: NODES }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: stored(`node-${index}`),
      spec: {},
    }));
    for (const { metadata } of this.#nodes) this.#pods.set(metadata.name, [this.#pod('old', true)]);
  }

  get all(): readonly Stored<Pod>[] {
    return [...this.#pods.values()].flat();
  }

  /** nodes on which a daemon works */
  get available(): number {
    return [...this.#pods.values()].filter((pods) => pods.some(isReady)).length;
  }

  get isDone(): boolean {
    return (
      this.all.length === NODES &&
      this.all.every((pod) => pod.metadata.labels?.[HASH_LABEL] === NEW && isReady(pod))
    );
  }

  /** What the controller does when it looks, and then what some kubelets do. */
  step(): void {
    const now = START + this.#made * 1000;
    const fits = nodeFitOf(this.#set);
    for (const node of this.#nodes) {
      const { name } = node.metadata;
      const decision = decideOnNode(this.#set, fits(node), this.#pods.get(name), NEW, now);
      if (decision.create) this.#create(name);
      this.#remove(decision.remove);
    }
    const pods = this.#pods;
    const update = rollingUpdateStep({ set: this.#set, nodes: this.#nodes, pods, hash: NEW, now });
    this.#remove(update.remove);
    for (const node of update.createOn) this.#create(node);
    for (const [node, there] of pods) if (this.#random.next() < 0.4) this.#live(node, there);
  }

  #live(node: string, there: readonly Stored<Pod>[]): void {
    const left = there
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map((pod) => ({ ...pod, status: readyStatus(true) }));
    if (left.length === 0) this.#pods.delete(node);
    else this.#pods.set(node, left);
  }

  #create(node: string): void {
    this.#pods.set(node, [...(this.#pods.get(node) ?? []), this.#pod(NEW, false)]);
  }

  #remove(gone: readonly Stored<Pod>[]): void {
    const names = new Set(gone.map(({ metadata }) => metadata.name));
    for (const [node, pods] of this.#pods)
      this.#pods.set(
        node,
        pods.map((pod) =>
          names.has(pod.metadata.name)
            ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: formatTime(START) } }
            : pod,
        ),
      );
  }

  #pod(hash: string, ready: boolean): Stored<Pod> {
    const metadata = { ...stored(`pod-${this.#made++}`), labels: { [HASH_LABEL]: hash } };
    const spec = { containers: [] };
    return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: readyStatus(ready) };
  }
}

function stored(name: string) {
  return { name, uid: name, resourceVersion: '1', creationTimestamp: formatTime(START) };
}

function readyStatus(ready: boolean): NonNullable<Pod['status']> {
  const lastTransitionTime = formatTime(START);
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
  return { phase: 'Running', conditions };
}

function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
  );
}

describe('a rolling update', () => {
  it.each([1, 2, 3, 4, 5])('never has more than may be unavailable, and ends (seed %i)', (seed) => {
    const maxUnavailable = 1 + (seed % 3);
    const model = new UpdateModel(seed, { maxUnavailable });
    let least = NODES;
    for (let step = 0; step < 200 && !model.isDone; step++) {
      model.step();
      least = Math.min(least, model.available);
    }
    expect(model.isDone).toBe(true);
    expect(least).toBe(NODES - maxUnavailable);
  });

  it.each([1, 2, 3, 4, 5])('with a surge loses none, and ends (seed %i)', (seed) => {
    const maxSurge = 1 + (seed % 3);
    const model = new UpdateModel(seed, { maxSurge, maxUnavailable: 0 });
    let most = 0;
    for (let step = 0; step < 200 && !model.isDone; step++) {
      model.step();
      expect(model.available).toBe(NODES);
      const living = model.all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      most = Math.max(most, living.length);
    }
    expect(model.isDone).toBe(true);
    expect(most).toBe(NODES + maxSurge);
  });
});
