import type { AzureDiskVolumeSource } from '../generated/core-v1.generated.ts';
import { defaulting } from './defaulting.ts';

const azureDisk = defaulting<AzureDiskVolumeSource>({
  missing: { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' },
});

/** Sources that volumes of Pods and PersistentVolumes have in common. */
export const sharedVolumeSources = {
  hostPath: defaulting<{ type?: string }>({ missing: { type: '' } }),
  iscsi: defaulting<{ iscsiInterface?: string }>({ missing: { iscsiInterface: 'default' } }),
  rbd: defaulting<{ pool?: string; user?: string; keyring?: string }>({
    missing: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  }),
  azureDisk,
  scaleIO: defaulting<{ storageMode?: string; fsType?: string }>({
    missing: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
  }),
};
