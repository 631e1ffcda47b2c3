import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  ImageVolumeSource,
  SecretVolumeSource,
  Volume,
} from '../../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../generated/meta-v1.generated.ts';
import { goQuote } from '../../go-text.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../names.ts';
import { Quantity } from '../../quantity.ts';
import { persistentVolumeClaimTemplate } from '../core/persistent-volume-claim.ts';
import type { Place } from '../place.ts';
import { each, fields, required, requiredEnum, type Rule } from '../rules.ts';
import { downwardApiFile, keyToPath, projected } from './projected-volume.ts';
import * as sources from './volume-sources.ts';

/** The volumes of a Pod that are fit to be mounted, by name. */
export type VolumesByName = ReadonlyMap<string, Volume>;

const emptyDir: Rule<EmptyDirVolumeSource> = ({ sizeLimit }, at) => {
  if (sizeLimit !== undefined && Quantity.parse(sizeLimit).sign() < 0) {
    at.child('sizeLimit').forbidden('SizeLimit field must be a valid resource quantity');
  }
};

const secret = fields<SecretVolumeSource>({
  secretName: required(),
  defaultMode: sources.fileMode,
  items: each(keyToPath),
});

const configMap = fields<ConfigMapVolumeSource>({
  name: required(),
  defaultMode: sources.fileMode,
  items: each(keyToPath),
});

/** Upstream reports files at the source, without their index. */
const downwardApi: Rule<DownwardAPIVolumeSource> = ({ defaultMode, items }, at) => {
  sources.fileMode(defaultMode, at.child('defaultMode'));
  for (const file of items ?? []) downwardApiFile(file, at);
};

const ephemeral = fields<EphemeralVolumeSource>({
  volumeClaimTemplate: (template, at) =>
    template === undefined ? at.required() : persistentVolumeClaimTemplate(template, at),
});

export const pullPolicy = requiredEnum('Always', 'IfNotPresent', 'Never');

const image = fields<ImageVolumeSource>({ reference: required(), pullPolicy });

/**
 * Volume sources in the order they are looked at. Two are reported under other names than their
 * own: the third column is for what is wrong in the source, the fourth for one source too many.
 */
const kinds: readonly SourceKind[] = [
  kind('emptyDir', emptyDir),
  kind('hostPath', sources.hostPath),
  kind('gitRepo', sources.gitRepo),
  kind('gcePersistentDisk', sources.gcePersistentDisk, 'persistentDisk'),
  kind('awsElasticBlockStore', sources.awsElasticBlockStore),
  kind('secret', secret),
  kind('nfs', sources.nfs),
  kind('iscsi', sources.iscsi),
  kind('glusterfs', sources.glusterfs),
  kind('flocker', sources.flocker),
  kind('persistentVolumeClaim', fields({ claimName: required<string>() })),
  kind('rbd', sources.rbd),
  kind('cinder', sources.cinder),
  kind('cephfs', sources.cephfs, 'cephfs', 'cephFS'),
  kind('quobyte', sources.quobyte),
  kind('downwardAPI', downwardApi, 'downwardAPI', 'downwarAPI'),
  kind('fc', sources.fc),
  kind('flexVolume', sources.flexVolume),
  kind('configMap', configMap),
  kind('azureFile', sources.azureFile),
  kind('vsphereVolume', sources.vsphereVolume),
  kind('photonPersistentDisk', sources.photonPersistentDisk),
  kind('portworxVolume', sources.portworxVolume),
  kind('azureDisk', sources.azureDisk),
  kind('storageos', sources.storageos),
  kind('projected', projected),
  kind('scaleIO', sources.scaleIO),
  kind('csi', sources.csi),
  kind('ephemeral', ephemeral),
  kind('image', image),
];

interface SourceKind {
  readonly name: keyof Volume;
  readonly rule: Rule<unknown>;
  readonly path: string;
  readonly excessPath: string;
}

function kind<K extends keyof Volume>(
  name: K,
  rule: Rule<NonNullable<Volume[K]>>,
  path: string = name,
  excessPath: string = name,
): SourceKind {
  return { name, rule: rule as Rule<unknown>, path, excessPath };
}

function volumeSource(volume: Volume, at: Place, pod: ObjectMeta | undefined): void {
  let found = false;
  for (const { name, rule, path, excessPath } of kinds) {
    const source = volume[name];
    if (source === undefined) continue;
    if (found) at.child(excessPath).forbidden('may not specify more than 1 volume type');
    else rule(source, at.child(path));
    if (name === 'iscsi' && volume.iscsi) sources.iscsiVolumeName(volume.iscsi, volume.name, at);
    if (name === 'ephemeral' && !found) claimName(volume, at, pod);
    found = true;
  }
  if (!found) at.required('must specify a volume type');
}

/** The claim made for an ephemeral volume is called after the Pod and the volume. */
function claimName({ name }: Volume, at: Place, pod: ObjectMeta | undefined): void {
  if (!pod?.name || !name) return;
  const claim = `${pod.name}-${name}`;
  for (const message of isDns1123Subdomain(claim)) {
    at.child('name').invalid(name, `PVC name ${goQuote(claim)}: ${message}`);
  }
}

/** Looks at a Pod's volumes; `pod` is missing for templates. */
export function volumes(
  list: readonly Volume[] = [],
  at: Place,
  pod: ObjectMeta | undefined,
): VolumesByName {
  const created = new Set(
    list
      .filter((volume) => volume.ephemeral && pod?.name)
      .map(({ name }) => `${pod?.name}-${name}`),
  );
  const valid = new Map<string, Volume>();
  for (const [index, volume] of list.entries()) {
    const place = at.index(index);
    const before = at.errors.length;
    volumeSource(volume, place, pod);
    const name = place.child('name');
    if (volume.name) name.invalidEach(volume.name, isDns1123Label(volume.name));
    else name.required();
    if (valid.has(volume.name)) name.duplicate(volume.name);
    if (at.errors.length === before) valid.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      place
        .child('persistentVolumeClaim')
        .child('claimName')
        .invalid(claim, 'must not reference a PVC that gets created for an ephemeral volume');
    }
  }
  return valid;
}
