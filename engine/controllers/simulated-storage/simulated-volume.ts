import type { Stored } from '../../client/resource.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
} from '../../objects/generated/core-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';

/** What a StorageClass names as its provisioner to get volumes of this kind. */
export const PROVISIONER = 'simulated.drydock.dev/hostpath';

/** The volume for a claim, on the node that was selected for it if one was. */
export function simulatedVolume(
  { metadata, spec }: Stored<PersistentVolumeClaim>,
  storageClass: StorageClass,
  node: string | undefined,
): PersistentVolume {
  const name = `pvc-${metadata.uid}`;
  const { namespace = '' } = metadata;
  const { reclaimPolicy = 'Delete', mountOptions } = storageClass;
  const { accessModes, volumeMode } = spec;
  const hostname = {
    matchExpressions: [
      { key: 'kubernetes.io/hostname', operator: 'In' as const, values: [node ?? ''] },
    ],
  };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
    spec: {
      ...(accessModes === undefined ? {} : { accessModes }),
      ...(volumeMode === undefined ? {} : { volumeMode }),
      capacity: { storage: spec.resources?.requests?.['storage'] ?? '0' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
      },
      hostPath: { path: `/var/lib/drydock/volumes/${name}`, type: 'DirectoryOrCreate' },
      ...(mountOptions === undefined ? {} : { mountOptions }),
      ...(node === undefined
        ? {}
        : { nodeAffinity: { required: { nodeSelectorTerms: [hostname] } } }),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name ?? '',
    },
  };
}
