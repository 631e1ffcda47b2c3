import type { Informer } from '../../client/informer/informer.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { Resource, Stored } from '../../client/resource.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { matchesLabels, type LabelSelector } from '../../objects/selectors/label-selector.ts';
import { controllerOf } from './controller-ref.ts';

export interface FollowOptions<Owner extends KubernetesObject, T extends KubernetesObject> {
  readonly owners: ObjectStore<Owner>;
  readonly ownerResource: Resource<Owner>;
  /** of what an owner manages */
  readonly selectorOf: (owner: Owner) => LabelSelector;
  /** something that the owner manages, or may adopt, is other than before */
  readonly onChange: (owner: Stored<Owner>) => void;
  /** comes before `onChange` */
  readonly onCreated?: (owner: Stored<Owner>, object: Stored<T>) => void;
  /** gone, or about to go; comes before `onChange` */
  readonly onDeleted?: (owner: Stored<Owner>, object: Stored<T>) => void;
  /** comes after `onChange` */
  readonly onUpdated?: (owner: Stored<Owner>, old: Stored<T>, object: Stored<T>) => void;
}

/**
 * Tells owners of changes of their dependents: of what they manage, and of orphans that their selector
 * matches (what the handlers `addPod`, `updatePod` and `deletePod` of upstream's controllers do).
 */
export function followDependents<Owner extends KubernetesObject, T extends KubernetesObject>(
  dependents: Informer<T>,
  options: FollowOptions<Owner, T>,
): void {
  const { owners, ownerResource, selectorOf, onChange, onCreated, onDeleted, onUpdated } = options;

  const managerOf = ({ metadata }: Stored<T>): Stored<Owner> | undefined => {
    const controller = controllerOf({ metadata });
    if (controller === undefined || controller.kind !== ownerResource.kind) return undefined;
    const { namespace = '' } = metadata;
    const owner = owners.get({ namespace, name: controller.name });
    return owner?.metadata.uid === controller.uid ? owner : undefined;
  };
  const offer = ({ metadata }: Stored<T>): void => {
    for (const owner of owners.list(metadata.namespace ?? '')) {
      const selector = selectorOf(owner);
      if (selector?.length !== 0 && matchesLabels(selector, metadata.labels)) onChange(owner);
    }
  };
  const onGone = (object: Stored<T>): void => {
    const owner = managerOf(object);
    if (owner === undefined) return;
    onDeleted?.(owner, object);
    onChange(owner);
  };
  const isGoing = ({ metadata }: Stored<T>): boolean => metadata.deletionTimestamp !== undefined;

  dependents.addHandler({
    onAdd(object) {
      // Already on its way out when it is first seen: nobody waits for its creation.
      if (isGoing(object)) return onGone(object);
      if (controllerOf(object) === undefined) return offer(object);
      const owner = managerOf(object);
      if (owner === undefined) return;
      onCreated?.(owner, object);
      onChange(owner);
    },
    onUpdate(old, object) {
      const before = controllerOf(old);
      const isMoved = !jsonEqual(before, controllerOf(object));
      const former = isMoved ? managerOf(old) : undefined;
      if (former !== undefined) onChange(former);
      if (controllerOf(object) === undefined) {
        if (isMoved || !jsonEqual(old.metadata.labels, object.metadata.labels)) offer(object);
        return;
      }
      const owner = managerOf(object);
      if (owner === undefined) return;
      if (isGoing(object)) onDeleted?.(owner, object);
      onChange(owner);
      if (!isGoing(object)) onUpdated?.(owner, old, object);
    },
    onDelete: onGone,
  });
}
