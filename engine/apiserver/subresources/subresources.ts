import type { SubresourceDefinition } from '../../objects/resources.ts';
import { reviewAction } from '../auth/reviews.ts';
import type { Action } from '../handlers/action-handler.ts';
import { bodyOfSubresource } from '../registry/built-in-resources.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import type { ServedResource, StoredResource } from '../registry/served-resource.ts';
import { bindingAction } from './binding.ts';
import { evictionAction } from './eviction.ts';
import { ScaleHandler } from './scale.ts';
import { tokenAction } from './token.ts';

/** Whether a subresource is the object itself, seen or changed in part: `status`, `resize`, … */
export function isPartOfObject(
  { definition }: ServedResource,
  { kind, group, verbs }: SubresourceDefinition,
): boolean {
  return kind === definition.kind && group === undefined && verbs.includes('update');
}

/** What answers requests that are no reads and writes of stored objects. */
export class Subresources {
  readonly #actions = new Map<string, Action>();
  readonly scale = new ScaleHandler(
    bodyOfSubresource('autoscaling', 'v1', 'Scale', 'io.k8s.api.autoscaling.v1.Scale'),
  );

  constructor(registry: ResourceRegistry) {
    const stored = (group: string, plural: string): StoredResource =>
      registry.stored(group, 'v1', plural);
    for (const resource of registry.all) {
      const action = reviewAction(resource);
      if (action !== undefined) this.#actions.set(resource.definition.plural, action);
    }
    const pods = stored('', 'pods');
    const bindings = registry.find('', 'v1', 'bindings');
    if (bindings !== undefined) {
      const binding = bindingAction(bindings, pods);
      this.#actions.set('bindings', binding);
      this.#actions.set('pods/binding', binding);
    }
    this.#actions.set(
      'pods/eviction',
      evictionAction(
        bodyOfSubresource('policy', 'v1', 'Eviction', 'io.k8s.api.policy.v1.Eviction'),
        pods,
        stored('policy', 'poddisruptionbudgets'),
      ),
    );
    this.#actions.set(
      'serviceaccounts/token',
      tokenAction(
        bodyOfSubresource(
          'authentication.k8s.io',
          'v1',
          'TokenRequest',
          'io.k8s.api.authentication.v1.TokenRequest',
        ),
        {
          serviceAccounts: stored('', 'serviceaccounts'),
          pods,
          secrets: stored('', 'secrets'),
          nodes: stored('', 'nodes'),
        },
      ),
    );
  }

  /** @param path `bindings` or `pods/eviction` */
  action(path: string): Action | undefined {
    return this.#actions.get(path);
  }
}
