import type { Stored } from '../../client/resource.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
  Volume,
} from '../../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../objects/generated/meta-v1.generated.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import { meta, node } from '../testing/builders.ts';

export const ZONE = 'topology.kubernetes.io/zone';
export const zones = [
  node('a', { labels: { [ZONE]: 'a' } }),
  node('b', { labels: { [ZONE]: 'b' } }),
];
export const unhelpful = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
export const victims = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;

export const using = (...claimNames: string[]) => ({
  volumes: claimNames.map((claimName): Volume => ({
    name: claimName,
    persistentVolumeClaim: { claimName },
  })),
});

export function claim(
  name: string,
  spec: PersistentVolumeClaimSpec = {},
  more: ObjectMeta = {},
): Stored<PersistentVolumeClaim> {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: meta(name, { namespace: 'default', ...more }),
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      resources: { requests: { storage: '1Gi' } },
      ...spec,
    },
  };
}

export const bound = (name: string, volumeName: string, spec: PersistentVolumeClaimSpec = {}) =>
  claim(
    name,
    { volumeName, ...spec },
    { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
  );

export function volume(
  name: string,
  spec: PersistentVolumeSpec = {},
  more: ObjectMeta = {},
): Stored<PersistentVolume> {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: meta(name, more),
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      ...spec,
    },
    status: { phase: 'Available' },
  };
}

export const onNode = (...values: string[]): PersistentVolumeSpec => ({
  nodeAffinity: {
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values }] },
      ],
    },
  },
});

export const storageClass = (
  name: string,
  volumeBindingMode: 'Immediate' | 'WaitForFirstConsumer',
  provisioner = 'kubernetes.io/no-provisioner',
): Stored<StorageClass> => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: meta(name),
  provisioner,
  volumeBindingMode,
});
export const local = storageClass('local', 'WaitForFirstConsumer');
export const fast = storageClass('fast', 'WaitForFirstConsumer', 'csi.example.com');
