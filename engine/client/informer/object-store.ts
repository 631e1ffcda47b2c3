import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import type { ObjectName, Stored } from '../resource.ts';

/** `namespace/name`, or `name` of what has no namespace: how objects are queued and found. */
export function keyOf({ namespace, name = '' }: ObjectName): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The reverse of `keyOf`. */
export function nameOf(key: string): { readonly namespace?: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash === -1
    ? { name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Finds objects by something computed from them. Kept up to date by its store. */
export class Index<T extends KubernetesObject> {
  readonly #valuesOf: (object: Stored<T>) => readonly string[];
  readonly #objects = new Map<string, Map<string, Stored<T>>>();

  constructor(valuesOf: (object: Stored<T>) => readonly string[]) {
    this.#valuesOf = valuesOf;
  }

  /** Objects that have this value, in no order. */
  get(value: string): Stored<T>[] {
    return [...(this.#objects.get(value)?.values() ?? [])];
  }

  get values(): string[] {
    return [...this.#objects.keys()];
  }

  replace(key: string, old: Stored<T> | undefined, object: Stored<T> | undefined): void {
    const values = object === undefined ? [] : this.#valuesOf(object);
    if (old !== undefined) {
      for (const value of this.#valuesOf(old)) {
        if (values.includes(value)) continue;
        const objects = this.#objects.get(value);
        objects?.delete(key);
        if (objects?.size === 0) this.#objects.delete(value);
      }
    }
    if (object === undefined) return;
    for (const value of values) {
      const objects = this.#objects.get(value);
      if (objects === undefined) this.#objects.set(value, new Map([[key, object]]));
      else objects.set(key, object);
    }
  }
}

/** Objects of one kind by their keys, with indexes. They are shared: nobody may change one. */
export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #indexes = new Map<(object: Stored<T>) => readonly string[], Index<T>>();
  readonly #byNamespace = this.addIndex(({ metadata }) => [metadata.namespace ?? '']);

  get size(): number {
    return this.#objects.size;
  }

  get(name: ObjectName): Stored<T> | undefined {
    return this.#objects.get(keyOf(name));
  }

  getByKey(key: string): Stored<T> | undefined {
    return this.#objects.get(key);
  }

  /** Those of one namespace, or all. In no order. */
  list(namespace?: string): Stored<T>[] {
    return namespace === undefined ? [...this.#objects.values()] : this.#byNamespace.get(namespace);
  }

  get keys(): string[] {
    return [...this.#objects.keys()];
  }

  /**
   * Finds objects by the values that `valuesOf` computes. At any time; what is there is taken in. Who
   * asks with the same function shares an index.
   */
  addIndex(valuesOf: (object: Stored<T>) => readonly string[]): Index<T> {
    const known = this.#indexes.get(valuesOf);
    if (known !== undefined) return known;
    const index = new Index(valuesOf);
    for (const [key, object] of this.#objects) index.replace(key, undefined, object);
    this.#indexes.set(valuesOf, index);
    return index;
  }

  /** Returns what was there before. */
  set(object: Stored<T>): Stored<T> | undefined {
    const key = keyOf(object.metadata);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) index.replace(key, old, object);
    return old;
  }

  /** Returns what was there. */
  delete(key: string): Stored<T> | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) index.replace(key, old, undefined);
    return old;
  }
}
