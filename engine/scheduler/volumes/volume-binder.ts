import type { Client } from '../../client/client.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import { resources } from '../../client/resources.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
} from '../../objects/generated/core-v1.generated.ts';
import type {
  CSIStorageCapacity,
  StorageClass,
} from '../../objects/generated/storage-v1.generated.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import { amountOf } from '../../objects/amount-of.ts';
import type { ClusterStores } from '../cache/cluster-stores.ts';
import type { SelectableNode } from '../../objects/selectors/node-selector.ts';
import { AssumedObjects } from './assumed-objects.ts';
import {
  isReachable,
  matchingVolume,
  storageRequestOf,
} from '../../objects/volumes/matching-volume.ts';
import {
  classOf,
  isBound,
  SELECTED_NODE,
  withAnnotation,
  withClaim,
} from '../../objects/volumes/claims.ts';

const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** What of a Pod's claims is left to do once it has a node. */
export interface PodVolumes {
  /** volumes that are there, and the claims that get them */
  readonly bindings: readonly {
    readonly volume: PersistentVolume;
    readonly claim: PersistentVolumeClaim;
  }[];
  /** claims for which volumes are made */
  readonly provisions: readonly {
    readonly claim: PersistentVolumeClaim;
    /** what of the storage near the node is left, if its driver says */
    readonly capacity: CSIStorageCapacity | undefined;
  }[];
}

/** Why a node cannot have the Pod's volumes. */
export type VolumeProblem = 'nodeConflict' | 'noVolume' | 'notEnoughSpace' | 'volumeMissing';

/** Finds volumes for the claims of Pods on nodes, and binds them. */
export class VolumeBinder {
  readonly claims: AssumedObjects<PersistentVolumeClaim>;
  readonly #volumes: AssumedObjects<PersistentVolume>;
  readonly #stores: ClusterStores;
  readonly #client: Client;

  constructor(stores: ClusterStores, client: Client) {
    this.#stores = stores;
    this.#client = client;
    this.claims = new AssumedObjects(stores.persistentVolumeClaims);
    this.#volumes = new AssumedObjects(stores.persistentVolumes);
  }

  storageClassOf(claim: PersistentVolumeClaim): StorageClass | undefined {
    return this.#stores.storageClasses.get({ name: classOf(claim) });
  }

  /** What would be done on this node, or why it cannot. @param waiting claims that wait for a node */
  find(
    bound: readonly PersistentVolumeClaim[],
    waiting: readonly PersistentVolumeClaim[],
    node: SelectableNode,
  ): PodVolumes | VolumeProblem {
    for (const claim of bound) {
      const volume = this.#volumes.get(claim.spec.volumeName ?? '');
      if (volume === undefined) return 'volumeMissing';
      if (!isReachable(volume, node)) return 'nodeConflict';
    }
    const bindings: PodVolumes['bindings'][number][] = [];
    const provisions: PodVolumes['provisions'][number][] = [];
    const taken = new Set<string>();
    const bySize = waiting.toSorted((a, b) => storageRequestOf(a) - storageRequestOf(b));
    for (const claim of bySize) {
      const selected = claim.metadata.annotations?.[SELECTED_NODE];
      if (selected !== undefined && selected !== node.name) return 'noVolume';
      const volume =
        selected === undefined
          ? matchingVolume(claim, this.#volumes.list(), { node, taken })
          : undefined;
      if (volume === undefined) {
        const provision = this.#provision(claim, node);
        if (typeof provision === 'string') return provision;
        provisions.push(provision);
      } else {
        taken.add(volume.metadata.name ?? '');
        bindings.push({ volume, claim });
      }
    }
    return { bindings, provisions };
  }

  /** Counts on what `bind` will write. */
  assume({ bindings, provisions }: PodVolumes, nodeName: string): PodVolumes {
    const assumed: PodVolumes = {
      bindings: bindings.map(({ volume, claim }) => ({ volume: withClaim(volume, claim), claim })),
      provisions: provisions.map(({ claim, capacity }) => ({
        claim: withAnnotation(claim, SELECTED_NODE, nodeName),
        capacity,
      })),
    };
    for (const { volume } of assumed.bindings) this.#volumes.assume(volume);
    for (const { claim } of assumed.provisions) this.claims.assume(claim);
    return assumed;
  }

  revert({ bindings, provisions }: PodVolumes): void {
    for (const { volume } of bindings) this.#volumes.restore(volume);
    for (const { claim } of provisions) this.claims.restore(claim);
  }

  /** Writes what was assumed; the volume controller does the rest. */
  async bind({ bindings, provisions }: PodVolumes): Promise<void> {
    for (const { volume } of bindings)
      await this.#client.update(resources.persistentVolumes, volume);
    for (const { claim } of provisions)
      await this.#client.update(resources.persistentVolumeClaims, claim);
  }

  /** Whether all claims have their volumes now. Throws when one never will on this node. */
  isDone({ bindings, provisions }: PodVolumes, nodeName: string): boolean {
    const stored = [...bindings, ...provisions].map(({ claim }) =>
      this.#stores.persistentVolumeClaims.getByKey(keyOf(claim.metadata)),
    );
    for (const [index, claim] of stored.entries()) {
      if (claim === undefined) throw new Error('a claim of the Pod is gone');
      const isProvision = index >= bindings.length;
      const selected = claim.metadata.annotations?.[SELECTED_NODE];
      if (isProvision && selected !== undefined && selected !== nodeName)
        throw new Error(`provisioning failed for PVC ${JSON.stringify(claim.metadata.name)}`);
    }
    return stored.every((claim) => claim !== undefined && isBound(claim));
  }

  #provision(
    claim: PersistentVolumeClaim,
    node: SelectableNode,
  ): PodVolumes['provisions'][number] | VolumeProblem {
    const storageClass = this.storageClassOf(claim);
    const { provisioner = '', allowedTopologies = [] } = storageClass ?? {};
    if (provisioner === '' || provisioner === NO_PROVISIONER) return 'noVolume';
    const isAllowed =
      allowedTopologies.length === 0 ||
      allowedTopologies.some(({ matchLabelExpressions = [] }) =>
        matchLabelExpressions.every(({ key, values }) => values.includes(node.labels[key] ?? '')),
      );
    if (!isAllowed) return 'noVolume';
    if (this.#stores.csiDrivers.get({ name: provisioner })?.spec.storageCapacity !== true)
      return { claim, capacity: undefined };
    const capacity = this.#stores.csiStorageCapacities
      .list()
      .find(
        ({ storageClassName, nodeTopology, maximumVolumeSize, capacity: left }) =>
          storageClassName === classOf(claim) &&
          amountOf('storage', maximumVolumeSize ?? left ?? '0') >= storageRequestOf(claim) &&
          matchesLabels(labelSelectorOf(nodeTopology), node.labels),
      );
    return capacity === undefined ? 'notEnoughSpace' : { claim, capacity };
  }
}
