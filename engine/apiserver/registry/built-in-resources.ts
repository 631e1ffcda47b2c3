import type { Etcd } from '../../api/etcd.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { builtInResources, type ResourceDefinition } from '../../objects/resources.ts';
import { deprecationWarning } from '../../objects/strategy/index.ts';
import { AddressAllocator } from '../services/address-allocator.ts';
import { parseCidr } from '../services/ip-range.ts';
import { PortAllocator } from '../services/port-allocator.ts';
import { ServiceAllocator } from '../services/service-allocator.ts';
import { markForCleanup } from '../crd/definition.ts';
import type { ObjectStorage } from '../store/object-storage.ts';
import { WatchCache } from '../watch/watch-cache.ts';
import { BuiltInKind } from './built-in-kind.ts';
import { SelectableFields } from './selectable-fields.ts';
import { isStored, type ServedResource, type StoredResource } from './served-resource.ts';
import { storagePrefix } from './storage-keys.ts';

/** Kinds whose DELETE answers with the object (`ReturnDeletedObject` in k8s.io/kubernetes registries). */
const RETURN_DELETED: readonly string[] = [
  '/namespaces',
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceclaimtemplates',
  'resource.k8s.io/resourceslices',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
];

/** Kinds whose dependents stay unless the client says otherwise: their first versions had no owners. */
const ORPHANING: readonly string[] = ['/replicationcontrollers', 'batch/jobs'];

/** Kinds that are served in two versions and stored in one. */
const SEVERAL_VERSIONS: readonly string[] = ['HorizontalPodAutoscaler', 'Event'];

function isEvent({ kind }: ResourceDefinition): boolean {
  return kind === 'Event';
}

/** Whether objects of the resource are stored, not computed for each request. */
function keepsObjects({ verbs }: ResourceDefinition): boolean {
  return verbs.includes('watch');
}

export interface BuiltInOptions {
  readonly etcd: Etcd;
  readonly storage: ObjectStorage;
  readonly clock: Clock;
  readonly random: Random;
  /** addresses of Services, such as 10.96.0.0/12 */
  readonly serviceCidr: string;
  readonly onError: (error: unknown) => void;
}

/** The built-in resources over etcd, with one cache for all versions of a resource. */
export function makeBuiltInResources(options: BuiltInOptions): readonly ServedResource[] {
  const resources = plainResources(options);
  const addresses = resources.find(({ definition }) => definition.plural === 'ipaddresses');
  if (addresses === undefined || !isStored(addresses)) return resources;
  const { etcd, storage, clock, random, serviceCidr, onError } = options;
  const allocator = new ServiceAllocator(
    new AddressAllocator(storage, addresses, parseCidr(serviceCidr), random, () => clock.now()),
    new PortAllocator(etcd, random),
    onError,
  );
  return resources.map((resource) =>
    resource.definition.group === '' && resource.definition.kind === 'Service'
      ? { ...resource, allocator }
      : resource,
  );
}

function plainResources({
  etcd,
  storage,
  clock,
  onError,
}: BuiltInOptions): readonly ServedResource[] {
  const caches = new Map<string, WatchCache>();
  return builtInResources.map((definition): ServedResource | StoredResource => {
    const { group, plural, kind } = definition;
    const knowledge = new BuiltInKind(definition);
    const warning = deprecationWarning(definition);
    const served = {
      definition,
      kind: knowledge,
      custom: false,
      ...(warning === undefined ? {} : { warning }),
    };
    if (!keepsObjects(definition)) return served;
    const several = SEVERAL_VERSIONS.includes(kind);
    const id = `${group}/${plural}`;
    const prefix = storagePrefix(group, plural);
    const cache = caches.get(prefix) ?? new WatchCache(etcd, clock, prefix, onError);
    caches.set(prefix, cache);
    return {
      ...served,
      ...(several ? { conversion: knowledge } : {}),
      prefix,
      cache,
      storage,
      fields: SelectableFields.ofKind(group, kind),
      ...(kind === 'CustomResourceDefinition' ? { beforeDelete: markForCleanup } : {}),
      returnsDeleted: RETURN_DELETED.includes(id),
      dependents: isEvent(definition) ? undefined : ORPHANING.includes(id) ? 'orphan' : 'delete',
    };
  });
}

/** A kind that is only ever the body of a subresource: Scale, Eviction, TokenRequest. */
export function bodyOfSubresource(
  group: string,
  version: string,
  kind: string,
  schema: string,
): ServedResource {
  const definition = {
    group,
    version,
    kind,
    plural: kind.toLowerCase(),
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: [],
    subresources: [],
  };
  return {
    definition,
    kind: new BuiltInKind({ group, version, kind, schema }),
    custom: false,
  };
}
