import { keyOf, type Index, type ObjectStore } from '../../client/informer/object-store.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { claimsOf } from '../../objects/volumes/claims.ts';

const indexes = new WeakMap<ObjectStore<Pod>, Index<Pod>>();

/** Keys of the claims of a Pod's volumes. */
export function claimKeysOf(pod: Pod): string[] {
  const { namespace = '' } = pod.metadata;
  return claimsOf(pod).map(({ name }) => keyOf({ namespace, name }));
}

/** Pods by the keys of their claims: one index of a store, for all who ask. */
export function podsByClaim(pods: ObjectStore<Pod>): Index<Pod> {
  let index = indexes.get(pods);
  if (index === undefined) {
    index = pods.addIndex(claimKeysOf);
    indexes.set(pods, index);
  }
  return index;
}
