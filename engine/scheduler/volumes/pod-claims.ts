import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import { claimsOf, isMadeFor, type ClaimReference } from '../../objects/volumes/claims.ts';

/** Whether a claim, from which the volume is to be taken, is one of the Pod's. */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim | undefined): boolean {
  return (
    claim?.metadata.namespace === pod.metadata.namespace &&
    claimsOf(pod).some(({ name }) => name === claim?.metadata.name)
  );
}

/** A claim, or in upstream's words why a Pod cannot have it. */
export function findClaim(
  claims: ObjectStore<PersistentVolumeClaim>,
  pod: Pod,
  { name, isEphemeral }: ClaimReference,
): PersistentVolumeClaim | string {
  const { namespace = '' } = pod.metadata;
  const claim = claims.get({ namespace, name });
  if (claim === undefined)
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${JSON.stringify(name)}`
      : `persistentvolumeclaim ${JSON.stringify(name)} not found`;
  if (isEphemeral && !isMadeFor(claim, pod))
    return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name ?? ''} (pod is not owner)`;
  return claim;
}
