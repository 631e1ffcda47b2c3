import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '../../objects/generated/core-v1.generated.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../../objects/generated/storage-v1.generated.ts';

/** What can happen to an object, as bits, so that a plugin names several at once. */
export const ACTION = {
  add: 1,
  delete: 1 << 1,
  updateNodeAllocatable: 1 << 2,
  updateNodeLabel: 1 << 3,
  /** also when a node becomes schedulable again */
  updateNodeTaint: 1 << 4,
  updateNodeCondition: 1 << 5,
  updateNodeAnnotation: 1 << 6,
  updatePodLabel: 1 << 7,
  updatePodScaleDown: 1 << 8,
  updatePodToleration: 1 << 9,
  updatePodSchedulingGatesEliminated: 1 << 10,
  /** any other change */
  updateOther: 1 << 11,
} as const;

/** What plugins can wait for, and what the objects are. */
export interface EventObjects {
  Node: Node;
  /** a Pod that has a node */
  AssignedPod: Pod;
  /** the very Pod that waits */
  TargetPod: Pod;
  PersistentVolume: PersistentVolume;
  PersistentVolumeClaim: PersistentVolumeClaim;
  StorageClass: StorageClass;
  CSINode: CSINode;
  CSIDriver: CSIDriver;
  CSIStorageCapacity: CSIStorageCapacity;
  VolumeAttachment: VolumeAttachment;
}

export type EventResource = keyof EventObjects;

/** A change in the cluster: `before` is missing when it was added, `after` when it was deleted. */
export type ClusterEvent = {
  [Resource in EventResource]: {
    readonly resource: Resource;
    readonly action: number;
    readonly before?: EventObjects[Resource] | undefined;
    readonly after?: EventObjects[Resource] | undefined;
  };
}[EventResource];

/**
 * Changes that may make a Pod schedulable that the plugin refused. The hint looks at the objects
 * and says whether it is worth a try; without one it always is.
 */
export type EventInterest = {
  [Resource in EventResource]: {
    readonly resource: Resource;
    readonly actions: number;
    hint?(
      pod: Pod,
      before: EventObjects[Resource] | undefined,
      after: EventObjects[Resource] | undefined,
    ): boolean;
  };
}[EventResource];

/** Whether a change is worth another try of a Pod that the plugin with this interest refused. */
export function isWorthTrying(interest: EventInterest, event: ClusterEvent, pod: Pod): boolean {
  if (interest.resource !== event.resource || (interest.actions & event.action) === 0) return false;
  // Both are of the same resource, which the compiler cannot see across the two unions.
  const hint = interest.hint as
    | ((pod: Pod, before: unknown, after: unknown) => boolean)
    | undefined;
  return hint?.call(interest, pod, event.before, event.after) ?? true;
}
