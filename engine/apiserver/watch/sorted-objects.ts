import type { StoredObject } from '../store/stored-object.ts';

/** Stored objects by key, in order of their keys. */
export class SortedObjects {
  readonly #objects = new Map<string, StoredObject>();
  #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Replaces everything. `objects` come in order of their keys. */
  reset(objects: readonly StoredObject[]): void {
    this.#objects.clear();
    for (const object of objects) this.#objects.set(object.key, object);
    this.#keys = objects.map(({ key }) => key);
  }

  set(object: StoredObject): void {
    if (!this.#objects.has(object.key))
      this.#keys.splice(this.#position(object.key), 0, object.key);
    this.#objects.set(object.key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys.splice(this.#position(key), 1);
  }

  /** Objects whose key begins with `prefix`, from the key `from` on. */
  under(prefix: string, from = prefix): readonly StoredObject[] {
    const result: StoredObject[] = [];
    for (let index = this.#position(from); index < this.#keys.length; index++) {
      const key = this.#keys[index] ?? '';
      if (!key.startsWith(prefix)) break;
      const object = this.#objects.get(key);
      if (object !== undefined) result.push(object);
    }
    return result;
  }

  /** Index of the first key that is not before `key`. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
