import type { Resource, Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import { formatApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';
import { controllerRef } from '../pods/controller-ref.ts';
import { isInRange } from './ordinals.ts';

/**
 * Who owns the claims of a Pod, so that they go when `persistentVolumeClaimRetentionPolicy` says: with
 * the set, or with a Pod that was scaled away (KEP-1847).
 */
interface Owners {
  readonly set: Stored<StatefulSet>;
  readonly pod: Pod;
}

function refersTo(
  ref: OwnerReference,
  { metadata }: KubernetesObject,
  resource: Resource<KubernetesObject>,
): boolean {
  return (
    ref.apiVersion === formatApiVersion(resource) &&
    ref.kind === resource.kind &&
    ref.name === metadata.name
  );
}

const refersToSet = (ref: OwnerReference, { set }: Owners): boolean =>
  refersTo(ref, set, resources.statefulSets);
const refersToPod = (ref: OwnerReference, { pod }: Owners): boolean =>
  refersTo(ref, pod, resources.pods);

function isOwnedBy(claim: PersistentVolumeClaim, { metadata }: KubernetesObject): boolean {
  return claim.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false;
}

/** It refers to a Pod of this name that is no more: the claim is about to go with that one. */
export function isStaleFor(claim: PersistentVolumeClaim, pod: Pod): boolean {
  const ref = claim.metadata.ownerReferences?.find((each) => refersTo(each, pod, resources.pods));
  return ref !== undefined && ref.uid !== pod.metadata.uid;
}

function isStaleForSet(claim: PersistentVolumeClaim, owners: Owners): boolean {
  const ref = claim.metadata.ownerReferences?.find((each) => refersToSet(each, owners));
  return ref !== undefined && ref.uid !== owners.set.metadata.uid;
}

function policyOf({ spec }: StatefulSet) {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } =
    spec.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted, whenScaled };
}

export function keepsWhenScaled(set: StatefulSet): boolean {
  return policyOf(set).whenScaled === 'Retain';
}

/** Somebody else manages the claim, so that the policy cannot be followed. */
export function hasConflictingController(claim: PersistentVolumeClaim, owners: Owners): boolean {
  const { whenDeleted, whenScaled } = policyOf(owners.set);
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false;
  return (claim.metadata.ownerReferences ?? []).some((ref) => {
    if (refersToSet(ref, owners)) return ref.uid !== owners.set.metadata.uid;
    if (refersToPod(ref, owners)) return ref.uid !== owners.pod.metadata.uid;
    return ref.controller === true;
  });
}

/** Which of the two is to own the claims; neither for a policy that is not known. */
function wanted({ set, pod }: Owners): { readonly bySet: boolean; readonly byPod: boolean } {
  const { whenDeleted, whenScaled } = policyOf(set);
  const isScaledAway = whenScaled === 'Delete' && !isInRange(pod, set);
  return { bySet: whenDeleted === 'Delete' && !isScaledAway, byPod: isScaledAway };
}

/** Whether the owners are as the policy says, or not to be touched. */
export function hasWantedOwners(claim: PersistentVolumeClaim, owners: Owners): boolean {
  const { set, pod } = owners;
  if (isStaleForSet(claim, owners) || isStaleFor(claim, pod)) return true;
  const [bySet, byPod] = [isOwnedBy(claim, set), isOwnedBy(claim, pod)];
  if (hasConflictingController(claim, owners)) return !bySet && !byPod;
  const isOwnedOnly = claim.metadata.ownerReferences?.some(
    ({ uid, controller }) =>
      (uid === set.metadata.uid || uid === pod.metadata.uid) && controller !== true,
  );
  if (isOwnedOnly === true) return false;
  const want = wanted(owners);
  return want.bySet === bySet && want.byPod === byPod;
}

/** The claim with the owners that the policy says; with none of the two when somebody else manages it. */
export function withWantedOwners<T extends PersistentVolumeClaim>(claim: T, owners: Owners): T {
  const others = (claim.metadata.ownerReferences ?? []).filter(
    (ref) => !refersToSet(ref, owners) && !refersToPod(ref, owners),
  );
  const want = hasConflictingController(claim, owners)
    ? { bySet: false, byPod: false }
    : wanted(owners);
  const ownerReferences = [
    ...others,
    ...(want.bySet ? [controllerRef(resources.statefulSets, owners.set)] : []),
    ...(want.byPod ? [controllerRef(resources.pods, owners.pod)] : []),
  ];
  return { ...claim, metadata: { ...claim.metadata, ownerReferences } };
}
