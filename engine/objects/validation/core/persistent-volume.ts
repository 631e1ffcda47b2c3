import type {
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from '../../generated/core-v1.generated.ts';
import { isDns1123Subdomain } from '../../names.ts';
import { asInternal, internalDiff } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { nodeSelector } from '../pod/scheduling.ts';
import * as sources from '../pod/volume-sources.ts';
import { basicQuantity, positiveQuantity } from '../resource-names.ts';
import { isEmpty, optionalEnum, optionalName, type Rule } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { accessModes, volumeMode } from './persistent-volume-claim.ts';

const nodeAffinity: Rule<VolumeNodeAffinity> = ({ required }, at) => {
  if (required) nodeSelector(required, at.child('required'));
  else at.child('required').required('must specify required node constraints');
};

interface SourceKind {
  readonly name: keyof PersistentVolumeSpec;
  readonly rule: (source: never, at: Place) => void;
  /** Under which name upstream reports what is wrong in the source, and one source too many. */
  readonly path: string;
  readonly excessPath: string;
}

const kind = <K extends keyof PersistentVolumeSpec>(
  name: K,
  rule: Rule<NonNullable<PersistentVolumeSpec[K]>>,
  path: string = name,
  excessPath: string = name,
): SourceKind => ({ name, rule, path, excessPath });

const kindsFor = (volumeName: string): readonly SourceKind[] => [
  kind('hostPath', sources.hostPath),
  kind('gcePersistentDisk', sources.gcePersistentDisk, 'persistentDisk'),
  kind('awsElasticBlockStore', sources.awsElasticBlockStore),
  kind('glusterfs', sources.persistentGlusterfs),
  kind('flocker', sources.flocker),
  kind('nfs', sources.nfs),
  kind('rbd', sources.rbd),
  kind('quobyte', sources.quobyte),
  kind('cephfs', sources.cephfs, 'cephfs', 'cephFS'),
  kind('iscsi', sources.persistentIscsi(volumeName)),
  kind('cinder', sources.persistentCinder),
  kind('fc', sources.fc),
  kind('flexVolume', sources.flexVolume),
  kind('azureFile', sources.persistentAzureFile),
  kind('vsphereVolume', sources.vsphereVolume),
  kind('photonPersistentDisk', sources.photonPersistentDisk),
  kind('portworxVolume', sources.portworxVolume),
  kind('azureDisk', sources.azureDisk),
  kind('scaleIO', sources.scaleIO),
  kind('local', sources.local),
  kind('storageos', sources.persistentStorageos),
  kind('csi', sources.persistentCsi),
];

function volumeSource(spec: PersistentVolumeSpec, at: Place, volumeName: string): void {
  let found = false;
  for (const { name, rule, path, excessPath } of kindsFor(volumeName)) {
    const source = spec[name];
    if (source === undefined) continue;
    if (found && name !== 'flexVolume') {
      at.child(excessPath).forbidden('may not specify more than 1 volume type');
    } else rule(source as never, at.child(path));
    if (name === 'local' && !found && !spec.nodeAffinity) {
      at.child('nodeAffinity').required('Local volume requires node affinity');
    }
    found = true;
  }
  if (!found) at.required('must specify a volume type');
}

const reclaimPolicy = optionalEnum('Delete', 'Recycle', 'Retain');

/**
 * A volume's specification. One inside a VolumeAttachment (`inline`) is a CSI volume that belongs
 * to no claim.
 */
export function persistentVolumeSpec(
  spec: PersistentVolumeSpec,
  at: Place,
  volumeName: string,
  inline = false,
): void {
  const context = 'in the context of inline volumes';
  const notInline = `may not be specified ${context}`;
  const capacityAt = at.child('capacity');
  if (inline) {
    if (spec.claimRef) at.child('claimRef').forbidden(notInline);
    if (!isEmpty(spec.capacity)) capacityAt.forbidden(notInline);
    if (!spec.csi) at.child('csi').required(`has to be specified ${context}`);
  }
  accessModes(spec.accessModes, at.child('accessModes'));
  if (!inline) capacity(spec.capacity, capacityAt);
  const policyAt = at.child('persistentVolumeReclaimPolicy');
  const policy = spec.persistentVolumeReclaimPolicy;
  if (!inline) reclaimPolicy(policy, policyAt);
  else if (policy && policy !== 'Retain') policyAt.forbidden(`may only be Retain ${context}`);
  if (spec.nodeAffinity) {
    if (inline) at.child('nodeAffinity').forbidden(notInline);
    else nodeAffinity(spec.nodeAffinity, at.child('nodeAffinity'));
  }
  volumeSource(spec, at, volumeName);
  const hostPath = spec.hostPath?.path;
  if (hostPath !== undefined && isRoot(hostPath) && policy === 'Recycle') {
    policyAt.forbidden("may not be 'recycle' for a hostPath mount of '/'");
  }
  if (spec.storageClassName && inline) at.child('storageClassName').forbidden(notInline);
  else optionalName(isDns1123Subdomain)(spec.storageClassName, at.child('storageClassName'));
  const modeAt = at.child('volumeMode');
  if (!inline) volumeMode(spec.volumeMode, modeAt);
  else if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    modeAt.forbidden(`may not specify volumeMode other than Filesystem ${context}`);
  }
  attributesClass(spec, at);
}

