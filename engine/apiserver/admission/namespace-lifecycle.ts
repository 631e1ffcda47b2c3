import { forbidden, notFound, StatusError } from '../../objects/status/status-error.ts';
import { fieldAt, type ApiObject } from '../registry/api-object.ts';
import { keyOf, type StoredResource } from '../registry/served-resource.ts';
import type { ObjectStorage } from '../store/object-storage.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { isResource, refuseRequest } from './attributes.ts';

const IMMORTAL = ['default', 'kube-system', 'kube-public'];

/** Nothing is made in a namespace that is not there or about to go; some never go. */
export class NamespaceLifecycle implements AdmissionPlugin {
  readonly name = 'NamespaceLifecycle';
  readonly #storage: ObjectStorage;
  readonly #namespaces: StoredResource;
  /** Reading a namespace again and again would be half of the work of small writes. */
  readonly #known = new Map<string, { readonly revision: number; readonly object: ApiObject }>();

  constructor(storage: ObjectStorage, namespaces: StoredResource) {
    this.#storage = storage;
    this.#namespaces = namespaces;
  }

  async mutate(attributes: Attributes): Promise<undefined> {
    await this.#check(attributes);
    return undefined;
  }

  validate(attributes: Attributes): Promise<void> {
    return this.#check(attributes);
  }

  async #check(attributes: Attributes): Promise<void> {
    const { operation, namespace, name, resource } = attributes;
    const { group, kind } = resource.definition;
    if (isResource(attributes, '', 'namespaces')) {
      if (operation === 'DELETE' && IMMORTAL.includes(name))
        throw forbidden(
          { group: '', name: 'namespaces' },
          name,
          'this namespace may not be deleted',
        );
      return;
    }
    const isReview = group === 'authorization.k8s.io' && kind === 'LocalSubjectAccessReview';
    if (namespace === '' || kind === 'Namespace' || operation !== 'CREATE' || isReview) return;
    const found = await this.#find(namespace);
    if (found === undefined) throw notFound({ group: '', name: 'namespaces' }, namespace);
    if (fieldAt(found, ['status', 'phase']) !== 'Terminating') return;
    const { status } = refuseRequest(
      attributes,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    };
    throw new StatusError({ ...status, details: { ...status.details, causes: [cause] } });
  }

  /** What the cache does not know, or knows as alive, may have changed a moment ago. */
  async #find(name: string): Promise<ApiObject | undefined> {
    const key = keyOf(this.#namespaces, '', name);
    const stored = await this.#storage.get(key);
    if (stored === undefined) {
      this.#known.delete(key);
      return undefined;
    }
    const known = this.#known.get(key);
    if (known?.revision === stored.revision) return known.object;
    const { revision, object } = stored;
    this.#known.set(key, { revision, object });
    return object;
  }
}
