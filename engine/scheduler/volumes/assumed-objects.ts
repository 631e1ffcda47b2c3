import type { ObjectStore } from '../../client/informer/object-store.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

/**
 * Objects as they are in a store, and as they will be when what the scheduler has decided is
 * written. The store wins as soon as it has a newer version.
 */
export class AssumedObjects<T extends KubernetesObject> {
  readonly #store: ObjectStore<T>;
  readonly #assumed = new Map<string, T>();

  constructor(store: ObjectStore<T>) {
    this.#store = store;
  }

  get(key: string): T | undefined {
    const stored = this.#store.getByKey(key);
    const assumed = this.#assumed.get(key);
    if (assumed === undefined || stored === undefined) return stored;
    if (stored.metadata.resourceVersion === assumed.metadata.resourceVersion) return assumed;
    this.#assumed.delete(key);
    return stored;
  }

  *list(): Generator<T, void, void> {
    for (const key of this.#store.keys) {
      const object = this.get(key);
      if (object !== undefined) yield object;
    }
  }

  assume(object: T): void {
    this.#assumed.set(keyOf(object.metadata), object);
  }

  restore(object: T): void {
    this.#assumed.delete(keyOf(object.metadata));
  }
}
