import type { Stored } from '../client/resource.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';

/** Of an informer: how far it is. */
export interface Progress {
  shows(resourceVersion: string): boolean;
  whenShows(resourceVersion: string, call: () => void): void;
}

/**
 * What a controller wrote on behalf of each of its objects and informers may not show yet. An object
 * is not worked on before they do: what is to be done would be decided from a past that the
 * controller itself has changed (upstream's `pkg/controller/util/consistency`).
 */
export class OwnWrites {
  readonly #written = new Map<string, Map<Progress, string>>();

  /** @param key of the object that `written` was written for */
  add(key: string, informer: Progress, { metadata }: Stored<KubernetesObject>): void {
    const written = this.#written.get(key) ?? new Map<Progress, string>();
    const { resourceVersion } = metadata;
    if (Number(written.get(informer) ?? 0) < Number(resourceVersion))
      written.set(informer, resourceVersion);
    this.#written.set(key, written);
  }

  /** Whether all that was written for it shows; if not, `again` is called when more does. */
  areShown(key: string, again: () => void): boolean {
    for (const [informer, resourceVersion] of this.#written.get(key) ?? []) {
      if (informer.shows(resourceVersion)) continue;
      informer.whenShows(resourceVersion, () => {
        this.#isShown(key, informer, resourceVersion);
        again();
      });
      return false;
    }
    this.#written.delete(key);
    return true;
  }

  /** Or will never be: when data was restored, the informer is back before it. */
  #isShown(key: string, informer: Progress, resourceVersion: string): void {
    const written = this.#written.get(key);
    if (written?.get(informer) === resourceVersion) written.delete(informer);
  }

  /** The object is gone. */
  forget(key: string): void {
    this.#written.delete(key);
  }
}