/** What `/`, `//`, `/./` and `/a/..` have in common. */
const isRoot = (path: string) => new URL(path, 'file:///').pathname.replaceAll('/', '') === '';

function capacity(given: Readonly<Record<string, string>> | undefined, at: Place): void {
  const sizes = given ?? {};
  const names = Object.keys(sizes);
  if (names.length === 0) at.required();
  if (names.length !== 1 || names[0] !== 'storage') at.notSupported(given ?? null, ['storage']);
  for (const [name, size] of Object.entries(sizes)) {
    basicQuantity(size, at.key(name));
    positiveQuantity(size, at.key(name));
  }
}

function attributesClass(
  { volumeAttributesClassName: name, csi }: PersistentVolumeSpec,
  at: Place,
): void {
  if (name === undefined) return;
  const place = at.child('volumeAttributesClassName');
  if (name === '') place.required('an empty string is disallowed');
  else place.invalidEach(name, isDns1123Subdomain(name));
  if (!csi) {
    at.child('csi').required('has to be specified when using volumeAttributesClassName');
  }
}

function volume({ metadata: meta, spec }: PersistentVolume, at: Place): void {
  objectMeta(meta, at.child('metadata'), { namespaced: false, nameRule: subdomainName });
  persistentVolumeSpec(spec, at.child('spec'), meta.name ?? '');
}

/** The source alone, without what a CSI driver may be given later. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): object {
  const source: Record<string, unknown> = {};
  for (const { name } of kindsFor('')) if (spec[name] !== undefined) source[name] = spec[name];
  if (spec.csi && old.csi && !old.csi.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _, ...rest } = spec.csi;
    source['csi'] = rest;
  }
  return source;
}

function volumeUpdate(value: PersistentVolume, old: PersistentVolume, at: Place): void {
  const { spec } = value;
  const { spec: oldSpec } = old;
  volume(value, at);
  const source = sourceOf(spec, oldSpec);
  const oldSource = sourceOf(oldSpec, oldSpec);
  if (!sameValue(source, oldSource)) {
    at.child('spec')
      .child('persistentvolumesource')
      .forbidden(
        `spec.persistentvolumesource is immutable after creation\n${internalDiff('PersistentVolumeSource', oldSource, source)}`,
      );
  }
  if (spec.volumeMode !== oldSpec.volumeMode) {
    at.child('volumeMode').invalid(spec.volumeMode ?? null, 'field is immutable');
  }
  affinityStays(spec, oldSpec, at.child('nodeAffinity'));
  if (
    oldSpec.volumeAttributesClassName !== undefined &&
    spec.volumeAttributesClassName === undefined
  ) {
    at.child('spec')
      .child('volumeAttributesClassName')
      .forbidden('update from non-nil value to nil is forbidden');
  }
}

/** Labels that became stable under another name, which an affinity may follow. */
const stableLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

function affinityStays(spec: PersistentVolumeSpec, old: PersistentVolumeSpec, at: Place): void {
  if (!old.nodeAffinity) return;
  const stable = (affinity: VolumeNodeAffinity | undefined) =>
    affinity &&
    (JSON.parse(
      JSON.stringify(affinity, (name, value: unknown) =>
        name === 'key' && typeof value === 'string' ? (stableLabels[value] ?? value) : value,
      ),
    ) as VolumeNodeAffinity);
  if (sameValue(spec.nodeAffinity, old.nodeAffinity)) return;
  if (sameValue(stable(spec.nodeAffinity), stable(old.nodeAffinity))) return;
  at.invalid(
    asInternal('VolumeNodeAffinity', spec.nodeAffinity),
    'field is immutable, except for updating from beta label to GA',
  );
}

function statusUpdate(value: PersistentVolume, old: PersistentVolume, at: Place): void {
  objectMetaUpdate(value.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
  if (!value.metadata?.resourceVersion) at.child('resourceVersion').required();
}

export const persistentVolume = kindValidation<PersistentVolume>({
  create: volume,
  update: volumeUpdate,
  subresources: { status: statusUpdate },
});
