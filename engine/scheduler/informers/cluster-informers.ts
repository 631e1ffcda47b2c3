import type { Informer } from '../../client/informer/informer.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import { resources } from '../../client/resources.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { ClusterStores } from '../cache/cluster-stores.ts';

/** Pods that have ended hold nothing. */
const NOT_ENDED = 'status.phase!=Succeeded,status.phase!=Failed';

/** The lists and watches that the scheduler and its plugins need. */
export class ClusterInformers {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly shared: SharedInformers;
  readonly stores: ClusterStores;

  constructor(shared: SharedInformers) {
    this.shared = shared;
    this.pods = shared.of(resources.pods, { fieldSelector: NOT_ENDED });
    this.nodes = shared.of(resources.nodes);
    this.stores = {
      pods: this.pods.store,
      namespaces: shared.of(resources.namespaces).store,
      services: shared.of(resources.services).store,
      replicationControllers: shared.of(resources.replicationControllers).store,
      replicaSets: shared.of(resources.replicaSets).store,
      statefulSets: shared.of(resources.statefulSets).store,
      podDisruptionBudgets: shared.of(resources.podDisruptionBudgets).store,
      persistentVolumes: shared.of(resources.persistentVolumes).store,
      persistentVolumeClaims: shared.of(resources.persistentVolumeClaims).store,
      storageClasses: shared.of(resources.storageClasses).store,
      csiNodes: shared.of(resources.csiNodes).store,
      csiDrivers: shared.of(resources.csiDrivers).store,
      csiStorageCapacities: shared.of(resources.csiStorageCapacities).store,
      volumeAttachments: shared.of(resources.volumeAttachments).store,
    };
  }

  synced(signal?: AbortSignal): Promise<void> {
    return this.shared.synced(signal);
  }
}
