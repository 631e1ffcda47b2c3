import type { Clock } from '../base/clock.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer/informer.ts';
import { keyOf } from '../client/informer/object-store.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { WorkQueue } from '../client/queue/work-queue.ts';
import type { Stored } from '../client/resource.ts';
import { resources } from '../client/resources.ts';
import { reasonOf } from '../client/response-failure.ts';
import type { Node, Pod } from '../objects/generated/core-v1.generated.ts';
import { isDown, wishesOf } from './annotations.ts';
import { hostIpOf, indexOf, podIpOn } from './node-object.ts';
import { podLife, type ContainersState } from './pod-life.ts';
import { podStatus } from './pod-status.ts';

interface HollowPodsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly informers: SharedInformers;
  /** hollow ones only */
  readonly nodes: Informer<Node>;
  readonly readyAfter: number;
  /** the node's kubelet gives no sign of life */
  readonly isSilent: (node: Stored<Node>['metadata']) => boolean;
  readonly onError: (error: unknown) => void;
}

/** What was taken up of a Pod. */
interface Life {
  readonly start: number;
  readonly podIp: string;
  /** as it was reported last */
  reported: string;
}

/** Exit code of a program that ended when SIGTERM asked it to. */
const TERMINATED = 143;
const WORKERS = 32;
/** A Pod that is ready sooner than this is not reported as being created first. */
const WORTH_REPORTING_MS = 1000;

/** Reports the Pods of hollow nodes as a kubelet would, and lets them go when they are deleted. */
export class HollowPods {
  readonly #options: HollowPodsOptions;
  readonly #queue: WorkQueue;
  readonly #pods: Informer<Pod>;
  /** by uid */
  readonly #lives = new Map<string, Life>();
  /** Pods that were taken up, by node */
  readonly #counts = new Map<string, number>();

  constructor(options: HollowPodsOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ clock: options.clock, onError: options.onError });
    this.#pods = options.informers.of(resources.pods, { fieldSelector: 'spec.nodeName!=' });
  }

  async run(signal: AbortSignal): Promise<void> {
    const add = ({ metadata }: Stored<Pod>): void => this.#queue.add(keyOf(metadata));
    this.#pods.addHandler({
      onAdd: add,
      onUpdate: (_before, pod) => add(pod),
      onDelete: ({ metadata }) => this.#lives.delete(metadata.uid),
    });
    // A node that comes back takes up its Pods again.
    this.#options.nodes.addHandler({
      onUpdate: (before, after) => {
        if (!isDown(before.metadata) || isDown(after.metadata)) return;
        this.takeUp(after.metadata.name);
      },
    });
    signal.addEventListener('abort', () => this.#queue.dispose(), { once: true });
    await this.#queue.process(WORKERS, (key) => this.#sync(key));
  }

  /** Looks at all Pods of a node again. */
  takeUp(nodeName: string): void {
    for (const { metadata, spec } of this.#pods.store.list())
      if (spec.nodeName === nodeName) this.#queue.add(keyOf(metadata));
  }

  async #sync(key: string): Promise<void> {
    const { clock, nodes, readyAfter, isSilent } = this.#options;
    const pod = this.#pods.store.getByKey(key);
    const node = pod === undefined ? undefined : nodes.store.get({ name: pod.spec.nodeName ?? '' });
    if (pod === undefined || node === undefined || isSilent(node.metadata)) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      await this.#end(pod, node);
      return;
    }
    if (hasEnded(pod)) return;
    const life = this.#lifeOf(pod, node);
    const wishes = wishesOf(pod.metadata, readyAfter);
    const policy = pod.spec.restartPolicy ?? 'Always';
    const now = clock.now();
    const { state, next } = podLife(wishes, policy, life.start, now);
    if (next !== undefined) this.#queue.addAfter(key, next - now);
    const isBrief = state.kind === 'creating' && wishes.readyAfter < WORTH_REPORTING_MS;
    const name = nameOf(state);
    const isReported = life.reported === name && !(state.kind === 'running' && isDoubted(pod));
    if (isBrief || isReported) return;
    await this.#report(pod, node, state, wishes.exitCode);
    life.reported = name;
  }

  async #report(
    pod: Stored<Pod>,
    node: Stored<Node>,
    state: ContainersState,
    exitCode: number,
  ): Promise<void> {
    const { client, clock } = this.#options;
    const { podIp } = this.#lifeOf(pod, node);
    const addresses = { podIp, hostIp: hostIpOf(indexOf(node)) };
    const status = podStatus(pod, state, exitCode, addresses, clock.now());
    const { namespace = '', name, uid } = pod.metadata;
    try {
      await client.patch(
        resources.pods,
        { namespace, name },
        { type: 'strategic', patch: { metadata: { uid }, status } },
        { subresource: 'status' },
      );
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  /** One that ran before this process began goes on from where it was. */
  #lifeOf(pod: Stored<Pod>, node: Stored<Node>): Life {
    const { uid } = pod.metadata;
    let life = this.#lives.get(uid);
    if (life === undefined) {
      const { startTime, podIP } = pod.status ?? {};
      life = {
        start: startTime === undefined ? this.#options.clock.now() : Date.parse(startTime),
        podIp: podIP ?? this.#nextIp(node),
        reported: '',
      };
      this.#lives.set(uid, life);
    }
    return life;
  }

  #nextIp(node: Stored<Node>): string {
    const { name } = node.metadata;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return podIpOn(node, count);
  }

  /** There is nothing to wait for: what does not run has ended. Somebody may want to see how. */
  async #end(pod: Stored<Pod>, node: Stored<Node>): Promise<void> {
    const { namespace = '', name, uid, finalizers = [] } = pod.metadata;
    if (finalizers.length > 0 && !hasEnded(pod)) {
      const run = { start: this.#lifeOf(pod, node).start, end: this.#options.clock.now() };
      await this.#report(pod, node, { kind: 'ended', ended: run, restarts: 0 }, TERMINATED);
    }
    try {
      await this.#options.client.delete(
        resources.pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== 'NotFound' && reason !== 'Conflict') throw error;
    }
  }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Tells states apart that are reported. */
function nameOf(state: ContainersState): string {
  return state.kind === 'creating' ? state.kind : `${state.kind} ${state.restarts}`;
}

/** The node controller said that it is not, while the node was silent. */
function isDoubted({ status }: Pod): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'False';
}
