import { storageVersion } from '../../objects/conversion/index.ts';
import type { ResourceDefinition } from '../../objects/resources.ts';
import type { Qualified } from '../../objects/status/status-error.ts';
import { type FieldError, invalidObject } from '../../objects/validation/field-error.ts';
import type { ObjectStorage } from '../store/object-storage.ts';
import type { StorageCodec } from '../store/storage-codec.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { WatchCache } from '../watch/watch-cache.ts';
import type { Allocator } from '../services/allocation.ts';
import type { ApiObject } from './api-object.ts';
import type { Kind } from './kind.ts';
import { namespacePrefix } from './storage-keys.ts';
import type { SelectableFields } from './selectable-fields.ts';

/** From the version that is stored to the one a client speaks. */
export interface Conversion {
  /** Resolves when the other can be called. */
  load(): Promise<void>;
  fromStored(object: ApiObject): ApiObject;
}

/** A resource in one version, as clients see it. */
export interface ServedResource {
  readonly definition: ResourceDefinition;
  readonly kind: Kind;
  /** from a CustomResourceDefinition: items of its lists say their kind, built-in ones do not */
  readonly custom: boolean;
  /** of a list, if it is not that of the kind with `List` behind it */
  readonly listKind?: string;
  /** version that etcd holds, if it is not this one */
  readonly storedVersion?: string;
  /** told to whoever uses this version */
  readonly warning?: string;
  /** its definition is being deleted, so nothing new is created */
  readonly terminating?: boolean;
}

/** Where a kind keeps what its scale says. */
export interface ScalePaths {
  readonly replicas: readonly string[];
  /** as messages name the path, of kinds that may lack the field; without it there is no scale */
  readonly required?: string;
  readonly statusReplicas: readonly string[];
  /** a label selector as object, a map of labels, or a text; absent: the scale has none */
  readonly selector?: readonly string[];
}

/** One whose objects etcd holds. Versions of one resource share prefix and cache. */
export interface StoredResource extends ServedResource {
  /** of its keys in etcd, with a slash at the end */
  readonly prefix: string;
  readonly cache: WatchCache;
  readonly storage: ObjectStorage;
  /** what cache and storage put between etcd and us */
  readonly codec?: StorageCodec;
  readonly fields: SelectableFields;
  /** absent where this version is the one that is stored */
  readonly conversion?: Conversion;
  /** gives objects what all share a pool of: addresses of Services */
  readonly allocator?: Allocator;
  /** where a scale's numbers are; absent: where built-in kinds have them */
  readonly scale?: ScalePaths;
  /** what a first DELETE does to an object before it looks at its finalizers */
  readonly beforeDelete?: (object: ApiObject, now: number) => ApiObject;
  /** a DELETE answers with the object, not with a `Status` */
  readonly returnsDeleted: boolean;
  /** what happens to dependents of a deleted object unless the client says; undefined: the garbage collector ignores the kind */
  readonly dependents: 'delete' | 'orphan' | undefined;
}

export function apiVersionOf({ definition }: ServedResource): string {
  const { group, version } = definition;
  return group === '' ? version : `${group}/${version}`;
}

export function isNamespaces({ definition }: ServedResource): boolean {
  return definition.group === '' && definition.plural === 'namespaces';
}

/** `deployments.apps` for messages. */
export function qualifiedResource({ definition }: ServedResource): Qualified {
  return { group: definition.group, name: definition.plural };
}

/** `Deployment.apps` for messages. */
export function qualifiedKind({ definition }: ServedResource): Qualified {
  return { group: definition.group, name: definition.kind };
}

/** Throws `Invalid` about an object when there are errors. */
export function refuse(
  resource: ServedResource,
  object: ApiObject,
  errors: readonly FieldError[],
): void {
  if (errors.length === 0) return;
  // Upstream looks at all versions of a kind as one, and says which.
  const { group } = storageVersion(resource.definition);
  // A custom resource is refused under the kind it gives itself.
  const { kind } = resource.custom ? object : resource.definition;
  throw invalidObject({ group, name: kind }, object.metadata.name ?? '', errors);
}

export function isStored(resource: ServedResource): resource is StoredResource {
  return 'cache' in resource;
}

export function keyOf({ prefix }: StoredResource, namespace: string, name: string): string {
  return namespacePrefix(prefix, namespace) + name;
}

/** An object as it is stored, in the version served. */
export function inServedVersion(resource: ServedResource, object: ApiObject): ApiObject {
  const conversion = isStored(resource) ? resource.conversion : undefined;
  return conversion === undefined ? object : conversion.fromStored(object);
}

/** An object in whatever version of a resource, in the version served. */
export async function inVersionOf(resource: StoredResource, object: ApiObject): Promise<ApiObject> {
  const [read = object] = (await resource.codec?.read([object])) ?? [];
  return inServedVersion(resource, read);
}

/** What is stored, in the version served. Shared: never to be changed. */
export function served(resource: ServedResource, stored: StoredObject): ApiObject {
  return inServedVersion(resource, stored.object);
}
