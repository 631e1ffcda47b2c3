import type { Resource } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { SchedulerCache } from '../cache/scheduler-cache.ts';
import type { WaitingPods } from '../cycle/waiting-pods.ts';
import { ACTION, type EventObjects } from '../framework/cluster-event.ts';
import { nodeChanges, podChanges } from '../queue/pod-changes.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';
import type { ClusterInformers } from './cluster-informers.ts';

interface FollowOptions {
  readonly informers: ClusterInformers;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly waiting: WaitingPods;
  /** whether one of the profiles schedules the Pod */
  readonly isResponsible: (pod: Pod) => boolean;
}

const isAssigned = ({ spec }: Pod): boolean => (spec.nodeName ?? '') !== '';

/** Keeps cache and queue up to date with the API server, and tells the queue what may help its Pods. */
export function followCluster(options: FollowOptions): void {
  followNodes(options);
  followPods(options);
  followOthers(options);
}

function followNodes({ informers, cache, queue }: FollowOptions): void {
  informers.nodes.addHandler({
    onAdd(node) {
      cache.setNode(node);
      queue.onEvent({ resource: 'Node', action: ACTION.add, after: node });
    },
    onUpdate(before, after) {
      cache.setNode(after);
      for (const event of nodeChanges(before, after)) queue.onEvent(event);
    },
    onDelete(node) {
      queue.onEvent({ resource: 'Node', action: ACTION.delete, before: node });
      cache.removeNode(node.metadata.name);
    },
  });
}

function followPods({ informers, cache, queue, waiting, isResponsible }: FollowOptions): void {
  const onAssigned = (pod: Pod): void => {
    cache.setPod(pod);
    queue.onEvent({ resource: 'AssignedPod', action: ACTION.add, after: pod });
  };
  const onGone = (pod: Pod, isCandidate?: (other: Pod) => boolean): void =>
    queue.onEvent({ resource: 'AssignedPod', action: ACTION.delete, before: pod }, isCandidate);
  /** Somebody removes a Pod that is about to be bound: what it had there is free. */
  const endAssumed = (pod: Pod): void => {
    const { uid = '' } = pod.metadata;
    if (!waiting.reject(uid, '', 'pod is deleted')) cache.forget(uid);
    onGone(pod);
  };
  const onLostNomination = (pod: Pod): void => {
    const { priority = 0 } = pod.spec;
    onGone(pod, (other) => (other.spec.priority ?? 0) <= priority);
  };

  informers.pods.addHandler({
    onAdd(pod) {
      if (isAssigned(pod)) onAssigned(pod);
      else if (isResponsible(pod)) queue.add(pod);
    },
    onUpdate(before, after) {
      if (isAssigned(before)) {
        cache.setPod(after);
        for (const event of podChanges(before, after, 'AssignedPod')) queue.onEvent(event);
      } else if (isAssigned(after)) {
        queue.delete(after.metadata.uid);
        onAssigned(after);
      } else if (isResponsible(after)) {
        if (cache.isAssumed(after.metadata.uid)) {
          const { deletionTimestamp } = after.metadata;
          if (deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined)
            endAssumed(after);
          return;
        }
        queue.update(before, after);
        const { nominatedNodeName = '' } = before.status ?? {};
        if (nominatedNodeName !== '' && nominatedNodeName !== after.status?.nominatedNodeName)
          onLostNomination(before);
      }
    },
    onDelete(pod) {
      const { uid } = pod.metadata;
      if (isAssigned(pod)) {
        cache.removePod(uid);
        onGone(pod);
      } else if (isResponsible(pod)) {
        queue.delete(uid);
        if (cache.isAssumed(uid)) endAssumed(pod);
        else if ((pod.status?.nominatedNodeName ?? '') !== '') onLostNomination(pod);
      }
    },
  });
}

type OtherResource = Exclude<keyof EventObjects, 'Node' | 'AssignedPod' | 'TargetPod'>;

function followOthers({ informers, queue }: FollowOptions): void {
  const follow = <R extends OtherResource>(resource: R, of: Resource<EventObjects[R]>): void => {
    const tell = (action: number, before?: EventObjects[R], after?: EventObjects[R]): void =>
      // The objects are of the resource, which the compiler cannot see in a union of events.
      queue.onEvent({ resource, action, before, after } as Parameters<typeof queue.onEvent>[0]);
    informers.shared.of(of).addHandler({
      onAdd: (object) => tell(ACTION.add, undefined, object),
      onUpdate: (before, after) => tell(ACTION.updateOther, before, after),
      onDelete: (object) => tell(ACTION.delete, object),
    });
  };
  follow('PersistentVolume', resources.persistentVolumes);
  follow('PersistentVolumeClaim', resources.persistentVolumeClaims);
  follow('StorageClass', resources.storageClasses);
  follow('CSINode', resources.csiNodes);
  follow('CSIDriver', resources.csiDrivers);
  follow('CSIStorageCapacity', resources.csiStorageCapacities);
  follow('VolumeAttachment', resources.volumeAttachments);
}
