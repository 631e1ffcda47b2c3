import type { Stored } from '../../client/resource.ts';
import type { StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodAvailable, isPodTerminal } from '../pods/pod-state.ts';
import { slowStart } from '../pods/slow-start.ts';
import { firstOrdinal, isInRange, ordinalOf, replicasOf } from './ordinals.ts';
import { newPodAtRevision, type Revisions } from './pod-identity.ts';
import { podsToReplace } from './rolling-update.ts';
import {
  countReplicas,
  isRunningAndReady,
  isTerminating,
  isUnavailable,
  type ReplicaCounts,
} from './set-status.ts';
import type { StatefulPods } from './stateful-pods.ts';

export interface SetUpdateOptions {
  readonly set: Stored<StatefulSet>;
  readonly revisions: Revisions;
  /** those the set manages */
  readonly pods: readonly Stored<Pod>[];
  readonly control: StatefulPods;
  /** UNIX milliseconds */
  readonly now: number;
}

/** A place in the set: a Pod, or one that is still to be created. */
type Replica =
  | { readonly pod: Stored<Pod>; readonly missing?: never }
  | { readonly missing: Pod; readonly pod?: never };

/** Whether nothing more is to be done this time, because something has to happen first. */
type Blocked = boolean;

/**
 * One step of a StatefulSet towards what it wants (upstream's `updateStatefulSet`). In order, unless
 * it is parallel: each Pod is created when all before it are available, and Pods that are too many go
 * from the last, one at a time; then Pods of an old revision are replaced.
 */
export class SetUpdate {
  readonly #options: SetUpdateOptions;
  readonly #replicas: readonly Replica[];
  /** outside of the range, from the last */
  readonly #condemned: readonly Stored<Pod>[];

  constructor(options: SetUpdateOptions) {
    this.#options = options;
    const { set, pods, revisions } = options;
    const first = firstOrdinal(set);
    const inRange = new Map(
      pods.filter((pod) => isInRange(pod, set)).map((pod) => [ordinalOf(pod), pod]),
    );
    this.#replicas = Array.from({ length: replicasOf(set) }, (_, place) => {
      const pod = inRange.get(first + place);
      return pod === undefined ? { missing: newPodAtRevision(revisions, first + place) } : { pod };
    });
    this.#condemned = pods
      .filter((pod) => ordinalOf(pod) >= 0 && !isInRange(pod, set))
      .toSorted((one, other) => ordinalOf(other) - ordinalOf(one));
  }

  /** What the set's status counts afterwards, and what failed, as `[error]`. */
  async run(): Promise<{
    readonly counts: ReplicaCounts;
    readonly failed: readonly [unknown] | undefined;
  }> {
    const { set } = this.#options;
    if (set.metadata.deletionTimestamp !== undefined)
      return { counts: this.#count(this.#options.pods), failed: undefined };
    let blocked = true;
    let failed: readonly [unknown] | undefined;
    try {
      blocked =
        (await this.#forAll(this.#replicas, (replica) => this.#keep(replica))) ||
        (await this.#forAll(this.#condemned, (pod) => this.#keepClaims(pod))) ||
        (await this.#forAll(this.#condemned, (pod) => this.#remove(pod)));
    } catch (error) {
      failed = [error];
    }
    const pods = [...this.#existing, ...this.#condemned];
    const counts = this.#count(pods);
    if (blocked || set.spec.updateStrategy?.type === 'OnDelete') return { counts, failed };
    return this.#replace(counts);
  }

  get #existing(): readonly Stored<Pod>[] {
    return this.#replicas.map(({ pod }) => pod).filter((pod) => pod !== undefined);
  }

  get #isInOrder(): boolean {
    return this.#options.set.spec.podManagementPolicy !== 'Parallel';
  }

  #count(pods: readonly Pod[]): ReplicaCounts {
    const { set, revisions, now } = this.#options;
    return countReplicas(pods, set, revisions, now);
  }

  /** One after the other until something blocks; all at once, in growing batches, in parallel mode. */
  async #forAll<T>(items: readonly T[], work: (item: T) => Promise<Blocked>): Promise<Blocked> {
    if (this.#isInOrder) {
      for (const item of items) if (await work(item)) return true;
      return false;
    }
    const { failed } = await slowStart(items.length, async (index) => {
      const item = items[index];
      if (item !== undefined) await work(item);
    });
    if (failed !== undefined) throw failed[0];
    return false;
  }

  async #keep({ pod, missing }: Replica): Promise<Blocked> {
    const { set, revisions, control, now } = this.#options;
    if (pod === undefined) {
      if (!control.hasStaleClaim(set, missing)) await control.create(set, missing);
      return true;
    }
    // Also after success: how a Pod that was forced to end ended says nothing of why.
    if (isPodTerminal(pod)) {
      if (!isTerminating(pod)) await control.delete(set, pod);
      return true;
    }
    if (pod.status?.phase === 'Pending') await control.createMissingClaims(set, pod);
    if (this.#isInOrder && (isTerminating(pod) || !this.#isSettled(pod, now))) return true;
    await control.repair(revisions.updateSet, pod);
    return false;
  }

  async #keepClaims(pod: Stored<Pod>): Promise<Blocked> {
    const { revisions, control } = this.#options;
    if (!control.claimsHaveOwners(revisions.updateSet, pod))
      await control.setClaimOwners(revisions.updateSet, pod);
    return false;
  }

  async #remove(pod: Stored<Pod>): Promise<Blocked> {
    const { set, control, now } = this.#options;
    if (isTerminating(pod)) return true;
    // One that is not available may go only when it is what everything else waits for.
    if (this.#isInOrder && !this.#isSettled(pod, now) && pod !== this.#firstUnavailable)
      return true;
    await control.delete(set, pod);
    return true;
  }

  #isSettled(pod: Pod, now: number): boolean {
    const { minReadySeconds = 0 } = this.#options.set.spec;
    return isRunningAndReady(pod) && isPodAvailable(pod, minReadySeconds, now);
  }

  /** Of those in range, then of the others, by ordinal. */
  get #firstUnavailable(): Stored<Pod> | undefined {
    const { set, now } = this.#options;
    for (const { pod } of this.#replicas)
      if (pod === undefined || isUnavailable(pod, set, now)) return pod;
    return this.#condemned.findLast((pod) => isUnavailable(pod, set, now));
  }

  async #replace(counts: ReplicaCounts): ReturnType<SetUpdate['run']> {
    const { set, revisions, control, now } = this.#options;
    let { currentReplicas } = counts;
    let failed: readonly [unknown] | undefined;
    // Nothing blocked, so in order all are there; in parallel mode some may just have been created.
    const replicas = this.#replicas.map(({ pod, missing }): Pod => pod ?? missing);
    try {
      for (const pod of podsToReplace(set, replicas, revisions.update, now)) {
        await control.delete(set, pod);
        currentReplicas--;
      }
    } catch (error) {
      failed = [error];
    }
    return { counts: { ...counts, currentReplicas }, failed };
  }
}
