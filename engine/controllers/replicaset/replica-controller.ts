import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type Index } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ReplicaSetStatus } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { matchesLabels } from '../../objects/selectors/label-selector.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { OwnWrites } from '../own-writes.ts';
import { claim } from '../pods/claim.ts';
import { byController, controllerOf, orphansIn } from '../pods/controller-ref.ts';
import { inDeletionOrder } from '../pods/deletion-order.ts';
import { Expectations } from '../pods/expectations.ts';
import { followDependents } from '../pods/follow-dependents.ts';
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts';
import { isPodActive, isPodReady, isPodTerminating, nextAvailability } from '../pods/pod-state.ts';
import { slowStart } from '../pods/slow-start.ts';
import { workOn } from '../work-loop.ts';
import type { ReplicaKind, ReplicaOwner } from './replica-kinds.ts';
import { isSameStatus, replicaStatus } from './replica-status.ts';

const WORKERS = 5;
/** Pods that are created or deleted before it looks again (upstream's `BurstReplicas`). */
const BURST = 500;

/**
 * Keeps as many Pods as each owner of one kind wants (upstream's `ReplicaSetController`, which is its
 * `ReplicationManager` too).
 */
export class ReplicaController<Owner extends ReplicaOwner> implements Controller {
  readonly #context: ControllerContext;
  readonly #kind: ReplicaKind<Owner>;
  readonly #owners: Informer<Owner>;
  readonly #ownersByController: Index<Owner>;
  readonly #pods: Informer<Pod>;
  readonly #podsByController: Index<Pod>;
  readonly #control: PodControl<Owner>;
  readonly #expectations: Expectations;
  readonly #writes = new OwnWrites();
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext, kind: ReplicaKind<Owner>) {
    const { client, clock, informers, onError } = context;
    this.#context = context;
    this.#kind = kind;
    const recorder = context.recorder(kind.component);
    this.#control = new PodControl({ client, recorder, ownerResource: kind.resource });
    this.#expectations = new Expectations(clock);
    this.#queue = new WorkQueue({ clock, onError });
    this.#owners = informers.of(kind.resource);
    this.#ownersByController = this.#owners.store.addIndex(byController);
    this.#pods = informers.of(resources.pods);
    this.#podsByController = this.#pods.store.addIndex(byController);
    const add = ({ metadata }: Stored<Owner>): void => this.#queue.add(keyOf(metadata));
    this.#owners.addHandler({
      onAdd: add,
      onUpdate: (_old, owner) => add(owner),
      onDelete: (owner) => {
        // Another one of the same name begins anew.
        this.#forget(keyOf(owner.metadata));
        add(owner);
      },
    });
    followDependents(this.#pods, {
      owners: this.#owners.store,
      ownerResource: kind.resource,
      selectorOf: (owner) => kind.selectorOf(owner),
      onChange: add,
      onCreated: ({ metadata }) => this.#expectations.creationObserved(keyOf(metadata)),
      onDeleted: ({ metadata }, pod) =>
        this.#expectations.deletionObserved(keyOf(metadata), keyOf(pod.metadata)),
      onUpdated: ({ metadata, spec }, old, pod) => {
        const { minReadySeconds = 0 } = spec ?? {};
        if (minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod))
          this.#queue.addAfter(keyOf(metadata), minReadySeconds * 1000);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  #forget(key: string): void {
    this.#expectations.forget(key);
    this.#writes.forget(key);
  }

  async #sync(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const owner = this.#owners.store.getByKey(key);
    if (owner === undefined) {
      this.#forget(key);
      return;
    }
    const { clock } = this.#context;
    const isSettled = this.#expectations.satisfied(key);
    const selector = this.#kind.selectorOf(owner);
    const { uid, namespace, deletionTimestamp } = owner.metadata;
    const own = this.#podsByController.get(uid);
    const active = await claim(
      [...own, ...this.#podsByController.get(orphansIn(namespace))].filter(isPodActive),
      {
        client: this.#context.client,
        resource: resources.pods,
        owner,
        ownerResource: this.#kind.resource,
        selector,
        onWritten: (pod) => this.#writes.add(key, this.#pods, pod),
      },
    );
    const terminating = own.filter(
      (pod) => isPodTerminating(pod) && matchesLabels(selector, pod.metadata.labels),
    );
    const failed =
      isSettled && deletionTimestamp === undefined
        ? await this.#manage(key, owner, active)
        : undefined;
    const now = clock.now();
    const status = replicaStatus(owner, {
      active,
      terminating: this.#kind.reportsTerminating ? terminating : undefined,
      failed,
      now,
    });
    await this.#writeStatus(owner, status);
    if (failed !== undefined) throw failed[0];
    const { minReadySeconds = 0 } = owner.spec ?? {};
    if (minReadySeconds > 0 && status.readyReplicas !== status.availableReplicas) {
      const next = nextAvailability(active, minReadySeconds, now, clock.now());
      this.#queue.addAfter(key, next ?? minReadySeconds * 1000);
    }
  }

  /** Creates what is missing or deletes what is too many. Returns what failed. */
  async #manage(
    key: string,
    owner: Stored<Owner>,
    active: readonly Stored<Pod>[],
  ): Promise<readonly [unknown] | undefined> {
    const surplus = active.length - (owner.spec?.replicas ?? 0);
    if (surplus < 0) return this.#create(key, owner, Math.min(-surplus, BURST));
    if (surplus > 0) return this.#delete(key, owner, active, Math.min(surplus, BURST));
    return undefined;
  }

  async #create(key: string, owner: Stored<Owner>, count: number) {
    this.#expectations.expectCreations(key, count);
    const template = owner.spec?.template ?? {};
    const { succeeded, failed } = await slowStart(count, async () => {
      try {
        this.#writes.add(key, this.#pods, await this.#control.create(template, owner));
      } catch (error) {
        // Nothing can be created any more, and nothing needs to be done about it.
        if (!isNamespaceTerminating(error)) throw error;
      }
    });
    // What was not created will not be seen.
    if (succeeded < count) this.#expectations.creationObserved(key, count - succeeded);
    return failed;
  }

  async #delete(
    key: string,
    owner: Stored<Owner>,
    active: readonly Stored<Pod>[],
    count: number,
  ): Promise<readonly [unknown] | undefined> {
    const leaving = count < active.length ? this.#inOrder(owner, active).slice(0, count) : active;
    const keys = leaving.map(({ metadata }) => keyOf(metadata));
    this.#expectations.expectDeletions(key, keys);
    const results = await Promise.allSettled(
      leaving.map(async (pod) => {
        try {
          await this.#control.delete(pod, owner);
        } catch (error) {
          this.#expectations.deletionObserved(key, keyOf(pod.metadata));
          if (reasonOf(error) !== 'NotFound') throw error;
        }
      }),
    );
    const rejected = results.find((result) => result.status === 'rejected');
    return rejected === undefined ? undefined : [rejected.reason];
  }

  /** Nodes that hold many of them, or of those that its own owner keeps, give some away first. */
  #inOrder(owner: Stored<Owner>, active: readonly Stored<Pod>[]): Stored<Pod>[] {
    const perNode = new Map<string, number>();
    for (const { spec } of this.#related(owner).filter(isPodActive)) {
      const { nodeName = '' } = spec;
      perNode.set(nodeName, (perNode.get(nodeName) ?? 0) + 1);
    }
    const rankOf = ({ spec }: Stored<Pod>): number => perNode.get(spec.nodeName ?? '') ?? 0;
    return inDeletionOrder(active, rankOf, this.#context.clock.now());
  }

  /** The Pods of all that have the same owner as this one. */
  #related(owner: Stored<Owner>): readonly Stored<Pod>[] {
    const controller = controllerOf(owner);
    if (controller === undefined) return [];
    const selectors = this.#ownersByController
      .get(controller.uid)
      .map((related) => this.#kind.selectorOf(related));
    return this.#pods.store
      .list(owner.metadata.namespace)
      .filter(({ metadata }) =>
        selectors.some((selector) => matchesLabels(selector, metadata.labels)),
      );
  }

  /** When it was changed meanwhile, the same is written once more over what it has become. */
  async #writeStatus(owner: Stored<Owner>, status: ReplicaSetStatus): Promise<void> {
    if (isSameStatus(owner, status)) return;

    const { client } = this.#context;
    const { resource, withStatus } = this.#kind;
    const write = (over: Stored<Owner>): Promise<Stored<Owner>> =>
      client.update(resource, withStatus(over, status), { subresource: 'status' });
    try {
      const written = await write(owner).catch(async () =>
        write(await client.get(resource, owner.metadata)),
      );
      this.#writes.add(keyOf(owner.metadata), this.#owners, written);
    } catch (error) {
      // It is gone, and with it what was to be said of it.
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
