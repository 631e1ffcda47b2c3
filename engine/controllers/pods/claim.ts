import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Resource, Stored } from '../../client/resource.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { matchesLabels, type LabelSelector } from '../../objects/selectors/label-selector.ts';
import { aggregate } from './aggregate.ts';
import { controllerOf, controllerRef } from './controller-ref.ts';

export interface ClaimOptions<T extends KubernetesObject, Owner extends KubernetesObject> {
  readonly client: Client;
  /** of what is claimed */
  readonly resource: Resource<T>;
  readonly owner: Stored<Owner>;
  readonly ownerResource: Resource<Owner>;
  /** of what the owner wants */
  readonly selector: LabelSelector;
  /** asked of those that the selector matches */
  readonly filter?: (object: Stored<T>) => boolean;
  /** put on what is adopted, and taken from what is released */
  readonly finalizers?: readonly string[];
  /** told of what was adopted or released, as it is now */
  readonly onWritten?: (object: Stored<T>) => void;
}

/**
 * Those of `objects` that the owner manages, after it has adopted orphans that its selector matches
 * and released what it matches no longer (upstream's `ControllerRefManager`). Before the first is
 * adopted, the API server is asked whether the owner is still there.
 * @throws what failed, after all have been tried
 */
export async function claim<T extends KubernetesObject, Owner extends KubernetesObject>(
  objects: readonly Stored<T>[],
  options: ClaimOptions<T, Owner>,
): Promise<Stored<T>[]> {
  const { owner, selector, filter } = options;
  const claimed: Stored<T>[] = [];
  const errors: unknown[] = [];
  let adoptable: Promise<void> | undefined;
  for (const object of objects) {
    const { labels, namespace, deletionTimestamp } = object.metadata;
    const controller = controllerOf(object);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    const matches = matchesLabels(selector, labels) && (filter === undefined || filter(object));
    if (controller !== undefined && matches) {
      claimed.push(object);
      continue;
    }
    if (owner.metadata.deletionTimestamp !== undefined) continue;
    try {
      if (controller !== undefined) await release(object, options);
      else if (
        matches &&
        deletionTimestamp === undefined &&
        namespace === owner.metadata.namespace
      ) {
        adoptable ??= checkAdoptable(options);
        await adopt(object, options, adoptable);
        claimed.push(object);
      }
    } catch (error) {
      // It is gone: there is nothing to adopt or to release.
      if (reasonOf(error) !== 'NotFound') errors.push(error);
    }
  }
  if (errors.length > 0) throw aggregate(errors);
  return claimed;
}

/** The owner may be gone, or another of the same name, without that being seen yet. */
async function checkAdoptable<T extends KubernetesObject, Owner extends KubernetesObject>({
  client,
  owner,
  ownerResource,
}: ClaimOptions<T, Owner>): Promise<void> {
  const { uid } = owner.metadata;
  const fresh = await client.get(ownerResource, owner.metadata).catch((error: unknown) => {
    throw new Error(`can't recheck DeletionTimestamp: ${messageOf(error)}`, { cause: error });
  });
  const name = keyOf(fresh.metadata);
  if (fresh.metadata.uid !== uid)
    throw new Error(
      `original ${ownerResource.kind} ${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    );
  const { deletionTimestamp } = fresh.metadata;
  if (deletionTimestamp !== undefined)
    throw new Error(`${name} has just been deleted at ${deletionTimestamp}`);
}

async function adopt<T extends KubernetesObject, Owner extends KubernetesObject>(
  object: Stored<T>,
  { client, resource, owner, ownerResource, finalizers, onWritten }: ClaimOptions<T, Owner>,
  adoptable: Promise<void>,
): Promise<void> {
  const { uid } = object.metadata;
  await adoptable.catch((error: unknown) => {
    const what = `${resource.kind} ${keyOf(object.metadata)} (${uid})`;
    throw new Error(`can't adopt ${what}: ${messageOf(error)}`, { cause: error });
  });
  const ownerReferences = [controllerRef(ownerResource, owner)];
  const metadata = { uid, ownerReferences, ...(finalizers === undefined ? {} : { finalizers }) };
  const patch = { metadata };
  const written = await client.patch(resource, object.metadata, { type: 'strategic', patch });
  onWritten?.(written);
}

async function release<T extends KubernetesObject, Owner extends KubernetesObject>(
  object: Stored<T>,
  { client, resource, owner, finalizers, onWritten }: ClaimOptions<T, Owner>,
): Promise<void> {
  const metadata = {
    uid: object.metadata.uid,
    ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
    ...(finalizers === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': finalizers }),
  };
  try {
    const patch = { metadata };
    const written = await client.patch(resource, object.metadata, { type: 'strategic', patch });
    onWritten?.(written);
  } catch (error) {
    // Nothing owns it any more, or another one has its name.
    if (reasonOf(error) !== 'Invalid') throw error;
  }
}
