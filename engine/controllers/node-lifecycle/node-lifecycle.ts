import { sleep } from '../../base/clock.ts';
import { inParallel } from '../../base/in-parallel.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Lease } from '../../objects/generated/coordination-v1.generated.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { nodeCondition } from '../nodes/node-condition.ts';
import { podsByNode } from '../nodes/pods-by-node.ts';
import { hasTaint, removeTaints, swapTaints, type TaintKind } from '../nodes/taints.ts';
import { zoneOf } from '../nodes/zone.ts';
import { workOn } from '../work-loop.ts';
import { conditionTaints, NOT_READY, olderLabels, UNREACHABLE } from './condition-taints.ts';
import { nodeLifecycleOptions, type NodeLifecycleOptions } from './node-lifecycle-options.ts';
import { observeHealth, silentConditions, type NodeHealth } from './node-health.ts';
import { markPodsNotReady } from './pods-not-ready.ts';
import { TaintingQueue } from './tainting-queue.ts';
import { ZoneStates, type ZoneState } from './zone-states.ts';

const LEASES = 'kube-node-lease';
const NODE_WORKERS = 8;
const POD_WORKERS = 4;
/** Milliseconds between looks at nodes that are to be tainted. */
const TAINTING_PERIOD_MS = 100;
/** Tries to write a node's health in one pass, and milliseconds between them. */
const HEALTH_TRIES = 5;
const HEALTH_RETRY_MS = 20;
/** Milliseconds after which a node that has no condition yet is looked at again. */
const NO_CONDITION_RETRY_MS = 50;
/** Nodes in this zone keep no zone from being healthy. */
const EXCLUDED = 'node.kubernetes.io/exclude-disruption';

const notReadyTaint: TaintKind = { key: NOT_READY, effect: 'NoExecute' };
const unreachableTaint: TaintKind = { key: UNREACHABLE, effect: 'NoExecute' };

/** Status of the condition Ready before and after a look at it; '' for none. */
interface Seen {
  readonly node: Stored<Node>;
  readonly before: string;
  readonly after: string;
}

/**
 * Watches over nodes: those that give no sign of life get condition Ready unknown, and taints that keep
 * Pods away and, at a limited rate, have them evicted (upstream's `nodelifecycle`).
 */
