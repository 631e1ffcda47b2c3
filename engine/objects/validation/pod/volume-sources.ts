import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFilePersistentVolumeSource,
  AzureFileVolumeSource,
  CinderPersistentVolumeSource,
  CinderVolumeSource,
  CSIPersistentVolumeSource,
  CSIVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GitRepoVolumeSource,
  GlusterfsPersistentVolumeSource,
  GlusterfsVolumeSource,
  HostPathVolumeSource,
  ISCSIPersistentVolumeSource,
  ISCSIVolumeSource,
  LocalVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  SecretReference,
  StorageOSPersistentVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from '../../generated/core-v1.generated.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../names.ts';
import { noBacksteps, relativePath } from '../paths.ts';
import type { Place } from '../place.ts';
import {
  between,
  byteLength,
  fields,
  inclusiveRange,
  isEmpty,
  optional,
  optionalEnum,
  optionalName,
  required,
  requiredName,
  type Rule,
} from '../rules.ts';

/**
 * Storage systems whose volumes a Pod and a PersistentVolume describe alike: mostly the presence of
 * a few names is checked. The types of both are structurally the same as far as these rules look.
 */

const fileModeDetail = 'must be a number between 0 and 0777 (octal), both inclusive';
export const fileMode = optional<number>(between(0, 0o777, fileModeDetail));

/** Upstream's text says 1, although 0 means the whole disk. */
const partition = between(0, 255, inclusiveRange(1, 255));

const hasName = optional(fields<{ name?: string }>({ name: required() }));
const hasNameAndNamespace = optional(
  fields<{ name?: string; namespace?: string }>({ name: required(), namespace: required() }),
);

export const hostPath: Rule<HostPathVolumeSource> = (source, at) => {
  if (!source.path) return at.child('path').required();
  noBacksteps(source.path, at.child('path'));
  hostPathType(source.type, at.child('type'));
};

const hostPathType = optionalEnum(
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
);

export const gcePersistentDisk = fields<GCEPersistentDiskVolumeSource>({
  pdName: required(),
  partition,
});

export const awsElasticBlockStore = fields<AWSElasticBlockStoreVolumeSource>({
  volumeID: required(),
  partition,
});

export const gitRepo = fields<GitRepoVolumeSource>({
  repository: required(),
  directory: relativePath,
});

export const nfs: Rule<NFSVolumeSource> = ({ server, path }, at) => {
  required()(server, at.child('server'));
  required()(path, at.child('path'));
  if (!path.startsWith('/')) at.child('path').invalid(path, 'must be an absolute path');
};

const glusterfsNames = { endpoints: required(), path: required() };
export const glusterfs = fields<GlusterfsVolumeSource>(glusterfsNames);
export const persistentGlusterfs = fields<GlusterfsPersistentVolumeSource>({
  ...glusterfsNames,
  endpointsNamespace: optional((namespace, at) => {
    if (namespace === '') {
      at.invalid('', 'if the endpointnamespace is set, it must be a valid namespace name');
    } else at.invalidEach(namespace, isDns1123Label(namespace));
  }),
});

const cephMonitors = { monitors: required() };
export const cephfs = fields<{ monitors?: readonly string[] }>(cephMonitors);
export const rbd = fields<{ monitors?: readonly string[]; image?: string }>({
  ...cephMonitors,
  image: required(),
});

export const cinder = fields<CinderVolumeSource>({ volumeID: required(), secretRef: hasName });
export const persistentCinder = fields<CinderPersistentVolumeSource>({
  volumeID: required(),
  secretRef: hasNameAndNamespace,
});

export const vsphereVolume = fields<VsphereVirtualDiskVolumeSource>({ volumePath: required() });
export const photonPersistentDisk = fields<PhotonPersistentDiskVolumeSource>({ pdID: required() });
export const portworxVolume = fields<PortworxVolumeSource>({ volumeID: required() });
export const scaleIO = fields<{ gateway?: string; system?: string; volumeName?: string }>({
  gateway: required(),
  system: required(),
  volumeName: required(),
});

