import { keyOf } from '../../client/informer/object-store.ts';
import type { ObjectName } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { matchesLabels, type LabelSelector } from '../../objects/selectors/label-selector.ts';

/** Which Pods each autoscaler sizes: no Pod may have two (upstream's `hpaSelectorStore`). */
export class Selectors {
  /** by namespace, then by the autoscaler's key */
  readonly #selectors = new Map<string, Map<string, LabelSelector>>();

  /** One of which it is not known yet; a known one keeps what is known. */
  add(name: ObjectName): void {
    const { namespace = '' } = name;
    const selectors = this.#selectors.get(namespace) ?? new Map<string, LabelSelector>();
    if (!selectors.has(keyOf(name))) selectors.set(keyOf(name), null);
    this.#selectors.set(namespace, selectors);
  }

  /** Returns whether it is still there. */
  set(name: ObjectName, selector: LabelSelector): boolean {
    const selectors = this.#selectors.get(name.namespace ?? '');
    if (selectors?.has(keyOf(name)) !== true) return false;
    selectors.set(keyOf(name), selector);
    return true;
  }

  delete(name: ObjectName): void {
    const { namespace = '' } = name;
    const selectors = this.#selectors.get(namespace);
    selectors?.delete(keyOf(name));
    if (selectors?.size === 0) this.#selectors.delete(namespace);
  }

  /** Keys of autoscalers that size one of these Pods of a namespace. */
  sizing(namespace: string, pods: readonly Pod[]): readonly string[] {
    return [...(this.#selectors.get(namespace) ?? [])]
      .filter(([, selector]) =>
        pods.some(({ metadata }) => matchesLabels(selector, metadata.labels)),
      )
      .map(([key]) => key);
  }
}
