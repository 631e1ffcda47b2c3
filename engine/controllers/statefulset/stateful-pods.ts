import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { OwnWrites } from '../own-writes.ts';
import { aggregate } from '../pods/aggregate.ts';
import {
  hasConflictingController,
  hasWantedOwners,
  isStaleFor,
  keepsWhenScaled,
  withWantedOwners,
} from './claim-owners.ts';
import { ordinalOf } from './ordinals.ts';
import {
  claimNames,
  claimsOf,
  hasIdentity,
  hasStorage,
  withIdentity,
  withStorage,
} from './pod-identity.ts';

export interface StatefulPodsOptions {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly pods: Informer<Pod>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly writes: OwnWrites;
}

type StoredSet = Stored<StatefulSet>;
type Verb = 'Create' | 'Update' | 'Delete';

/** Writes Pods of StatefulSets and their claims, and says so in events (upstream's `StatefulPodControl`). */
export class StatefulPods {
  readonly #options: StatefulPodsOptions;

  constructor(options: StatefulPodsOptions) {
    this.#options = options;
  }

  /** With the claims it needs. */
  async create(set: StoredSet, pod: Pod): Promise<void> {
    try {
      await this.#createClaims(set, ordinalOf(pod));
    } catch (error) {
      this.#tell('Create', set, pod, error);
      throw error;
    }
    let failure: unknown[] = [];
    try {
      const { client, pods, writes } = this.#options;
      writes.add(keyOf(set.metadata), pods, await client.create(resources.pods, pod));
    } catch (error) {
      if (reasonOf(error) === 'AlreadyExists') throw error;
      failure = [error];
    }
    await this.#ownClaims(set, pod);
    this.#tell('Create', set, pod, ...failure);
    if (failure.length > 0) throw failure[0];
  }

  /** One that is gone already is deleted. */
  async delete(set: StoredSet, pod: Pod): Promise<void> {
    try {
      await this.#options.client.delete(resources.pods, pod.metadata);
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') {
        this.#tell('Delete', set, pod, error);
        throw error;
      }
    }
    this.#tell('Delete', set, pod);
  }

  /** Gives it back the identity, the volumes and the owners of its claims that it is to have. */
  async repair(set: StoredSet, pod: Stored<Pod>): Promise<void> {
    const hasClaimOwners = this.claimsHaveOwners(set, pod);
    if (hasIdentity(set, pod) && hasStorage(set, pod) && hasClaimOwners) return;
    let repaired = hasIdentity(set, pod) ? pod : withIdentity(set, pod);
    try {
      if (!hasStorage(set, repaired)) {
        repaired = withStorage(set, repaired);
        await this.#createClaims(set, ordinalOf(repaired));
      }
      if (!hasClaimOwners) await this.setClaimOwners(set, repaired);
      const { client, pods, writes } = this.#options;
      writes.add(keyOf(set.metadata), pods, await client.update(resources.pods, repaired));
    } catch (error) {
      this.#tell('Update', set, repaired, error);
      throw error;
    }
    this.#tell('Update', set, repaired);
  }

  /** For a Pod that waits to run: perhaps because they are missing. */
  async createMissingClaims(set: StoredSet, pod: Stored<Pod>): Promise<void> {
    await this.#createClaims(set, ordinalOf(pod));
    await this.#ownClaims(set, pod);
  }

  /** Whether a claim of this ordinal is about to go with an earlier Pod, so that a new one has to wait. */
  hasStaleClaim(set: StoredSet, pod: Pod): boolean {
    return (
      !keepsWhenScaled(set) && this.#claimsOf(set, pod).some((claim) => isStaleFor(claim, pod))
    );
  }

  claimsHaveOwners(set: StoredSet, pod: Pod): boolean {
    return this.#claimsOf(set, pod).every((claim) => hasWantedOwners(claim, { set, pod }));
  }

  async setClaimOwners(set: StoredSet, pod: Pod): Promise<void> {
    const { client, recorder, claims, writes } = this.#options;
    for (const claim of this.#claimsOf(set, pod)) {
      const { name } = claim.metadata;
      if (hasConflictingController(claim, { set, pod }))
        recorder.event(
          set,
          'Warning',
          'ConflictingController',
          `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`,
        );
      if (hasWantedOwners(claim, { set, pod })) continue;
      try {
        const owned = withWantedOwners(claim, { set, pod });
        const updated = await client.update(resources.persistentVolumeClaims, owned);
        writes.add(keyOf(set.metadata), claims, updated);
      } catch (error) {
        const why = `could not update claim ${name} for delete policy ownerRefs: ${messageOf(error)}`;
        throw new Error(why, { cause: error });
      }
    }
  }

  async #ownClaims(set: StoredSet, pod: Pod): Promise<void> {
    try {
      await this.setClaimOwners(set, pod);
    } catch (error) {
      this.#tell('Update', set, pod, error);
      throw error;
    }
  }

  /** Those that are there. */
  #claimsOf(set: StoredSet, pod: Pod): Stored<PersistentVolumeClaim>[] {
    const { store } = this.#options.claims;
    const { namespace = '' } = set.metadata;
    return claimNames(set, ordinalOf(pod))
      .map((name) => store.get({ namespace, name }))
      .filter((claim) => claim !== undefined);
  }

  /** @throws what failed, after all have been tried */
  async #createClaims(set: StoredSet, ordinal: number): Promise<void> {
    const { client, claims, writes } = this.#options;
    const errors: Error[] = [];
    for (const claim of claimsOf(set, ordinal)) {
      const { name = '' } = claim.metadata;
      const existing = claims.store.get(claim.metadata);
      if (existing !== undefined) {
        if (existing.metadata.deletionTimestamp !== undefined)
          errors.push(new Error(`pvc ${name} is being deleted`));
        continue;
      }
      try {
        const created = await client.create(resources.persistentVolumeClaims, claim);
        writes.add(keyOf(set.metadata), claims, created);
        this.#tellOfClaim(set, ordinal, name);
      } catch (error) {
        errors.push(
          new Error(`failed to create PVC ${name}: ${messageOf(error)}`, { cause: error }),
        );
        if (reasonOf(error) !== 'AlreadyExists') this.#tellOfClaim(set, ordinal, name, error);
      }
    }
    if (errors.length > 0) throw aggregate(errors);
  }

  /** @param failure what went wrong, if anything */
  #tell(verb: Verb, set: StoredSet, { metadata }: Pod, ...failure: unknown[]): void {
    const what = `${verb} Pod ${metadata.name} in StatefulSet ${set.metadata.name}`;
    if (failure.length === 0)
      this.#options.recorder.event(set, 'Normal', `Successful${verb}`, `${what} successful`);
    else this.#warn(set, `Failed${verb}`, what, failure[0]);
  }

  #tellOfClaim(set: StoredSet, ordinal: number, claim: string, ...failure: unknown[]): void {
    const { name } = set.metadata;
    const where = `Pod ${name}-${ordinal} in StatefulSet ${name}`;
    if (failure.length === 0)
      this.#options.recorder.event(
        set,
        'Normal',
        'SuccessfulCreate',
        `Create Claim ${claim} ${where} success`,
      );
    else this.#warn(set, 'FailedCreate', `Create Claim ${claim} for ${where}`, failure[0]);
  }

  #warn(set: StoredSet, reason: string, what: string, error: unknown): void {
    const message = `${what} failed error: ${messageOf(error)}`;
    this.#options.recorder.event(set, 'Warning', reason, message);
  }
}
