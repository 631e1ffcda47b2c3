import type { ObjectMeta, PartialObjectMetadata } from '../objects/generated/meta-v1.generated.ts';
import type { GroupVersion, KubernetesObject } from '../objects/kubernetes-object.ts';

/** Where objects of one kind are found, and of what type they are. */
export interface Resource<T extends KubernetesObject> extends GroupVersion {
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** only `metadata` is asked for, whatever the kind */
  readonly metadataOnly?: boolean;
  /** never there: it carries the type */
  readonly type?: T;
}

/** An object as the API server returns it. */
export type Stored<T extends KubernetesObject> = T & { readonly metadata: StoredMeta };

type Always = 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp';
export type StoredMeta = ObjectMeta & { readonly [Field in Always]: string };

/** Names an object of a known resource; `metadata` of one does. */
export interface ObjectName {
  readonly name?: string;
  /** of namespaced objects only */
  readonly namespace?: string;
}

type MetadataObject = PartialObjectMetadata & KubernetesObject;

/** The same objects, of which only the metadata is transferred. */
export function metadataOf(resource: Resource<KubernetesObject>): Resource<MetadataObject> {
  const { group, version, plural, kind, namespaced } = resource;
  return { group, version, plural, kind, namespaced, metadataOnly: true };
}

/** `/apis/apps/v1/namespaces/default/deployments/web/scale`, as far as the parts are given. */
export function resourcePath(
  resource: Resource<KubernetesObject>,
  { namespace, name }: ObjectName = {},
  subresource?: string,
): string {
  const { group, version, plural, namespaced } = resource;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (namespaced && namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
}
