import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { ReplicaSet, StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type {
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Service,
} from '../../objects/generated/core-v1.generated.ts';
import type { PodDisruptionBudget } from '../../objects/generated/policy-v1.generated.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../../objects/generated/storage-v1.generated.ts';

/** The objects that plugins look up, besides nodes and the Pods on them. */
export interface ClusterStores {
  readonly pods: ObjectStore<Pod>;
  readonly namespaces: ObjectStore<Namespace>;
  readonly services: ObjectStore<Service>;
  readonly replicationControllers: ObjectStore<ReplicationController>;
  readonly replicaSets: ObjectStore<ReplicaSet>;
  readonly statefulSets: ObjectStore<StatefulSet>;
  readonly podDisruptionBudgets: ObjectStore<PodDisruptionBudget>;
  readonly persistentVolumes: ObjectStore<PersistentVolume>;
  readonly persistentVolumeClaims: ObjectStore<PersistentVolumeClaim>;
  readonly storageClasses: ObjectStore<StorageClass>;
  readonly csiNodes: ObjectStore<CSINode>;
  readonly csiDrivers: ObjectStore<CSIDriver>;
  readonly csiStorageCapacities: ObjectStore<CSIStorageCapacity>;
  readonly volumeAttachments: ObjectStore<VolumeAttachment>;
}
