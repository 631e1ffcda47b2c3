import type { ApiObject } from './api-object.ts';
import { keyOf, served, type StoredResource } from './served-resource.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { namespacePrefix } from './storage-keys.ts';

/** What the server itself reads of a resource, whose objects are `T`: from its cache, a moment behind etcd at worst. */
export class Lister<T = ApiObject> {
  readonly #resource: StoredResource;

  constructor(resource: StoredResource) {
    this.#resource = resource;
  }

  /** Changes whenever anything of the resource does. */
  get changedAt(): number {
    return this.#resource.cache.changedAt;
  }

  get(namespace: string, name: string): T | undefined {
    const stored = this.#resource.cache.get(keyOf(this.#resource, namespace, name));
    return stored === undefined ? undefined : this.#read(stored);
  }

  /** Looks up what `compute` makes of an object; it is computed once for each version. */
  derive<Derived>(
    compute: (object: T) => Derived,
  ): (namespace: string, name: string) => Derived | undefined {
    const known = new WeakMap<StoredObject, { readonly value: Derived }>();
    return (namespace, name) => {
      const stored = this.#resource.cache.get(keyOf(this.#resource, namespace, name));
      if (stored === undefined) return undefined;
      let derived = known.get(stored);
      if (derived === undefined) {
        derived = { value: compute(this.#read(stored)) };
        known.set(stored, derived);
      }
      return derived.value;
    };
  }

  /** @param namespace empty for all */
  list(namespace = ''): readonly T[] {
    const { objects } = this.#resource.cache.snapshot(
      namespacePrefix(this.#resource.prefix, namespace),
    );
    return objects.map((stored) => this.#read(stored));
  }

  #read(stored: StoredObject): T {
    return served(this.#resource, stored) as unknown as T;
  }
}

/** A value computed from listers, computed again only when one of them has changed. */
export function derived<T>(
  listers: readonly Pick<Lister, 'changedAt'>[],
  compute: () => T,
): () => T {
  let seen = '';
  let value: T | undefined;
  return () => {
    const now = listers.map(({ changedAt }) => changedAt).join(' ');
    if (value === undefined || now !== seen) {
      value = compute();
      seen = now;
    }
    return value;
  };
}