const storageosNames = {
  volumeName: requiredName(isDns1123Label),
  volumeNamespace: optionalName(isDns1123Label),
};
export const storageos = fields<StorageOSVolumeSource>({ ...storageosNames, secretRef: hasName });
export const persistentStorageos = fields<StorageOSPersistentVolumeSource>({
  ...storageosNames,
  secretRef: hasNameAndNamespace,
});

export const flocker: Rule<FlockerVolumeSource> = ({ datasetName, datasetUUID }, at) => {
  if (!datasetName && !datasetUUID) at.required('one of datasetName and datasetUUID is required');
  if (datasetName && datasetUUID) {
    at.invalid('resource', 'datasetName and datasetUUID can not be specified simultaneously');
  }
  if (datasetName?.includes('/')) {
    at.child('datasetName').invalid(datasetName, "must not contain '/'");
  }
};

const quobyteRegistry = 'must be a host:port pair or multiple pairs separated by commas';

export const quobyte: Rule<QuobyteVolumeSource> = ({ registry, tenant, volume }, at) => {
  if (!registry) {
    at.child('registry').required(quobyteRegistry);
  } else if ((tenant ?? '').length >= 65) {
    at.child('tenant').required('must be a UUID and may not exceed a length of 64 characters');
  } else {
    for (const pair of registry.split(',')) {
      if (!/^(\[[^\][]*\]|[^:\][]*):[^:]*$/.test(pair)) {
        at.child('registry').invalid(registry, quobyteRegistry);
      }
    }
  }
  required()(volume, at.child('volume'));
};

export const fc: Rule<FCVolumeSource> = ({ targetWWNs, wwids, lun }, at) => {
  if (isEmpty(targetWWNs) && isEmpty(wwids)) {
    at.child('targetWWNs').required('must specify either targetWWNs or wwids, but not both');
  }
  if (isEmpty(targetWWNs)) return;
  if (!isEmpty(wwids)) {
    at.child('targetWWNs').invalid(
      targetWWNs,
      'targetWWNs and wwids can not be specified simultaneously',
    );
  }
  if (lun === undefined) at.child('lun').required('lun is required if targetWWNs is specified');
  else between(0, 255)(lun, at.child('lun'));
};

/** Options whose prefix is reserved for Kubernetes are refused. */
export const flexVolume = fields<{ driver?: string; options?: Record<string, string> }>({
  driver: required(),
  options: (options = {}, at) => {
    for (const option of Object.keys(options)) {
      const namespace = `.${(option.split('/', 2)[0] ?? '').toLowerCase()}`;
      if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io')) {
        at.key(option).invalid(option, 'kubernetes.io and k8s.io namespaces are reserved');
      }
    }
  },
});

const azureFileNames = { secretName: required(), shareName: required() };
export const azureFile = fields<AzureFileVolumeSource>(azureFileNames);
export const persistentAzureFile = fields<AzureFilePersistentVolumeSource>({
  ...azureFileNames,
  secretNamespace: optional(required()),
});

const azureManagedUri =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const azureBlobUri =
  'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export const azureDisk: Rule<AzureDiskVolumeSource> = (source, at) => {
  const { diskURI, kind } = source;
  azureDiskFields(source, at);
  if (kind === undefined) return;
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) {
    at.child('diskURI').notSupported(diskURI, [azureManagedUri]);
  }
  if (kind !== 'Managed' && !diskURI.startsWith('https://')) {
    at.child('diskURI').notSupported(diskURI, [azureBlobUri]);
  }
};

const azureDiskFields = fields<AzureDiskVolumeSource>({
  diskName: required(),
  diskURI: required(),
  cachingMode: optionalEnum('None', 'ReadOnly', 'ReadWrite'),
  kind: optionalEnum('Dedicated', 'Managed', 'Shared'),
});

