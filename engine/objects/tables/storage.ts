import type { PersistentVolume, PersistentVolumeClaim } from '../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import type {
  CSIDriver,
  CSINode,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../generated/storage-v1.generated.ts';
import { age } from './ages.ts';
import { none, type Printer, unset } from './table.ts';

const shortModes = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

function accessModes(modes: readonly string[] | undefined): string {
  return shortModes.flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : [])).join(',');
}

/** The class that is in an annotation of old counts more than the field. */
function storageClassName({ annotations }: ObjectMeta, name: string | undefined): string {
  return annotations?.['volume.beta.kubernetes.io/storage-class'] ?? name ?? '';
}

const phase = ({ deletionTimestamp }: ObjectMeta, status: { phase?: string } | undefined) =>
  deletionTimestamp ? 'Terminating' : (status?.phase ?? '');

export const persistentVolume: Printer<PersistentVolume> = (object, now) => {
  const { metadata, spec, status } = object;
  const claim = spec.claimRef;
  return [
    metadata.name,
    spec.capacity?.['storage'] ?? '0',
    accessModes(spec.accessModes),
    spec.persistentVolumeReclaimPolicy ?? '',
    phase(metadata, status),
    claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '',
    storageClassName(metadata, spec.storageClassName),
    spec.volumeAttributesClassName ?? unset,
    status?.reason ?? '',
    age(metadata.creationTimestamp, now),
    spec.volumeMode ?? unset,
  ];
};

export const persistentVolumeClaim: Printer<PersistentVolumeClaim> = (object, now) => {
  const { metadata, spec, status } = object;
  const bound = Boolean(spec.volumeName);
  return [
    metadata.name,
    phase(metadata, status),
    spec.volumeName ?? '',
    bound ? (status?.capacity?.['storage'] ?? '0') : '',
    bound ? accessModes(status?.accessModes) : '',
    storageClassName(metadata, spec.storageClassName),
    spec.volumeAttributesClassName ?? unset,
    age(metadata.creationTimestamp, now),
    spec.volumeMode ?? unset,
  ];
};

export const storageClass: Printer<StorageClass> = (object, now) => [
  object.metadata.name,
  object.provisioner,
  object.reclaimPolicy ?? 'Delete',
  object.volumeBindingMode ?? 'Immediate',
  object.allowVolumeExpansion ?? false,
  age(object.metadata.creationTimestamp, now),
];

const isDefaultClass = ({ metadata: { annotations } }: StorageClass) =>
  annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ||
  annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true';

/** The class that claims without one get: of several the newest, then the first by name. */
export function defaultStorageClass(classes: readonly StorageClass[]): StorageClass | undefined {
  const created = ({ metadata }: StorageClass) => metadata.creationTimestamp ?? '';
  return classes.filter(isDefaultClass).toSorted((a, b) => {
    if (created(a) !== created(b)) return created(a) > created(b) ? -1 : 1;
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  })[0];
}

export const volumeAttributesClass: Printer<VolumeAttributesClass> = (object, now) => [
  object.metadata.name,
  object.driverName,
  age(object.metadata.creationTimestamp, now),
];

export const volumeAttachment: Printer<VolumeAttachment> = ({ metadata, spec, status }, now) => [
  metadata.name,
  spec.attacher,
  spec.source.persistentVolumeName ?? '',
  spec.nodeName,
  status?.attached ?? false,
  age(metadata.creationTimestamp, now),
];

export const csiNode: Printer<CSINode> = ({ metadata, spec }, now) => [
  metadata.name,
  // a list that was never set is null
  (spec.drivers as CSINode['spec']['drivers'] | null)?.length ?? 0,
  age(metadata.creationTimestamp, now),
];

export const csiDriver: Printer<CSIDriver> = ({ metadata, spec }, now) => [
  metadata.name,
  spec.attachRequired ?? true,
  spec.podInfoOnMount ?? false,
  spec.storageCapacity ?? false,
  spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? unset,
  spec.requiresRepublish ?? false,
  spec.volumeLifecycleModes?.join(',') || none,
  age(metadata.creationTimestamp, now),
];
