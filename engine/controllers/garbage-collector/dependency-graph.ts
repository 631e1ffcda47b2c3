import { Recent } from '../../client/events/recent.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import {
  alternateIdentity,
  GraphNode,
  identityKey,
  identityOf,
  partitionDependents,
  sameIdentity,
  type Identity,
} from './graph-node.ts';

export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';
/** Owners that are remembered not to be there. */
const MOST_ABSENT = 500;

/** What a change of the graph asks for. */
export interface GraphListener {
  /** Look whether it, or what it waits for, is to be deleted. */
  attemptToDelete(uid: string): void;
  /** The same, but not at once. */
  attemptToDeleteLater(uid: string): void;
  /** Make its dependents do without it. */
  attemptToOrphan(uid: string): void;
  /** Its owner is in another namespace. */
  invalidNamespace(dependent: Identity, owner: Identity): void;
}

/** The object as the graph knows it. @param kind as its resource is served */
function identityOfObject(
  { metadata }: KubernetesObject,
  kind: { readonly apiVersion: string; readonly kind: string },
): Identity {
  const { name = '', uid = '', namespace = '' } = metadata;
  return { apiVersion: kind.apiVersion, kind: kind.kind, name, uid, namespace };
}

function ownersOf({ metadata }: KubernetesObject): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

/** Its deletion has begun and waits for this finalizer. */
export function isDeletedWith({ metadata }: KubernetesObject, finalizer: string): boolean {
  return (
    metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(finalizer)
  );
}

/**
 * Who owns whom among all objects, as informers tell it, and as references tell it of those that no
 * informer has seen (upstream's `GraphBuilder`). It lags behind; nothing is deleted on its word alone.
 */
export class DependencyGraph {
  readonly #listener: GraphListener;
  readonly #nodes = new Map<string, GraphNode>();
  readonly #absent = new Recent<true>(MOST_ABSENT);

  constructor(listener: GraphListener) {
    this.#listener = listener;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  isAbsent(identity: Identity): boolean {
    return this.#absent.get(identityKey(identity)) === true;
  }

  addAbsent(identity: Identity): void {
    this.#absent.set(identityKey(identity), true);
  }

  /** An informer has seen an object, or a change of it. @param old the version before, if there was one */
  observe(
    kind: { readonly apiVersion: string; readonly kind: string },
    object: KubernetesObject,
    old?: KubernetesObject,
  ): void {
    const identity = identityOfObject(object, kind);
    const owners = ownersOf(object);
    const known = this.#nodes.get(identity.uid);
    const node = known ?? new GraphNode(identity, owners, true);
    if (known === undefined) {
      this.#nodes.set(identity.uid, node);
      this.#addToOwners(node, owners);
    } else {
      if (!known.observed) this.#becomesReal(known, identity);
      this.#changeOwners(known, owners);
    }
    if (object.metadata.deletionTimestamp !== undefined) node.beingDeleted = true;
    if (known === undefined) node.deletingDependents = isDeletedWith(object, FOREGROUND_FINALIZER);
    this.#continueDeletion(node, object, old);
  }

  /** An informer has seen that an object is gone. */
  forget(
    kind: { readonly apiVersion: string; readonly kind: string },
    object: KubernetesObject,
  ): void {
    const identity = identityOfObject(object, kind);
    const node = this.#nodes.get(identity.uid);
    if (node === undefined) return;
    if (!node.observed) this.#becomesReal(node, identity);
    this.#remove(node, identity);
  }

  /** The API server has no object of this identity, whatever informers say. */
  forgetAbsent(identity: Identity): void {
    const node = this.#nodes.get(identity.uid);
    if (node === undefined) return;
    const { matching, differing } = partitionDependents(node.dependents, identity);
    const stays = node.observed ? !sameIdentity(node.identity, identity) : differing.length > 0;
    if (!stays) {
      this.#remove(node, identity);
      return;
    }
    if (matching.length > 0) {
      this.addAbsent(identity);
      this.#attempt(matching);
    }
    if (node.observed || !sameIdentity(node.identity, identity)) return;
    const alternate = alternateIdentity(differing, identity);
    if (alternate === undefined) return;
    node.identity = alternate;
    this.#listener.attemptToDeleteLater(alternate.uid);
  }