export class NodeLifecycle implements Controller {
  readonly #context: ControllerContext;
  readonly #options: NodeLifecycleOptions;
  readonly #recorder: EventRecorder;
  readonly #nodes: ObjectStore<Node>;
  readonly #pods: ObjectStore<Pod>;
  readonly #podsByNode: Index<Pod>;
  readonly #leases: Informer<Lease>;
  readonly #nodeQueue: WorkQueue;
  readonly #podQueue: WorkQueue;
  /** by name */
  readonly #known = new Map<string, Stored<Node>>();
  readonly #health = new Map<string, NodeHealth>();
  /** nodes whose Pods could not all be marked */
  readonly #again = new Set<string>();
  readonly #zones: ZoneStates;
  /** by zone */
  readonly #tainting = new Map<string, TaintingQueue>();
  /** The informer is behind this version of a lease: what it shows says nothing about silence. */
  #leaseVersion = '0';
  #wakeTainting = (): void => {};

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#options = nodeLifecycleOptions(context.configuration);
    this.#recorder = context.recorder('node-controller');
    this.#zones = new ZoneStates(this.#options.unhealthyZoneThreshold);
    const { clock, onError, informers } = context;
    // Many write nodes when they are new: who comes too late tries again, and that is no failure.
    this.#nodeQueue = new WorkQueue({
      clock,
      onError: (error) => {
        if (reasonOf(error) !== 'Conflict') onError(error);
      },
    });
    this.#podQueue = new WorkQueue({ clock, onError });
    this.#leases = informers.of(resources.leases, { namespace: LEASES });
    const nodes = informers.of(resources.nodes);
    const pods = informers.of(resources.pods);
    this.#nodes = nodes.store;
    this.#pods = pods.store;
    this.#podsByNode = podsByNode(pods.store);
    const add = ({ metadata }: Stored<Node>): void => this.#nodeQueue.add(metadata.name);
    nodes.addHandler({
      onAdd: add,
      onUpdate: (_old, node) => add(node),
      onDelete: ({ metadata }) => {
        this.#again.delete(metadata.name);
        this.#health.delete(metadata.name);
      },
    });
    pods.addHandler({
      onAdd: (pod) => this.#onPod(undefined, pod),
      onUpdate: (old, pod) => this.#onPod(old, pod),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#nodeQueue, NODE_WORKERS, signal, (name) => this.#syncNode(name)),
      workOn(this.#podQueue, POD_WORKERS, signal, (key) => this.#syncPod(key)),
      this.#taint(signal),
      this.#watch(signal),
    ]);
  }

  /** Once a Pod has a node its readiness may depend on it. */
  #onPod(old: Pod | undefined, { metadata, spec }: Stored<Pod>): void {
    const { nodeName = '' } = spec;
    if (nodeName !== '' && nodeName !== old?.spec.nodeName) this.#podQueue.add(keyOf(metadata));
  }

  /** Taints that keep new Pods away, and labels under their older names. */
  async #syncNode(name: string): Promise<void> {
    const node = this.#nodes.get({ name });
    if (node === undefined) return;
    try {
      const { add, remove } = conditionTaints(node);
      await swapTaints(this.#context, node, add, remove);
      const labels = olderLabels(node);
      if (Object.keys(labels).length === 0) return;
      const patch = { metadata: { labels } };
      await this.#context.client.patch(resources.nodes, { name }, { type: 'strategic', patch });
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  async #syncPod(key: string): Promise<void> {
    const pod = this.#pods.getByKey(key);
    const { nodeName: name = '' } = pod?.spec ?? {};
    const health = this.#health.get(name);
    if (pod === undefined || health === undefined || this.#nodes.get({ name }) === undefined)
      return;
    const status = nodeCondition(health.status, 'Ready')?.status ?? 'True';
    if (status !== 'True') await this.#markNotReady([pod]);
  }

  /** Looks at all nodes from time to time. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#context;
    while (!signal.aborted) {
      await this.#look(signal).catch(onError);
      await sleep(clock, this.#options.monitorPeriod, signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const nodes = this.#nodes.list();
    await this.#meet(nodes);
    const ready = new Map<string, boolean[]>();
    await inParallel(nodes, NODE_WORKERS, async (node) => {
      const seen = await this.#see(node, signal);
      if (seen === undefined) return;
      if (node.metadata.labels?.[EXCLUDED] === undefined) {
        const zone = zoneOf(node);
        const others = ready.get(zone);
        if (others === undefined) ready.set(zone, [seen.after === 'True']);
        else others.push(seen.after === 'True');
      }
      await this.#act(seen);
    });
    await this.#limit(ready, nodes);
  }

  /** Nodes that came and went since the last look. */
  async #meet(nodes: readonly Stored<Node>[]): Promise<void> {
    const names = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const node of nodes) {
      const { name } = node.metadata;
      const zone = zoneOf(node);
      if (!this.#zones.has(zone)) this.#zones.add(zone);
      if (!this.#tainting.has(zone))
        this.#tainting.set(
          zone,
          new TaintingQueue(this.#context.clock, this.#options.evictionRate),
        );
      if (this.#known.has(name)) continue;
      this.#known.set(name, node);
      this.#tell(node, 'RegisteredNode', `Registered Node ${name} in Controller`);
      await this.#markReachable(node).catch(this.#context.onError);
    }
    for (const [name, node] of this.#known) {
      if (names.has(name)) continue;
      this.#known.delete(name);
      this.#tell(node, 'RemovingNode', `Removing Node ${name} from Controller`);
    }
  }

  #tell({ metadata: { name, uid } }: Stored<Node>, reason: string, what: string): void {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } };
    this.#recorder.event(node, 'Normal', reason, `Node ${name} event: ${what}`);
  }

  /** Undefined when nothing can be said of the node in this pass. */
  async #see(stored: Stored<Node>, signal: AbortSignal): Promise<Seen | undefined> {
    const { client, clock, onError } = this.#context;
    let node = stored;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#updateHealth(node);
      } catch (error) {
        if (tries === HEALTH_TRIES) {
          onError(error);
          return undefined;
        }
      }
      try {
        await sleep(clock, HEALTH_RETRY_MS, signal);
        node = await client.get(resources.nodes, { name: stored.metadata.name });
      } catch (error) {
        if (reasonOf(error) !== 'NotFound' && !signal.aborted) onError(error);
        return undefined;
      }
    }
  }

  /** Writes that nobody knows how a node is when it has been silent for too long. */
  async #updateHealth(node: Stored<Node>): Promise<Seen | undefined> {
    const { client, clock } = this.#context;
    const { name } = node.metadata;
    if (!this.#leases.shows(this.#leaseVersion)) return undefined;
    const lease = this.#leases.store.get({ namespace: LEASES, name });
    const now = clock.now();
    const health = observeHealth(this.#health.get(name), node, lease, now);
    this.#health.set(name, health);
    const before = nodeCondition(node.status, 'Ready')?.status ?? '';
    const { startupGracePeriod, monitorGracePeriod } = this.#options;
    const grace = before === '' ? startupGracePeriod : monitorGracePeriod;
    if (now <= health.aliveAt + grace) return { node, before, after: before };
    if (await this.#wasRenewed(name, health)) return undefined;
    if (before === 'Unknown') return { node, before, after: before };
    const conditions = silentConditions(node, now);
    const silent = { ...node, status: { ...node.status, conditions } };
    await client.update(resources.nodes, silent, { subresource: 'status' });
    this.#health.set(name, { ...health, status: silent.status, lease });
    return { node: silent, before: before === '' ? 'Unknown' : before, after: 'Unknown' };
  }

  /** Asks the API server itself before a node is given up. */
  async #wasRenewed(name: string, { lease }: NodeHealth): Promise<boolean> {
    try {
      const now = await this.#context.client.get(resources.leases, { namespace: LEASES, name });
      const { resourceVersion } = now.metadata;
      if (resourceVersion === lease?.metadata.resourceVersion) return false;
      this.#leaseVersion = resourceVersion;
      // When data was restored that is called, too, and this version will not show.
      this.#leases.whenShows(resourceVersion, () => {
        if (this.#leaseVersion === resourceVersion) this.#leaseVersion = '0';
      });
      return true;
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
      return false;
    }
  }

  async #act({ node, before, after }: Seen): Promise<void> {
    if (after === '') return;
    const { name, uid } = node.metadata;
    await this.#queueTaint(node, after).catch(this.#context.onError);
    const fell = after !== 'True' && before === 'True';
    if (fell)
      this.#recorder.event(
        { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } },
        'Normal',
        'NodeNotReady',
        `Node ${name} status is now: NodeNotReady`,
      );
    if (fell || (this.#again.has(name) && before !== 'True')) {
      try {
        await this.#markNotReady(this.#podsByNode.get(name));
      } catch (error) {
        this.#again.add(name);
        this.#context.onError(error);
        return;
      }
    }
    this.#again.delete(name);
  }

  #markNotReady(pods: readonly Stored<Pod>[]): Promise<void> {
    const { client, clock } = this.#context;
    return markPodsNotReady(client, this.#recorder, pods, clock.now());
  }

  /** A node is not ready or unreachable, never both: one taint takes the other's place at once. */
  async #queueTaint(node: Stored<Node>, status: string): Promise<void> {
    if (status === 'True') {
      await this.#markReachable(node);
      return;
    }
    const [wanted, other] =
      status === 'False' ? [notReadyTaint, unreachableTaint] : [unreachableTaint, notReadyTaint];
    if (hasTaint(node, other)) {
      await swapTaints(this.#context, node, [wanted], [other]);
      return;
    }
    const queue = this.#tainting.get(zoneOf(node));
    // Somebody has taken the taint away: it is given again.
    if (!hasTaint(node, wanted)) queue?.remove(node.metadata.name);
    queue?.add(node.metadata.name);
  }

  async #markReachable(node: Stored<Node>): Promise<void> {
    await removeTaints(this.#context, node, [unreachableTaint]);
    await removeTaints(this.#context, node, [notReadyTaint]);
    this.#tainting.get(zoneOf(node))?.remove(node.metadata.name);
  }

  /** Adapts the rates to how much of each zone is ready. */
  async #limit(
    ready: ReadonlyMap<string, readonly boolean[]>,
    nodes: readonly Stored<Node>[],
  ): Promise<void> {
    const disruption = this.#zones.observe(ready);
    switch (disruption.kind) {
      case 'began':
        for (const node of nodes) await this.#markReachable(node).catch(this.#context.onError);
        for (const zone of disruption.zones) this.#tainting.get(zone)?.setRate(0);
        return;
      case 'ended': {
        const aliveAt = this.#context.clock.now();
        for (const [name, health] of this.#health) this.#health.set(name, { ...health, aliveAt });
        break;
      }
      case 'changed':
        break;
    }
    for (const [zone, state] of disruption.zones)
      this.#tainting.get(zone)?.setRate(this.#rateIn(state, ready.get(zone)?.length ?? 0));
    this.#wakeTainting();
  }

  /** Nodes a second. Small zones that are disrupted in part are left alone. */
  #rateIn(state: ZoneState, size: number): number {
    const { evictionRate, secondaryEvictionRate, largeClusterThreshold } = this.#options;
    if (state !== 'PartialDisruption') return evictionRate;
    return size > largeClusterThreshold ? secondaryEvictionRate : 0;
  }

  /** Gives taints that have Pods evicted, at the rate of each zone. */
  async #taint(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wakeTainting(), { once: true });
    while (!signal.aborted) {
      if ([...this.#tainting.values()].some((queue) => queue.isBusy)) {
        await sleep(this.#context.clock, TAINTING_PERIOD_MS, signal).catch(() => {});
        if (signal.aborted) return;
        for (const queue of this.#tainting.values())
          await queue.work((name) => this.#taintNode(name));
      } else await new Promise<void>((resolve) => (this.#wakeTainting = resolve));
    }
  }

  async #taintNode(name: string): Promise<true | number> {
    const node = this.#nodes.get({ name });
    if (node === undefined) return true;
    const status = nodeCondition(node.status, 'Ready')?.status;
    if (status === undefined) return NO_CONDITION_RETRY_MS;
    if (status === 'True') return true;
    const isFalse = status === 'False';
    try {
      await swapTaints(
        this.#context,
        node,
        [isFalse ? notReadyTaint : unreachableTaint],
        [isFalse ? unreachableTaint : notReadyTaint],
      );
      return true;
    } catch (error) {
      this.#context.onError(error);
      return 0;
    }
  }
}
