import type { Client, DeleteOptions } from '../../client/client.ts';
import type { DiscoveredResource } from '../../client/discovery.ts';
import { metadataOf } from '../../client/resource.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { retryOnConflict } from '../../client/retry-on-conflict.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { GraphNode, Identity } from './graph-node.ts';

/** A kind that the server does not serve, or not yet: to be tried again. */
export class UnknownKindError extends Error {
  readonly code = 'UNKNOWN_KIND';

  constructor({ apiVersion, kind }: Pick<Identity, 'apiVersion' | 'kind'>) {
    super(`unable to get REST mapping for ${apiVersion}/${kind}.`);
    this.name = 'UnknownKindError';
  }
}

/** An object without a namespace names one in a namespace as its owner: trying again does not help. */
export class NamespacedOwnerError extends Error {
  readonly code = 'NAMESPACED_OWNER';

  constructor() {
    super('cluster-scoped objects cannot refer to namespaced owners');
    this.name = 'NamespacedOwnerError';
  }
}

type Metadata = Awaited<ReturnType<ObjectAccess['get']>>;
export type LiveObject = NonNullable<Metadata>;

/** Objects of any kind at the API server, of which only the metadata counts. */
export class ObjectAccess {
  readonly #client: Client;
  readonly #resourceOf: (apiVersion: string, kind: string) => DiscoveredResource | undefined;

  constructor(
    client: Client,
    resourceOf: (apiVersion: string, kind: string) => DiscoveredResource | undefined,
  ) {
    this.#client = client;
    this.#resourceOf = resourceOf;
  }

  /** @throws UnknownKindError */
  isNamespaced(identity: Pick<Identity, 'apiVersion' | 'kind'>): boolean {
    return this.#resource(identity).namespaced;
  }

  /** Whatever has its name now; undefined when there is nothing. @throws NamespacedOwnerError */
  async get(identity: Identity) {
    const resource = this.#resource(identity);
    if (resource.namespaced && identity.namespace === '') throw new NamespacedOwnerError();
    try {
      return await this.#client.get(metadataOf(resource), nameOf(identity));
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Deletes it as it is in `live`, or when nothing but its owners counts that have not changed. False: it is gone. */
  async delete(
    identity: Identity,
    live: LiveObject,
    propagationPolicy: NonNullable<DeleteOptions['propagationPolicy']>,
  ): Promise<boolean> {
    const resource = this.#resource(identity);
    const { uid } = identity;
    const { resourceVersion, ownerReferences } = live.metadata;
    const options = { propagationPolicy, preconditions: { uid, resourceVersion } };
    try {
      await this.#client.delete(resource, nameOf(identity), options);
      return true;
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return false;
      if (reasonOf(error) !== 'Conflict') throw error;
      const now = await this.get(identity);
      if (now === undefined) return false;
      const { metadata } = now;
      const changed = metadata.resourceVersion !== resourceVersion && metadata.uid === uid;
      if (!changed || !jsonEqual(metadata.ownerReferences ?? [], ownerReferences ?? []))
        throw error;
    }
    const again = { propagationPolicy, preconditions: { uid } };
    return this.#unlessGone(() => this.#client.delete(resource, nameOf(identity), again));
  }

  /** Takes owners off an object. False: it is gone. */
  async removeOwners({ identity }: GraphNode, uids: readonly string[]): Promise<boolean> {
    const ownerReferences = uids.map((uid) => ({ $patch: 'delete', uid }));
    return this.#patchOwners(identity, ownerReferences, (live) =>
      (live.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid)),
    );
  }

  /** Lets the owners of an object go before it does. False: it is gone. */
  async unblockOwners({ identity, owners }: GraphNode): Promise<boolean> {
    const unblocked = owners.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    const blocking = unblocked.filter((_, index) => owners[index]?.blockOwnerDeletion === true);
    return this.#patchOwners(identity, blocking, () => unblocked);
  }

  /** Takes a finalizer off an object, if it is there and has it. */
  async removeFinalizer(identity: Identity, finalizer: string): Promise<void> {
    await retryOnConflict(async () => {
      const live = await this.get(identity);
      if (live?.metadata.uid !== identity.uid) return;
      const { finalizers = [], resourceVersion } = live.metadata;
      if (!finalizers.includes(finalizer)) return;
      const left = finalizers.filter((name) => name !== finalizer);
      const patch = { metadata: { resourceVersion, finalizers: left } };
      await this.#unlessGone(() => this.#patch(identity, 'merge', patch));
    });
  }

  /** Custom resources have no strategic merge patches: they get all their owners. */
  async #patchOwners(
    identity: Identity,
    strategic: readonly object[],
    whole: (live: LiveObject) => readonly object[],
  ): Promise<boolean> {
    const { uid } = identity;
    return this.#unlessGone(async () => {
      try {
        const patch = { metadata: { uid, ownerReferences: strategic } };
        await this.#patch(identity, 'strategic', patch);
      } catch (error) {
        if (reasonOf(error) !== 'UnsupportedMediaType') throw error;
        const live = await this.get(identity);
        if (live === undefined) throw error;
        const { resourceVersion } = live.metadata;
        const patch = { metadata: { resourceVersion, ownerReferences: whole(live) } };
        await this.#patch(identity, 'merge', patch);
      }
    });
  }

  async #patch(identity: Identity, type: 'merge' | 'strategic', patch: object): Promise<void> {
    const resource = metadataOf(this.#resource(identity));
    await this.#client.patch(resource, nameOf(identity), { type, patch });
  }

  async #unlessGone(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return false;
      throw error;
    }
  }

  #resource(identity: Pick<Identity, 'apiVersion' | 'kind'>): DiscoveredResource {
    const resource = this.#resourceOf(identity.apiVersion, identity.kind);
    if (resource === undefined) throw new UnknownKindError(identity);
    return resource;
  }
}

function nameOf({ namespace, name }: Identity): {
  readonly namespace: string;
  readonly name: string;
} {
  return { namespace, name };
}
