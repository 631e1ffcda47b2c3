import type {
  ParamKind,
  ParamRef,
} from '../../../objects/generated/admissionregistration-v1.generated.ts';
import { formatApiVersion } from '../../../objects/kubernetes-object.ts';
import { labelSelectorOf, matchesLabels } from '../../../objects/selectors/label-selector.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import { Lister } from '../../registry/lister.ts';
import type { ResourceRegistry } from '../../registry/resource-registry.ts';
import {
  apiVersionOf,
  inVersionOf,
  isStored,
  keyOf,
  type StoredResource,
} from '../../registry/served-resource.ts';

/** The resource whose objects are parameters. Throws an `Error` if nothing of the kind is served. */
export function paramResource(registry: ResourceRegistry, param: ParamKind): StoredResource {
  const { apiVersion = '', kind = '' } = param;
  const resource = registry.all.find(
    (one) => one.definition.kind === kind && formatApiVersion(one.definition) === apiVersion,
  );
  if (resource === undefined || !isStored(resource)) {
    const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw new Error(`failed to find resource referenced by paramKind: '${version}, Kind=${kind}'`);
  }
  return resource;
}

/**
 * The objects a binding refers to. @param namespace of the request. Throws an `Error` in upstream's
 * words when it cannot refer to any, or finds none and that shall refuse.
 */
export async function findParams(
  resource: StoredResource,
  { name = '', namespace: own = '', selector, parameterNotFoundAction }: ParamRef,
  namespace: string,
): Promise<readonly ApiObject[]> {
  const { namespaced } = resource.definition;
  if (!namespaced && own !== '')
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const within = namespaced ? own || namespace : '';
  if (namespaced && within === '')
    throw new Error(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  const found =
    name === ''
      ? new Lister(resource)
          .list(within)
          .filter(({ metadata }) => matchesLabels(labelSelectorOf(selector), metadata.labels))
      : await byName(resource, within, name);
  if (found.length === 0 && parameterNotFoundAction === 'Deny')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
  const { kind } = resource.definition;
  return found.map((object) => ({ ...object, kind, apiVersion: apiVersionOf(resource) }));
}

/** From etcd when the cache, which may be a moment behind, does not have it. */
async function byName(
  resource: StoredResource,
  namespace: string,
  name: string,
): Promise<readonly ApiObject[]> {
  const key = keyOf(resource, namespace, name);
  const stored = resource.cache.get(key) ?? (await resource.storage.get(key));
  return stored === undefined ? [] : [await inVersionOf(resource, stored.object)];
}
