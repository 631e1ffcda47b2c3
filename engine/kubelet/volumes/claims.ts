import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Volume,
} from '../../objects/generated/core-v1.generated.ts';
import { allContainers } from './pod-volume-names.ts';
import { ephemeralClaimName, isMadeFor } from '../../objects/volumes/claims.ts';

const PROTECTION_FINALIZER = 'kubernetes.io/pvc-protection';
/** On a volume: a group that owns its files. */
const GROUP_ANNOTATION = 'pv.beta.kubernetes.io/gid';

/** What a volume of a Pod that is a claim leads to. */
export interface ClaimedVolume {
  readonly volume: Stored<PersistentVolume>;
  readonly readonly: boolean;
  /** that owns the files, by annotation of the volume */
  readonly group?: number;
}

/** The name of a volume's claim; undefined for volumes of other kinds. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral === undefined ? undefined : ephemeralClaimName(pod, volume);
}

/**
 * The volume that is bound to a Pod's claim, if the Pod may use it (k8s.io/kubernetes
 * pkg/kubelet/volumemanager/populator).
 * @throws Error with upstream's message
 */
export async function claimedVolume(
  client: Client,
  pod: Pod,
  volume: Volume,
): Promise<ClaimedVolume> {
  const { namespace = '', name: podName = '' } = pod.metadata;
  const name = claimNameOf(pod, volume) ?? '';
  const failed = (message: string, cause?: unknown): Error =>
    new Error(`error processing PVC ${namespace}/${name}: ${message}`, { cause });
  let claim: Stored<PersistentVolumeClaim>;
  try {
    claim = await client.get(resources.persistentVolumeClaims, { namespace, name });
  } catch (error) {
    throw failed(`failed to fetch PVC from API server: ${messageOf(error)}`, error);
  }
  const { metadata, spec, status } = claim;
  const isProtected = (metadata.finalizers ?? []).includes(PROTECTION_FINALIZER);
  if (metadata.deletionTimestamp !== undefined && !isProtected)
    throw failed('PVC is being deleted');
  if (status?.phase !== 'Bound') throw failed('PVC is not bound');
  const { volumeName = '' } = spec;
  if (volumeName === '') throw failed('PVC has empty pvc.Spec.VolumeName');
  if (volume.ephemeral !== undefined && !isMadeFor(claim, pod))
    throw new Error(
      `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`,
    );
  let found: Stored<PersistentVolume>;
  try {
    found = await client.get(resources.persistentVolumes, { name: volumeName });
  } catch (error) {
    throw failed(`failed to fetch PV ${volumeName} from API server: ${messageOf(error)}`, error);
  }
  const { claimRef, volumeMode = 'Filesystem' } = found.spec;
  if (claimRef === undefined)
    throw failed(
      `found PV object ${volumeName} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`,
    );
  if (claimRef.uid !== metadata.uid)
    throw failed(
      `found PV object ${volumeName} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${metadata.uid}`,
    );
  const uses = usesOf(pod, volume.name);
  if (uses.mounted && volumeMode !== 'Filesystem')
    throw new Error(
      `volume ${volume.name} has volumeMode ${volumeMode}, but is specified in volumeMounts`,
    );
  if (uses.asDevice && volumeMode !== 'Block')
    throw new Error(
      `volume ${volume.name} has volumeMode ${volumeMode}, but is specified in volumeDevices`,
    );
  const group = Number(found.metadata.annotations?.[GROUP_ANNOTATION] ?? Number.NaN);
  return {
    volume: found,
    readonly: volume.persistentVolumeClaim?.readOnly ?? false,
    ...(Number.isSafeInteger(group) ? { group } : {}),
  };
}

function usesOf(pod: Pod, name: string): { readonly mounted: boolean; readonly asDevice: boolean } {
  const containers = allContainers(pod);
  return {
    mounted: containers.some(({ volumeMounts = [] }) =>
      volumeMounts.some((mount) => mount.name === name),
    ),
    asDevice: containers.some(({ volumeDevices = [] }) =>
      volumeDevices.some((device) => device.name === name),
    ),
  };
}
