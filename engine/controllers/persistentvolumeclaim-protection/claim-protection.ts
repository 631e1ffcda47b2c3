import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type Index } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import { claimsOf, isMadeFor } from '../../objects/volumes/claims.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isPodTerminal } from '../pods/pod-state.ts';
import { hasFinalizer, withFinalizer, withoutFinalizer } from '../volumes/finalizers.ts';
import { claimKeysOf, podsByClaim } from '../volumes/pods-by-claim.ts';
import { workOn } from '../work-loop.ts';

const FINALIZER = 'kubernetes.io/pvc-protection';

/** Whether a Pod holds a claim: it has a node and has not ended. */
function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if ((pod.spec.nodeName ?? '') === '' || isPodTerminal(pod)) return false;
  return claimsOf(pod).some(
    ({ name, isEphemeral }) =>
      name === claim.metadata.name && (!isEphemeral || isMadeFor(claim, pod)),
  );
}

/** Lets a claim that is deleted go only once no Pod uses it (upstream's `pvcprotection`). */
export class ClaimProtection implements Controller {
  readonly #context: ControllerContext;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #podsByClaim: Index<Pod>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    this.#claims = informers.of(resources.persistentVolumeClaims);
    const pods = informers.of(resources.pods);
    this.#podsByClaim = podsByClaim(pods.store);
    const add = (claim: Stored<PersistentVolumeClaim>): void => {
      const isDeleted = claim.metadata.deletionTimestamp !== undefined;
      if (hasFinalizer(claim, FINALIZER) === isDeleted) this.#queue.add(keyOf(claim.metadata));
    };
    this.#claims.addHandler({ onAdd: add, onUpdate: (_old, claim) => add(claim) });
    const addClaimsOf = (pod: Stored<Pod>): void => {
      for (const key of claimKeysOf(pod)) this.#queue.add(key);
    };
    pods.addHandler({
      onUpdate: (old, pod) => {
        const isOver = isPodTerminal(pod) && !isPodTerminal(old);
        const isAnother = old.metadata.uid !== pod.metadata.uid;
        if (isOver || isAnother) addClaimsOf(old);
      },
      onDelete: addClaimsOf,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, 1, signal, (key) => this.#sync(key));
  }

  async #sync(key: string): Promise<void> {
    const claim = this.#claims.store.getByKey(key);
    if (claim === undefined) return;
    const isDeleted = claim.metadata.deletionTimestamp !== undefined;
    if (hasFinalizer(claim, FINALIZER) !== isDeleted) return;
    if (isDeleted && (await this.#isUsed(claim))) return;
    const changed = isDeleted
      ? withoutFinalizer(claim, FINALIZER)
      : withFinalizer(claim, FINALIZER);
    try {
      await this.#context.client.update(resources.persistentVolumeClaims, changed);
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  /** A Pod that informers do not show yet would lose its data: the API server is asked too. */
  async #isUsed(claim: Stored<PersistentVolumeClaim>): Promise<boolean> {
    const known = this.#podsByClaim.get(keyOf(claim.metadata));
    if (known.some((pod) => uses(pod, claim))) return true;
    const { namespace = '' } = claim.metadata;
    const { items } = await this.#context.client.list(resources.pods, { namespace });
    return items.some((pod) => uses(pod, claim));
  }
}
