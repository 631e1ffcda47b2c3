import type { Resource } from '../../client/resource.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import { formatApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';

/** The one owner that manages an object. */
export function controllerOf({ metadata }: Pick<KubernetesObject, 'metadata'>) {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

export function isControlledBy(
  object: Pick<KubernetesObject, 'metadata'>,
  owner: Pick<KubernetesObject, 'metadata'>,
): boolean {
  const controller = controllerOf(object);
  return controller !== undefined && controller.uid === owner.metadata.uid;
}

/** Says that `owner` manages what has this reference, and is not to go before it when that is asked for. */
export function controllerRef(
  resource: Resource<KubernetesObject>,
  { metadata }: Pick<KubernetesObject, 'metadata'>,
): OwnerReference {
  return {
    apiVersion: formatApiVersion(resource),
    kind: resource.kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/**
 * Index values of objects by who manages them: their owner's, or `orphansIn` their namespace. For
 * `ObjectStore.addIndex` (upstream's `PodControllerIndexKey`).
 */
export function byController(object: KubernetesObject): readonly string[] {
  const controller = controllerOf(object);
  return [controller === undefined ? orphansIn(object.metadata.namespace) : controller.uid];
}

/** The value in an index `byController` of what nobody manages. */
export function orphansIn(namespace = ''): string {
  return `orphans/${namespace}`;
}