  /** What references said of it may have been wrong. */
  #becomesReal(node: GraphNode, identity: Identity): void {
    if (!sameIdentity(node.identity, identity)) {
      const { differing } = partitionDependents(node.dependents, identity);
      for (const dependent of differing)
        if (identity.namespace !== '' && dependent.identity.namespace !== identity.namespace)
          this.#reportNamespace(dependent, identity.uid);
      this.#attempt(differing);
      node.identity = identity;
    }
    node.observed = true;
  }

  #addToOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    let suspicious = false;
    for (const reference of owners) {
      const known = this.#nodes.get(reference.uid);
      const meant = identityOf(reference, node.identity.namespace);
      const owner = known ?? new GraphNode(meant, [], false);
      owner.dependents.add(node);
      if (known === undefined) {
        this.#nodes.set(reference.uid, owner);
        // It is to be seen whether there is such an owner.
        this.#listener.attemptToDelete(reference.uid);
      } else if (!suspicious) suspicious = this.#isSuspicious(node, known, reference);
    }
    if (suspicious) this.#listener.attemptToDelete(node.identity.uid);
  }

  /** Whether a reference may mean an owner that does not exist, although the graph has its UID. */
  #isSuspicious(node: GraphNode, owner: GraphNode, reference: OwnerReference): boolean {
    const elsewhere = owner.identity.namespace !== node.identity.namespace;
    if (owner.identity.namespace !== '' && elsewhere) {
      if (owner.observed) this.#reportNamespace(node, reference.uid);
      return true;
    }
    if (!sameIdentity(identityOf(reference, owner.identity.namespace), owner.identity)) return true;
    return elsewhere && !owner.observed;
  }

  #reportNamespace(dependent: GraphNode, ownerUid: string): void {
    const reference = dependent.owners.find(({ uid }) => uid === ownerUid);
    if (reference === undefined) return;
    const { identity } = dependent;
    this.#listener.invalidNamespace(identity, identityOf(reference, identity.namespace));
  }

  #changeOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    const before = new Map(node.owners.map((owner) => [owner.uid, owner]));
    const after = new Map(owners.map((owner) => [owner.uid, owner]));
    const added = owners.filter(({ uid }) => !before.has(uid));
    const removed = node.owners.filter(({ uid }) => !after.has(uid));
    const same = before.size === after.size && added.length + removed.length === 0;
    if (same && jsonEqual(node.owners, owners)) return;
    for (const [uid, { blockOwnerDeletion }] of before)
      if (blockOwnerDeletion === true && after.get(uid)?.blockOwnerDeletion !== true)
        if (this.#nodes.has(uid)) this.#listener.attemptToDelete(uid);
    node.owners = owners;
    this.#addToOwners(node, added);
    for (const { uid } of removed) this.#nodes.get(uid)?.dependents.delete(node);
  }

  /** An object whose deletion begins may have to wait until its dependents are gone, or free. */
  #continueDeletion(node: GraphNode, object: KubernetesObject, old?: KubernetesObject): void {
    const begins = (finalizer: string): boolean =>
      isDeletedWith(object, finalizer) && (old === undefined || !isDeletedWith(old, finalizer));
    const { uid } = node.identity;
    if (begins(ORPHAN_FINALIZER)) {
      this.#listener.attemptToOrphan(uid);
      return;
    }
    if (!begins(FOREGROUND_FINALIZER)) return;
    node.deletingDependents = true;
    this.#attempt(node.dependents);
    this.#listener.attemptToDelete(uid);
  }

  #remove(node: GraphNode, identity: Identity): void {
    this.#nodes.delete(identity.uid);
    for (const { uid } of node.owners) this.#nodes.get(uid)?.dependents.delete(node);
    if (node.dependents.size > 0) this.addAbsent(identity);
    this.#attempt(node.dependents);
    for (const { uid } of node.owners)
      if (this.#nodes.get(uid)?.deletingDependents === true) this.#listener.attemptToDelete(uid);
  }

  #attempt(nodes: Iterable<GraphNode>): void {
    for (const { identity } of nodes) this.#listener.attemptToDelete(identity.uid);
  }
}
