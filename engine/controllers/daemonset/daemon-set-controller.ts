import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type Index } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ControllerRevision, DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { podsByNode } from '../nodes/pods-by-node.ts';
import { OwnWrites } from '../own-writes.ts';
import { aggregate } from '../pods/aggregate.ts';
import { claim } from '../pods/claim.ts';
import { byController, controllerOf, orphansIn } from '../pods/controller-ref.ts';
import { Expectations } from '../pods/expectations.ts';
import { followDependents } from '../pods/follow-dependents.ts';
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts';
import { isPodReady, isPodTerminal } from '../pods/pod-state.ts';
import { slowStart } from '../pods/slow-start.ts';
import { workOn } from '../work-loop.ts';
import { DaemonHistory } from './daemon-history.ts';
import { daemonTemplate, forNode, HASH_LABEL, targetNode } from './daemon-pod.ts';
import { countDaemons, isNewCount, type DaemonCounts } from './daemon-status.ts';
import { FailedPodsBackoff } from './failed-pods-backoff.ts';
import { nodeFitOf } from './node-fit.ts';
import { decideOnNode } from './pods-on-node.ts';
import { rollingUpdateStep } from './rolling-update.ts';

const WORKERS = 2;
/** Pods that are created or deleted before it looks again. */
const BURST = 250;

type StoredSet = Stored<DaemonSet>;
type PodsByNode = ReadonlyMap<string, readonly Stored<Pod>[]>;

