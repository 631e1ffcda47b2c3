import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type Index } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { retryOnConflict } from '../../client/retry-on-conflict.ts';
import type {
  ControllerRevision,
  StatefulSet,
  StatefulSetStatus,
} from '../../objects/generated/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { atRevision, inOrder } from '../history/controller-revision.ts';
import { OwnWrites } from '../own-writes.ts';
import { aggregate } from '../pods/aggregate.ts';
import { claim } from '../pods/claim.ts';
import { byController, controllerOf, orphansIn } from '../pods/controller-ref.ts';
import { followDependents } from '../pods/follow-dependents.ts';
import { isPodReady, nextAvailability } from '../pods/pod-state.ts';
import { workOn } from '../work-loop.ts';
import { isMemberOf, parentOf } from './ordinals.ts';
import { revisionOf } from './pod-identity.ts';
import { findRevisions, revisionsToDelete, type SetRevisions } from './set-revisions.ts';
import { completed, isNewStatus, newStatus, type ReplicaCounts } from './set-status.ts';
import { SetUpdate } from './set-update.ts';
import { StatefulPods } from './stateful-pods.ts';

const WORKERS = 5;

type StoredSet = Stored<StatefulSet>;
type Status = StatefulSetStatus & ReplicaCounts;

/** Keeps the Pods of StatefulSets, each with a name and claims of its own (upstream's `statefulset`). */
export class StatefulSetController implements Controller {
  readonly #context: ControllerContext;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Index<Pod>;
  readonly #revisions: Index<ControllerRevision>;
  readonly #control: StatefulPods;
  readonly #writes = new OwnWrites();
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, informers, onError } = context;
    this.#queue = new WorkQueue({ clock, onError });
    this.#sets = informers.of(resources.statefulSets);
    const pods = informers.of(resources.pods);
    this.#pods = pods.store.addIndex(byController);
    this.#revisions = informers.of(resources.controllerRevisions).store.addIndex(byController);
    const claims = informers.of(resources.persistentVolumeClaims);
    this.#control = new StatefulPods({
      client,
      recorder: context.recorder('statefulset-controller'),
      pods,
      claims,
      writes: this.#writes,
    });
    const add = ({ metadata }: StoredSet): void => this.#queue.add(keyOf(metadata));
    this.#sets.addHandler({ onAdd: add, onUpdate: (_old, set) => add(set), onDelete: add });
    // A Pod may wait for one to be gone. Upstream finds out when it looks at everything again.
    claims.addHandler({
      onDelete: (claim) => setsOfClaim(claim).forEach((key) => this.#queue.add(key)),
    });
    followDependents(pods, {
      owners: this.#sets.store,
      ownerResource: resources.statefulSets,
      selectorOf: ({ spec }) => labelSelectorOf(spec.selector),
      onChange: add,
      onUpdated: (set, old, pod) => {
        const { minReadySeconds = 0 } = set.spec;
        if (minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod))
          this.#queue.addAfter(keyOf(set.metadata), minReadySeconds * 1000);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  async #sync(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const set = this.#sets.store.getByKey(key);
    if (set === undefined) {
      this.#writes.forget(key);
      return;
    }
    await this.#adoptRevisions(set);
    const pods = await this.#claimPods(set);
    const now = this.#context.clock.now();
    const status = await this.#update(set, pods, now);
    this.#lookAgain(set, pods, status, now);
  }

  /** When a Pod that is ready becomes available nobody says so. */
  #lookAgain(
    { metadata, spec }: StoredSet,
    pods: readonly Pod[],
    { readyReplicas, availableReplicas }: Status,
    now: number,
  ): void {
    const { minReadySeconds = 0 } = spec;
    if (minReadySeconds === 0 || readyReplicas === availableReplicas) return;
    const next = nextAvailability(pods, minReadySeconds, now, this.#context.clock.now());
    this.#queue.addAfter(keyOf(metadata), next ?? minReadySeconds * 1000);
  }

  async #claimPods(set: StoredSet): Promise<Stored<Pod>[]> {
    const { uid, namespace } = set.metadata;
    const candidates = [...this.#pods.get(uid), ...this.#pods.get(orphansIn(namespace))];
    return claim(candidates, {
      client: this.#context.client,
      resource: resources.pods,
      owner: set,
      ownerResource: resources.statefulSets,
      selector: labelSelectorOf(set.spec.selector),
      filter: (pod) => isMemberOf(set, pod),
    });
  }

  /** In order. */
  #revisionsOf({ metadata, spec }: StoredSet): Stored<ControllerRevision>[] {
    const selector = labelSelectorOf(spec.selector);
    return inOrder(
      [
        ...this.#revisions.get(metadata.uid),
        ...this.#revisions.get(orphansIn(metadata.namespace)),
      ].filter((revision) => matchesLabels(selector, revision.metadata.labels)),
    );
  }

  async #adoptRevisions(set: StoredSet): Promise<void> {
    const orphans = this.#revisionsOf(set).filter(
      (revision) => controllerOf(revision) === undefined,
    );
    await claim(orphans, {
      client: this.#context.client,
      resource: resources.controllerRevisions,
      owner: set,
      ownerResource: resources.statefulSets,
      selector: labelSelectorOf(set.spec.selector),
    });
  }

  async #update(set: StoredSet, pods: readonly Stored<Pod>[], now: number): Promise<Status> {
    const { client } = this.#context;
    const revisions = this.#revisionsOf(set);
    const failures: unknown[] = [];
    let found: SetRevisions | undefined;
    let status: Status | undefined;
    try {
      found = await findRevisions(client, set, revisions);
      status = await this.#step(set, found, pods, now);
    } catch (error) {
      failures.push(error);
    }
    const { current, update } = found ?? {};
    const inUse = new Set([
      ...pods.map(revisionOf),
      ...[current, update].map((revision) => revision?.metadata.name ?? ''),
    ]);
    try {
      for (const { metadata } of revisionsToDelete(set, revisions, inUse))
        await client.delete(resources.controllerRevisions, metadata);
    } catch (error) {
      failures.push(error);
    }
    if (status === undefined || failures.length > 0) throw aggregate(failures);
    return status;
  }

  async #step(
    set: StoredSet,
    { current, update, collisionCount }: SetRevisions,
    pods: readonly Stored<Pod>[],
    now: number,
  ): Promise<Status> {
    const { counts, failed } = await new SetUpdate({
      set,
      revisions: {
        currentSet: atRevision(set, current),
        updateSet: atRevision(set, update),
        current: current.metadata.name,
        update: update.metadata.name,
      },
      pods,
      control: this.#control,
      now,
    }).run();
    const status = completed(set, {
      ...newStatus(set, current, update, collisionCount),
      ...counts,
    });
    try {
      await this.#writeStatus(set, status);
    } catch (error) {
      // What went wrong before says more.
      throw failed === undefined ? error : failed[0];
    }
    if (failed !== undefined) throw failed[0];
    return status;
  }

  async #writeStatus(set: StoredSet, status: Status): Promise<void> {
    if (!isNewStatus(set, status)) return;
    const { client } = this.#context;
    const written = await retryOnConflict(async (tries) => {
      const newest = tries === 1 ? set : await client.get(resources.statefulSets, set.metadata);
      const changed = { ...newest, status };
      return client.update(resources.statefulSets, changed, { subresource: 'status' });
    });
    this.#writes.add(keyOf(set.metadata), this.#sets, written);
  }
}

/** Keys of the sets whose Pods owned the claim. */
function setsOfClaim({ metadata }: Stored<PersistentVolumeClaim>): readonly string[] {
  const { namespace = '', ownerReferences = [] } = metadata;
  return ownerReferences
    .filter(({ kind }) => kind === 'Pod')
    .map(({ name }) => keyOf({ namespace, name: parentOf(name) }));
}
