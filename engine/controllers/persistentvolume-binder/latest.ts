import type { Informer } from '../../client/informer/informer.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

/** What an informer shows, with what was written since on top. */
export class Latest<T extends KubernetesObject> {
  readonly #informer: Informer<T>;
  /** what the informer does not show yet */
  readonly #written = new Map<string, Stored<T>>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  get(key: string): Stored<T> | undefined {
    const written = this.#written.get(key);
    if (written !== undefined && !this.#informer.shows(written.metadata.resourceVersion))
      return written;
    return this.#informer.store.getByKey(key);
  }

  list(): Stored<T>[] {
    const keys = new Set([...this.#informer.store.keys, ...this.#written.keys()]);
    return [...keys].flatMap((key) => this.get(key) ?? []);
  }

  /** @param object as the API server answered */
  put(object: Stored<T>): Stored<T> {
    const key = keyOf(object.metadata);
    this.#written.set(key, object);
    // When data was restored that is called, too, and what was written is lost.
    this.#informer.whenShows(object.metadata.resourceVersion, () => {
      if (this.#written.get(key) === object) this.#written.delete(key);
    });
    return object;
  }
}
