import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../generated/core-v1.generated.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../names.ts';
import { Quantity } from '../../quantity.ts';
import { internalDiff } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { labels, labelSelector } from '../label-selector.ts';
import { annotations, objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import {
  basicQuantity,
  isNativeResource,
  positiveQuantity,
  resourceQuantity,
} from '../resource-names.ts';
import { isEmpty, optionalEnum, optionalName, required } from '../rules.ts';
import { sameValue } from '../same-value.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** How a volume may be mounted; upstream reports every mode at the list. */
export function accessModes(list: readonly string[] = [], at: Place, missing = ''): void {
  if (list.length === 0) at.required(missing);
  for (const mode of list) if (!modes.includes(mode)) at.notSupported(mode, modes);
  const isOther = (mode: string) => mode !== 'ReadWriteOncePod' && modes.includes(mode);
  if (list.includes('ReadWriteOncePod') && list.some(isOther)) {
    at.forbidden('may not use ReadWriteOncePod with other access modes');
  }
}

export const volumeMode = optionalEnum('Block', 'Filesystem');

function dataSource(
  source: TypedLocalObjectReference | TypedObjectReference | undefined,
  at: Place,
): void {
  if (!source) return;
  const { name, kind, apiGroup = '' } = source;
  required()(name, at.child('name'));
  required()(kind, at.child('kind'));
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    at.invalid(kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
  optionalName(isDns1123Subdomain)(apiGroup, at.child('apiGroup'));
  if ('namespace' in source) {
    optionalName(isDns1123Label)(source.namespace, at.child('namespace'));
  }
}

const storage = 'storage';

export function claimSpec(spec: PersistentVolumeClaimSpec, at: Place): void {
  accessModes(spec.accessModes, at.child('accessModes'), 'at least 1 access mode is required');
  // Upstream looks at the selector between presence and kind of the modes.
  labelSelector(spec.selector, at.child('selector'));
  const size = spec.resources?.requests?.[storage];
  const sizeAt = at.child('resources').key(storage);
  if (size === undefined) sizeAt.required();
  else {
    positiveQuantity(size, sizeAt);
  }
  optionalName(isDns1123Subdomain)(spec.storageClassName, at.child('storageClassName'));
  volumeMode(spec.volumeMode, at.child('volumeMode'));
  dataSource(spec.dataSource, at.child('dataSource'));
  dataSource(spec.dataSourceRef, at.child('dataSourceRef'));
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (source && reference) {
    const isSame = (['apiGroup', 'kind', 'name'] as const).every(
      (field) => source[field] === reference[field],
    );
    if (reference.namespace) {
      at.invalid({}, 'may not be specified when dataSourceRef.namespace is specified');
    } else if (!isSame) at.invalid({}, 'must match dataSourceRef');
  }
  optionalName(isDns1123Subdomain)(
    spec.volumeAttributesClassName,
    at.child('volumeAttributesClassName'),
  );
}

/** In upstream's order of Go fields. */
const notOfTemplates = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** The claim an ephemeral volume makes. */
export function persistentVolumeClaimTemplate(
  { metadata = {}, spec }: PersistentVolumeClaimTemplate,
  at: Place,
): void {
  const metaAt = at.child('metadata');
  annotations(metadata.annotations, metaAt.child('annotations'));
  labels(metadata.labels, metaAt.child('labels'));
  for (const field of notOfTemplates) {
    if (!isEmpty(metadata[field])) metaAt.child(field).forbidden('cannot be set');
  }
  claimSpec(spec ?? {}, at.child('spec'));
}

function claim({ metadata, spec }: PersistentVolumeClaim, at: Place): void {
  objectMeta(metadata, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
  claimSpec(spec, at.child('spec'));
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

function claimUpdate(value: PersistentVolumeClaim, old: PersistentVolumeClaim, at: Place): void {
  const { metadata: meta, spec } = value;
  const { metadata: oldMeta, spec: oldSpec } = old;
  objectMetaUpdate(meta, oldMeta, at.child('metadata'));
  claim(value, at);
  const before = oldMeta.annotations?.[classAnnotation];
  const after = meta.annotations?.[classAnnotation];
  let changed: PersistentVolumeClaimSpec = spec;
  if (!oldSpec.volumeName) changed = withField(changed, 'volumeName', undefined);
  const isUpgrade =
    before !== undefined &&
    oldSpec.storageClassName === undefined &&
    spec.storageClassName === before &&
    (after === undefined || after === before);
  if (!isUpgrade && before !== after) {
    at.child('metadata')
      .child('annotations')
      .child(classAnnotation)
      .invalid(after ?? '', 'field is immutable');
  }
  const isFirstClass =
    spec.storageClassName !== undefined &&
    oldSpec.storageClassName === undefined &&
    (before === undefined || spec.storageClassName === before);
  if (isUpgrade || isFirstClass) {
    changed = withField(changed, 'storageClassName', oldSpec.storageClassName);
  }
  if (value.status?.phase === 'Bound') {
    const requests = { ...spec.resources?.requests };
    const oldSize = oldSpec.resources?.requests?.[storage];
    if (oldSize !== undefined) requests[storage] = oldSize;
    changed = { ...changed, resources: { ...spec.resources, requests } };
    changed = withField(changed, 'volumeAttributesClassName', oldSpec.volumeAttributesClassName);
  }
  const compared = oldSpec.volumeName ? oldSpec : withField(oldSpec, 'volumeName', undefined);
  if (!sameValue(changed, compared)) {
    at.child('spec').forbidden(
      `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${internalDiff(
        'PersistentVolumeClaimSpec',
        withField(oldSpec, 'volumeName', oldSpec.volumeName || spec.volumeName),
        withField(changed, 'volumeName', spec.volumeName),
      )}`,
    );
  }
  sizeMayOnlyGrow(value, old, at);
  if (spec.volumeMode !== oldSpec.volumeMode) {
    at.child('volumeMode').invalid(spec.volumeMode ?? null, 'field is immutable');
  }
  attributesClassStays(value, old, at.child('spec').child('volumeAttributesClassName'));
}

function withField<T extends object, K extends keyof T>(
  object: T,
  field: K,
  value: T[K] | undefined,
): T {
  const { [field]: _, ...rest } = object;
  return (value === undefined ? rest : { ...rest, [field]: value }) as T;
}

/** A claim may shrink again only to a size above what it has. */
function sizeMayOnlyGrow(
  value: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  at: Place,
): void {
  const size = Quantity.parse(value.spec?.resources?.requests?.[storage] ?? '0');
  const oldSize = Quantity.parse(old.spec?.resources?.requests?.[storage] ?? '0');
  const capacity = Quantity.parse(old.status?.capacity?.[storage] ?? '0');
  if (size.compare(oldSize) < 0 && size.compare(capacity) <= 0) {
    at.child('spec')
      .child('resources')
      .child('requests')
      .child(storage)
      .forbidden('field can not be less than status.capacity');
  }
}

function attributesClassStays(
  value: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  at: Place,
): void {
  const name = value.spec?.volumeAttributesClassName;
  const current = old.status?.currentVolumeAttributesClassName;
  if (name === old.spec?.volumeAttributesClassName || current === undefined) return;
  const when = 'is forbidden when status.currentVolumeAttributesClassName is not nil';
  if (name === undefined) at.forbidden(`update to nil ${when}`);
  else if (name === '') at.forbidden(`update to empty string ${when}`);
}

const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].toSorted();

/** The storage of a claim, or an extended resource; returns whether nothing was wrong. */
function claimResource(name: string, at: Place): boolean {
  const messages = isQualifiedName(name);
  at.invalidEach(name, messages);
  if (messages.length > 0) return false;
  if (!isNativeResource(name) || name === storage) return true;
  at.notSupported(name, [storage]);
  return false;
}

function claimStatusUpdate(
  value: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  at: Place,
): void {
  const { metadata: meta, spec, status = {} } = value;
  objectMetaUpdate(meta, old.metadata ?? {}, at.child('metadata'));
  if (!meta.resourceVersion) at.child('resourceVersion').required();
  if (isEmpty(spec.accessModes)) at.child('Spec').child('accessModes').required();
  const place = at.child('status');
  for (const [name, size] of Object.entries(status.capacity ?? {})) {
    basicQuantity(size, place.child('capacity').key(name));
  }
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const states = place.child('allocatedResourceStatuses');
    claimResource(name, states);
    if (!resizeStates.includes(state)) states.notSupported(name, resizeStates);
  }
  for (const [name, size] of Object.entries(status.allocatedResources ?? {})) {
    const sizes = place.child('allocatedResources');
    if (claimResource(name, sizes) && basicQuantity(size, sizes.key(name))) {
      resourceQuantity(storage, size, sizes.key(name));
    }
  }
}

export const persistentVolumeClaim = kindValidation<PersistentVolumeClaim>({
  create: claim,
  update: claimUpdate,
  subresources: { status: claimStatusUpdate },
});
