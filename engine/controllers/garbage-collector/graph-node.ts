import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';

/** Which object it is. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** empty for objects without one */
  readonly namespace: string;
}

/** One text for each identity. */
export function identityKey({ apiVersion, kind, namespace, name, uid }: Identity): string {
  return JSON.stringify([apiVersion, kind, namespace, name, uid]);
}

export function sameIdentity(one: Identity, other: Identity): boolean {
  return identityKey(one) === identityKey(other);
}

/** What an object in `namespace` says that its owner is. */
export function identityOf(reference: OwnerReference, namespace: string): Identity {
  const { apiVersion, kind, name, uid } = reference;
  return { apiVersion, kind, name, uid, namespace };
}

/** An object, or one of which only references tell. */
export class GraphNode {
  identity: Identity;
  /** objects that refer to this one as an owner */
  readonly dependents = new Set<GraphNode>();
  owners: readonly OwnerReference[];
  beingDeleted = false;
  /** being deleted in the foreground: it waits until its dependents are gone */
  deletingDependents = false;
  /** an informer has seen it, and not only a reference to it */
  observed: boolean;

  constructor(identity: Identity, owners: readonly OwnerReference[], observed: boolean) {
    this.identity = identity;
    this.owners = owners;
    this.observed = observed;
  }

  /** Dependents that keep this one from being deleted in the foreground. */
  get blockingDependents(): readonly GraphNode[] {
    const { uid } = this.identity;
    return [...this.dependents].filter(({ owners }) =>
      owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
  }
}

/**
 * Dependents that mean an owner by exactly this identity, and those that mean it by another one of the
 * same UID. One with two references can be among both.
 */
export function partitionDependents(
  dependents: Iterable<GraphNode>,
  owner: Identity,
): { readonly matching: readonly GraphNode[]; readonly differing: readonly GraphNode[] } {
  const matching: GraphNode[] = [];
  const differing: GraphNode[] = [];
  for (const dependent of dependents) {
    const elsewhere = owner.namespace !== '' && owner.namespace !== dependent.identity.namespace;
    const references = dependent.owners.filter(({ uid }) => uid === owner.uid);
    const matches = references.map((reference) =>
      sameIdentity(identityOf(reference, owner.namespace), owner),
    );
    if (!elsewhere && matches.includes(true)) matching.push(dependent);
    if (elsewhere || matches.includes(false)) differing.push(dependent);
  }
  return { matching, differing };
}

/** Kind and version count more than namespace and name (upstream's `referenceLessThan`). */
function compareIdentities(one: Identity, other: Identity): number {
  for (const part of ['kind', 'apiVersion', 'namespace', 'name', 'uid'] as const)
    if (one[part] !== other[part]) return one[part] < other[part] ? -1 : 1;
  return 0;
}

/**
 * By what other identity dependents mean an owner that does not exist by this one: the next in order,
 * or the first; undefined when all agree.
 */
export function alternateIdentity(
  dependents: readonly GraphNode[],
  absent: Identity,
): Identity | undefined {
  const alternates = new Map<string, Identity>();
  for (const { owners, identity } of dependents)
    for (const reference of owners) {
      if (reference.uid !== absent.uid) continue;
      const { apiVersion, kind } = reference;
      const clusterScoped =
        absent.namespace === '' && apiVersion === absent.apiVersion && kind === absent.kind;
      const other = identityOf(reference, clusterScoped ? '' : identity.namespace);
      if (!sameIdentity(other, absent)) alternates.set(identityKey(other), other);
    }
  const ordered = [...alternates.values()].toSorted(compareIdentities);
  return ordered.find((other) => compareIdentities(absent, other) < 0) ?? ordered[0];
}
