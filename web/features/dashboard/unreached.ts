import { resourcePath, type Resource } from '../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { foremost, problemOf, type Problem } from './problem.ts';

/** Of resources that are watched beside one another, those that the API server does not tell of now. */
export class Unreached {
  readonly #failures = new Map<string, Problem>();

  failed(resource: Resource<KubernetesObject>, error: unknown): void {
    this.#failures.set(resourcePath(resource), problemOf(error));
  }

  reached(resource: Resource<KubernetesObject>): void {
    this.#failures.delete(resourcePath(resource));
  }

  /** What the first of them failed with, or the first that got no answer: it stays the same while others follow. */
  get problem(): Problem | undefined {
    return foremost([...this.#failures.values()]);
  }
}
