import { resourcePath, type Resource } from '../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { messageOf } from '../../ui/message-of.ts';

/** Of resources that are watched beside one another, those that the API server does not tell of now. */
export class Unreached {
  readonly #failures = new Map<string, string>();

  failed(resource: Resource<KubernetesObject>, error: unknown): void {
    this.#failures.set(resourcePath(resource), messageOf(error));
  }

  reached(resource: Resource<KubernetesObject>): void {
    this.#failures.delete(resourcePath(resource));
  }

  /** What the first of them failed with: it stays the same while others follow. */
  get problem(): string | undefined {
    const [first] = this.#failures.values();
    return first;
  }
}