/** A CSI driver's name: a DNS name of at most 63 bytes in which capitals are allowed. */
export const csiDriverName: Rule<string | undefined> = (name, at) => {
  if (!name) return at.required();
  if (byteLength(name) > 63) at.tooLong(63);
  at.invalidEach(name, isDns1123Subdomain(name.toLowerCase()));
};

const isqnFormats = {
  iqn: /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
};

interface Iscsi {
  targetPortal?: string;
  iqn?: string;
  lun?: number;
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  secretRef?: object;
  initiatorName?: string;
}

function iscsiName(name: string, at: Place, unknownPrefix: string): void {
  const format = isqnFormats[name.slice(0, 3) as keyof typeof isqnFormats];
  if (!format) at.invalid(name, unknownPrefix);
  else if (!format.test(name)) at.invalid(name, 'must be valid format');
}

const iscsiCommon = (unknownPrefix: string) =>
  fields<Iscsi>({
    iqn: (name, at) => (name ? iscsiName(name, at, unknownPrefix) : at.required()),
    lun: between(0, 255),
  });

const needsSecret = (source: Iscsi) =>
  (source.chapAuthDiscovery || source.chapAuthSession) && source.secretRef === undefined;

const iscsiNameTooLong =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const isTooLong = (volumeName: string, { initiatorName, targetPortal = '' }: Iscsi) =>
  initiatorName !== undefined && byteLength(`${volumeName}:${targetPortal}`) > 64;

const podIqnPrefix = 'must be valid format starting with iqn, eui, or naa';

export const iscsi: Rule<ISCSIVolumeSource> = (source, at) => {
  required()(source.targetPortal, at.child('targetPortal'));
  iscsiCommon(podIqnPrefix)(source, at);
  if (needsSecret(source)) at.child('secretRef').required();
  if (source.initiatorName !== undefined) {
    iscsiName(source.initiatorName, at.child('initiatorname'), podIqnPrefix);
  }
};

/** Reported at the volume, of whose name it is about. */
export function iscsiVolumeName(source: ISCSIVolumeSource, volumeName: string, at: Place): void {
  if (isTooLong(volumeName, source)) at.child('name').invalid(volumeName, iscsiNameTooLong);
}

export const persistentIscsi =
  (volumeName: string): Rule<ISCSIPersistentVolumeSource> =>
  (source, at) => {
    required()(source.targetPortal, at.child('targetPortal'));
    if (isTooLong(volumeName, source)) {
      at.child('targetportal').invalid(source.targetPortal, iscsiNameTooLong);
    }
    iscsiCommon('must be valid format')(source, at);
    if (needsSecret(source)) at.child('secretRef').required();
    hasName(source.secretRef, at.child('secretRef'));
    if (source.initiatorName !== undefined) {
      iscsiName(source.initiatorName, at.child('initiatorname'), 'must be valid format');
    }
  };

const csiSecret = optional(
  fields<SecretReference>({
    name: requiredName(isDns1123Subdomain),
    namespace: requiredName(isDns1123Label),
  }),
);

export const persistentCsi = fields<CSIPersistentVolumeSource>({
  driver: csiDriverName,
  volumeHandle: required(),
  controllerPublishSecretRef: csiSecret,
  controllerExpandSecretRef: csiSecret,
  nodePublishSecretRef: csiSecret,
  nodeExpandSecretRef: csiSecret,
});

export const csi: Rule<CSIVolumeSource> = ({ driver, nodePublishSecretRef: secret }, at) => {
  csiDriverName(driver, at.child('driver'));
  if (!secret) return;
  if (!secret.name) at.child('nodePublishSecretRef').child('name').required();
  else at.child('name').invalidEach(secret.name, isDns1123Subdomain(secret.name));
};

export const local: Rule<LocalVolumeSource> = ({ path }, at) => {
  if (path) noBacksteps(path, at.child('path'));
  else at.child('path').required();
};
