import { sleep } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, nameOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Node, Pod, Taint } from '../../objects/generated/core-v1.generated.ts';
import { conditionPatch } from '../../objects/pod-condition.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { podsByNode } from '../nodes/pods-by-node.ts';
import { toleratedTime } from './tolerated-time.ts';

const TRIES = 5;
const RETRY_MS = 10;

/** A Pod that is going to be evicted. */
interface Eviction {
  /** UNIX milliseconds */
  readonly since: number;
  /** none: it is under way */
  readonly timer: Disposable | undefined;
}

/** Evicts Pods from nodes whose NoExecute taints they do not tolerate, or no longer (upstream's `tainteviction`). */
export class TaintEviction implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #nodes: ObjectStore<Node>;
  readonly #podsByNode: Index<Pod>;
  /** NoExecute taints of nodes that have some */
  readonly #tainted = new Map<string, readonly Taint[]>();
  readonly #evictions = new Map<string, Eviction>();
  /** while it runs */
  #signal: AbortSignal | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorder('taint-eviction-controller');
    const nodes = context.informers.of(resources.nodes);
    const pods = context.informers.of(resources.pods);
    this.#nodes = nodes.store;
    this.#podsByNode = podsByNode(pods.store);
    nodes.addHandler({
      onAdd: (node) => this.#onNode(node),
      onUpdate: (old, node) => {
        if (!isSame(noExecuteTaints(old), noExecuteTaints(node))) this.#onNode(node);
      },
      onDelete: ({ metadata }) => this.#tainted.delete(metadata.name),
    });
    pods.addHandler({
      onAdd: (pod) => this.#onPod(pod),
      onUpdate: (old, pod) => {
        const isMoved = old.spec.nodeName !== pod.spec.nodeName;
        if (isMoved || !isSame(old.spec.tolerations, pod.spec.tolerations)) this.#onPod(pod);
      },
      onDelete: ({ metadata }) => this.#cancel(keyOf(metadata)),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const node of this.#nodes.list()) this.#onNode(node);
    return new Promise((resolve) => {
      const end = (): void => {
        this.#signal = undefined;
        for (const { timer } of this.#evictions.values()) timer?.dispose();
        this.#evictions.clear();
        resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    });
  }

  #onNode(node: Stored<Node>): void {
    if (this.#signal === undefined) return;
    const { name } = node.metadata;
    const taints = noExecuteTaints(node);
    if (taints.length === 0) this.#tainted.delete(name);
    else this.#tainted.set(name, taints);
    for (const pod of this.#podsByNode.get(name)) this.#consider(pod, taints);
  }

  #onPod(pod: Stored<Pod>): void {
    const taints = this.#tainted.get(pod.spec.nodeName ?? '');
    if (this.#signal !== undefined && taints !== undefined) this.#consider(pod, taints);
  }

  #consider({ metadata, spec }: Stored<Pod>, taints: readonly Taint[]): void {
    const key = keyOf(metadata);
    const time = toleratedTime(taints, spec.tolerations);
    if (time === Number.POSITIVE_INFINITY) {
      this.#cancel(key);
      return;
    }
    const scheduled = this.#evictions.get(key);
    const now = this.#context.clock.now();
    if (time > 0 && scheduled !== undefined) {
      // Once it is set, the moment stays: other taints do not give more time, nor less.
      if (scheduled.since < now) return;
    }
    this.#cancel(key);
    if (this.#evictions.has(key)) return;
    const timer =
      time === 0
        ? undefined
        : this.#context.clock.setTimer(() => {
            this.#evictions.set(key, { since: now, timer: undefined });
            this.#evict(key).catch(this.#context.onError);
          }, time);
    this.#evictions.set(key, { since: now, timer });
    if (timer === undefined) this.#evict(key).catch(this.#context.onError);
  }

  #cancel(key: string): void {
    const eviction = this.#evictions.get(key);
    if (eviction?.timer === undefined) return;
    eviction.timer.dispose();
    this.#evictions.delete(key);
    this.#tell(key, `Cancelling deletion of Pod ${key}`);
  }

  async #evict(key: string): Promise<void> {
    const { clock } = this.#context;
    const signal = this.#signal;
    this.#tell(key, `Marking for deletion Pod ${key}`);
    try {
      for (let tries = 1; ; tries++) {
        try {
          await this.#delete(key);
          return;
        } catch (error) {
          if (reasonOf(error) === 'NotFound') return;
          if (tries === TRIES) throw error;
        }
        await sleep(clock, RETRY_MS, signal).catch(() => {});
        if (signal?.aborted !== false) return;
      }
    } finally {
      this.#evictions.delete(key);
    }
  }

  async #delete(key: string): Promise<void> {
    const { client, clock } = this.#context;
    const pod = await client.get(resources.pods, nameOf(key));
    const condition = conditionPatch(
      pod,
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      },
      clock.now(),
    );
    const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
    if (condition !== undefined)
      await client.patch(
        resources.pods,
        nameOf(key),
        { type: 'strategic', patch },
        { subresource: 'status' },
      );
    await client.delete(resources.pods, nameOf(key));
  }

  #tell(key: string, message: string): void {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: nameOf(key) };
    this.#recorder.event(pod, 'Normal', 'TaintManagerEviction', message);
  }
}

function noExecuteTaints({ spec }: Node): readonly Taint[] {
  return (spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