/** Keeps a Pod of each DaemonSet on each node that it is for (upstream's `daemon`). */
export class DaemonSetController implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #podsByOwner: Index<Pod>;
  readonly #podsByNodeName: Index<Pod>;
  readonly #history: DaemonHistory;
  readonly #control: PodControl<DaemonSet>;
  readonly #expectations: Expectations;
  readonly #writes = new OwnWrites();
  readonly #backoff: FailedPodsBackoff;
  readonly #queue: WorkQueue;
  /** names of nodes that changed */
  readonly #nodeQueue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, informers, onError } = context;
    this.#recorder = context.recorder('daemonset-controller');
    this.#queue = new WorkQueue({ clock, onError });
    this.#nodeQueue = new WorkQueue({ clock, onError });
    this.#expectations = new Expectations(clock);
    this.#backoff = new FailedPodsBackoff(clock);
    this.#sets = informers.of(resources.daemonSets);
    this.#pods = informers.of(resources.pods);
    this.#nodes = informers.of(resources.nodes);
    this.#podsByOwner = this.#pods.store.addIndex(byController);
    this.#podsByNodeName = podsByNode(this.#pods.store);
    const revisions = informers.of(resources.controllerRevisions);
    this.#history = new DaemonHistory(client, revisions.store.addIndex(byController));
    this.#control = new PodControl({
      client,
      recorder: this.#recorder,
      ownerResource: resources.daemonSets,
    });
    this.#follow(revisions);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key)),
      workOn(this.#nodeQueue, WORKERS, signal, async (name) => this.#onNode(name)),
    ]);
  }

  #follow(revisions: Informer<ControllerRevision>): void {
    const add = ({ metadata }: StoredSet): void => this.#queue.add(keyOf(metadata));
    this.#sets.addHandler({
      onAdd: add,
      onUpdate: (_old, set) => add(set),
      onDelete: (set) => {
        this.#forget(keyOf(set.metadata));
        add(set);
      },
    });
    const owned = {
      owners: this.#sets.store,
      ownerResource: resources.daemonSets,
      selectorOf: ({ spec }: DaemonSet) => labelSelectorOf(spec.selector),
      onChange: add,
    };
    followDependents(revisions, owned);
    followDependents(this.#pods, {
      ...owned,
      onCreated: ({ metadata }) => this.#expectations.creationObserved(keyOf(metadata)),
      onDeleted: ({ metadata }) => this.#expectations.deletionObserved(keyOf(metadata)),
      onUpdated: ({ metadata, spec }, old, pod) => {
        const { minReadySeconds = 0 } = spec;
        // A second more, since times have no parts of a second.
        if (minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod))
          this.#queue.addAfter(keyOf(metadata), (minReadySeconds + 1) * 1000);
      },
    });
    this.#nodes.addHandler({
      onAdd: ({ metadata }) => this.#nodeQueue.add(metadata.name),
      onUpdate: (old, node) => {
        const isSame =
          jsonEqual(old.metadata.labels, node.metadata.labels) &&
          jsonEqual(old.spec.taints, node.spec.taints);
        if (!isSame) this.#nodeQueue.add(node.metadata.name);
      },
    });
  }

  #forget(key: string): void {
    this.#expectations.forget(key);
    this.#writes.forget(key);
  }

  /** Looks at those sets that the node matters to as it is now. */
  #onNode(name: string): void {
    const node = this.#nodes.store.get({ name });
    if (node === undefined) return;
    const occupied = new Set(
      this.#podsByNodeName.get(name).flatMap((pod) => {
        const owner = controllerOf(pod);
        const { namespace = '' } = pod.metadata;
        return owner?.kind === 'DaemonSet' ? [keyOf({ namespace, name: owner.name })] : [];
      }),
    );
    for (const set of this.#sets.store.list()) {
      const { runs, stays } = nodeFitOf(set)(node);
      const key = keyOf(set.metadata);
      const isThere = occupied.has(key);
      const isMisscheduled = (set.status?.numberMisscheduled ?? 0) > 0;
      if (isThere ? !stays || isMisscheduled : runs) this.#queue.add(key);
    }
  }

  async #sync(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const set = this.#sets.store.getByKey(key);
    if (set === undefined) return this.#forget(key);
    if (Object.keys(set.spec.selector).length === 0) {
      const text = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#recorder.event(set, 'Warning', 'SelectingAll', text);
      return;
    }
    // What it owned may be gone already, so nothing can be said of it.
    if (set.metadata.deletionTimestamp !== undefined) return;
    const { current, old } = await this.#history.construct(set, () => this.#claimPods(set));
    const hash = current.metadata.labels?.[HASH_LABEL] ?? '';
    if (!this.#expectations.satisfied(key)) {
      await this.#updateStatus(set, hash, false);
      return;
    }
    let failed: readonly [unknown] | undefined;
    try {
      await this.#manage(set, hash);
      const { type } = set.spec.updateStrategy ?? {};
      if (type === 'RollingUpdate' && this.#expectations.satisfied(key))
        await this.#rollOut(set, hash);
      await this.#history.cleanUp(set, old, await this.#claimPods(set));
    } catch (error) {
      failed = [error];
    }
    try {
      await this.#updateStatus(set, hash, true);
    } catch (error) {
      failed ??= [error];
    }
    if (failed !== undefined) throw failed[0];
  }

  async #claimPods(set: StoredSet): Promise<readonly Stored<Pod>[]> {
    const { uid, namespace } = set.metadata;
    return claim([...this.#podsByOwner.get(uid), ...this.#podsByOwner.get(orphansIn(namespace))], {
      client: this.#context.client,
      resource: resources.pods,
      owner: set,
      ownerResource: resources.daemonSets,
      selector: labelSelectorOf(set.spec.selector),
    });
  }

  async #podsByNode(set: StoredSet): Promise<PodsByNode> {
    const byNode = new Map<string, Stored<Pod>[]>();
    for (const pod of await this.#claimPods(set)) {
      // What has ended and is about to go is no longer ours to care for.
      if (isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined) continue;
      const node = targetNode(pod);
      if (node === undefined) continue;
      const others = byNode.get(node);
      if (others === undefined) byNode.set(node, [pod]);
      else others.push(pod);
    }
    return byNode;
  }

  async #manage(set: StoredSet, hash: string): Promise<void> {
    const pods = await this.#podsByNode(set);
    const fits = nodeFitOf(set);
    const now = this.#context.clock.now();
    const create: string[] = [];
    const remove: Stored<Pod>[] = [];
    const nodes = this.#nodes.store.list();
    for (const node of nodes) {
      const { name } = node.metadata;
      const decision = decideOnNode(set, fits(node), pods.get(name), hash, now);
      if (decision.create) create.push(name);
      remove.push(...decision.remove);
      remove.push(...decision.failed.filter((pod) => this.#mayRemoveFailed(set, pod, name)));
      for (const pod of decision.succeeded) {
        const text = `Found succeeded daemon pod ${keyOf(pod.metadata)} on node ${name}, will try to delete it`;
        this.#recorder.event(set, 'Normal', 'SucceededDaemonPod', text);
        remove.push(pod);
      }
    }
    // Nobody else removes those that wait for a node which is no more.
    const known = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const [node, waiting] of pods)
      if (!known.has(node))
        remove.push(...waiting.filter(({ spec }) => (spec.nodeName ?? '') === ''));
    await this.#createAndDelete(set, hash, create, remove);
  }

  /** Not again at once: whatever makes them fail there may last. */
  #mayRemoveFailed(set: StoredSet, { metadata }: Stored<Pod>, node: string): boolean {
    const key = `${set.metadata.uid}/${set.status?.observedGeneration ?? 0}/${node}`;
    const delay = this.#backoff.delayOf(key);
    if (delay > 0) {
      this.#queue.addAfter(keyOf(set.metadata), delay);
      return false;
    }
    this.#backoff.next(key);
    const text = `Found failed daemon pod ${keyOf(metadata)} on node ${node}, will try to kill it`;
    this.#recorder.event(set, 'Warning', 'FailedDaemonPod', text);
    return true;
  }

  async #rollOut(set: StoredSet, hash: string): Promise<void> {
    const pods = await this.#podsByNode(set);
    const now = this.#context.clock.now();
    const nodes = this.#nodes.store.list();
    const { createOn, remove } = rollingUpdateStep({ set, nodes, pods, hash, now });
    await this.#createAndDelete(set, hash, createOn, remove);
  }

  async #createAndDelete(
    set: StoredSet,
    hash: string,
    nodes: readonly string[],
    pods: readonly Stored<Pod>[],
  ): Promise<void> {
    const key = keyOf(set.metadata);
    const create = nodes.slice(0, BURST);
    const remove = pods.slice(0, BURST);
    this.#expectations.expect(key, create.length, remove.length);
    const template = daemonTemplate(set, hash);
    const errors: unknown[] = [];
    let created = 0;
    await slowStart(create.length, async (index) => {
      created++;
      try {
        const pod = await this.#control.create(forNode(template, create[index] ?? ''), set);
        this.#writes.add(key, this.#pods, pod);
      } catch (error) {
        // Nothing can be created in a namespace that is about to go.
        if (isNamespaceTerminating(error)) return;
        this.#expectations.creationObserved(key);
        errors.push(error);
        throw error;
      }
    });
    this.#expectations.creationObserved(key, create.length - created);
    await Promise.all(
      remove.map(async (pod) => {
        try {
          await this.#control.delete(pod, set);
        } catch (error) {
          this.#expectations.deletionObserved(key);
          if (reasonOf(error) !== 'NotFound') errors.push(error);
        }
      }),
    );
    if (errors.length > 0) throw aggregate(errors);
  }

  /** @param isHandled what the set wants has been acted on, not only counted */
  async #updateStatus(set: StoredSet, hash: string, isHandled: boolean): Promise<void> {
    const pods = await this.#podsByNode(set);
    const now = this.#context.clock.now();
    const counts = countDaemons(set, this.#nodes.store.list(), pods, hash, now);
    if (isNewCount(set, counts)) await this.#writeStatus(set, counts, isHandled);
    const { minReadySeconds = 0 } = set.spec;
    if (minReadySeconds > 0 && counts.numberReady !== counts.numberAvailable)
      this.#queue.addAfter(keyOf(set.metadata), minReadySeconds * 1000);
  }

  /** Once more when somebody else was quicker. */
  async #writeStatus(set: StoredSet, counts: DaemonCounts, isHandled: boolean): Promise<void> {
    const { client } = this.#context;
    const observed = isHandled ? { observedGeneration: set.metadata.generation ?? 0 } : {};
    const write = (to: StoredSet) =>
      client.update(
        resources.daemonSets,
        { ...to, status: { ...to.status, ...counts, ...observed } },
        { subresource: 'status' },
      );
    const written = await write(set).catch(async () =>
      write(await client.get(resources.daemonSets, set.metadata)),
    );
    this.#writes.add(keyOf(set.metadata), this.#sets, written);
  }
}
