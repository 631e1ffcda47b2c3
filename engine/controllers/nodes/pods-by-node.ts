import type { Index, ObjectStore } from '../../client/informer/object-store.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';

const indexes = new WeakMap<ObjectStore<Pod>, Index<Pod>>();

/** Pods by the names of their nodes: one index of a store, for all who ask. */
export function podsByNode(pods: ObjectStore<Pod>): Index<Pod> {
  let index = indexes.get(pods);
  if (index === undefined) {
    index = pods.addIndex(({ spec: { nodeName = '' } }) => (nodeName === '' ? [] : [nodeName]));
    indexes.set(pods, index);
  }
  return index;
}
