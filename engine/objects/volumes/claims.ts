/** What Pods, claims and volumes say of each other. */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Volume,
} from '../generated/core-v1.generated.ts';

export interface ClaimReference {
  readonly name: string;
  /** made for the Pod by a controller */
  readonly isEphemeral: boolean;
}

/** The name of the claim that is made for an ephemeral volume of a Pod. */
export function ephemeralClaimName(pod: Pod, volume: Volume): string {
  return `${pod.metadata.name ?? ''}-${volume.name}`;
}

function claimOf(pod: Pod, volume: Volume): ClaimReference | undefined {
  const { persistentVolumeClaim, ephemeral } = volume;
  if (persistentVolumeClaim !== undefined)
    return { name: persistentVolumeClaim.claimName, isEphemeral: false };
  return ephemeral === undefined
    ? undefined
    : { name: ephemeralClaimName(pod, volume), isEphemeral: true };
}

/** The claims of a Pod's volumes. */
export function claimsOf(pod: Pod): ClaimReference[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => claimOf(pod, volume) ?? []);
}

/** Whether the claim was made for this Pod's ephemeral volume, and not by somebody else under its name. */
export function isMadeFor(claim: PersistentVolumeClaim, pod: Pod): boolean {
  return (claim.metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => uid === pod.metadata.uid && controller === true,
  );
}

const OLD_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The class a claim asks for; '' for none. */
export function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[OLD_STORAGE_CLASS] ?? spec.storageClassName ?? '';
}

/** Whether it says something of a class, be it that it wants none. */
export function namesClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (
    metadata.annotations?.[OLD_STORAGE_CLASS] !== undefined || spec.storageClassName !== undefined
  );
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[OLD_STORAGE_CLASS] ?? spec.storageClassName ?? '';
}

/** On a claim: the volume controller has finished. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** On a claim or a volume: it got the other one from a controller, not from its author. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On a claim: the node for which the scheduler wants a volume. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** Bound from both sides. */
export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (spec.volumeName ?? '') !== '' && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

/** Whether a volume is bound to this claim, or reserved for it by name. */
export function isVolumeOf(
  { spec: { claimRef } }: PersistentVolume,
  { metadata }: PersistentVolumeClaim,
): boolean {
  return (
    claimRef?.namespace === metadata.namespace &&
    claimRef?.name === metadata.name &&
    ((claimRef?.uid ?? '') === '' || claimRef?.uid === metadata.uid)
  );
}

/** The volume as it is bound to a claim; itself when it is so already (component-helpers' `GetBindVolumeToClaim`). */
export function withClaim<T extends PersistentVolume>(volume: T, claim: PersistentVolumeClaim): T {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = claim.metadata;
  const known = volume.spec.claimRef;
  if (known !== undefined && isVolumeOf(volume, claim) && known.uid === uid) return volume;
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    namespace,
    name,
    uid,
    resourceVersion,
  };
  const bound = { ...volume, spec: { ...volume.spec, claimRef } };
  return known !== undefined && isVolumeOf(volume, claim)
    ? bound
    : withAnnotation(bound, BOUND_BY_CONTROLLER, 'yes');
}

export function withAnnotation<T extends PersistentVolume | PersistentVolumeClaim>(
  object: T,
  name: string,
  value: string,
): T {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [name]: value } },
  };
}

export function withoutAnnotation<T extends PersistentVolume | PersistentVolumeClaim>(
  object: T,
  name: string,
): T {
  const { [name]: _gone, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}
