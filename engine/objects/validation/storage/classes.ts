import type { TopologySelectorTerm } from '../../generated/core-v1.generated.ts';
import type { StorageClass, VolumeAttributesClass } from '../../generated/storage-v1.generated.ts';
import { isQualifiedName } from '../../names.ts';
import { JsonText } from '../field-error.ts';
import { immutable, kindValidation, plainKind } from '../kind-validation.ts';
import { labelName } from '../label-selector.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { byteLength, each, type Rule, Seen } from '../rules.ts';
import { sameValue } from '../same-value.ts';

type Parameters = Readonly<Record<string, string>>;

const mostParameters = 512;
const largestParameters = 256 * 1024;

function driver(name: string | undefined, at: Place): void {
  if (name) at.invalidEach(name.toLowerCase(), isQualifiedName(name.toLowerCase()));
}

function parameters(given: Parameters | undefined, at: Place): void {
  const entries = Object.entries(given ?? {});
  if (entries.length > mostParameters) return at.tooLong(mostParameters);
  if (entries.some(([key]) => key === '')) at.invalid('', 'field can not be empty.');
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  if (size > largestParameters) at.tooLong(largestParameters);
}

function enumPointer(value: string, at: Place, supported: readonly string[]): void {
  if (!supported.includes(value)) at.notSupported(new JsonText(value), supported);
}

const requirement: Rule<{ readonly key: string; readonly values: readonly string[] }> = (
  { key, values },
  at,
) => {
  const place = at.child('values');
  if (!values?.length) place.required();
  const seen = new Seen();
  each<string>((value, item) => {
    if (!seen.add(value)) item.duplicate(value);
  })(values, place);
  labelName(key, at.child('key'));
};

function topologies(terms: readonly TopologySelectorTerm[] | undefined, at: Place): void {
  // Upstream's list begins with empty terms, so that an empty one is there already.
  const seen: unknown[] = [{}];
  each<TopologySelectorTerm>(({ matchLabelExpressions }, place) => {
    const expressions: Record<string, readonly string[]> = {};
    const listAt = place.child('matchLabelExpressions');
    each<{ key: string; values: readonly string[] }>((given, item) => {
      requirement(given, item);
      if (Object.hasOwn(expressions, given.key)) item.child('key').duplicate(given.key);
      expressions[given.key] = [...new Set(given.values)].toSorted();
    })(matchLabelExpressions, listAt);
    if (seen.some((other) => sameValue(other, expressions))) listAt.duplicate('');
    seen.push(expressions);
  })(terms, at);
}

export const storageClass = plainKind<StorageClass>({
  namespaced: false,
  nameRule: subdomainName,
  rules: (object, at) => {
    const { reclaimPolicy, volumeBindingMode } = object;
    driver(object.provisioner, at.child('provisioner'));
    if (!object.provisioner) at.child('provisioner').declared.required();
    parameters(object.parameters, at.child('parameters'));
    if (reclaimPolicy) enumPointer(reclaimPolicy, at.child('reclaimPolicy'), ['Delete', 'Retain']);
    const place = at.child('volumeBindingMode');
    if (volumeBindingMode === undefined) place.required();
    else enumPointer(volumeBindingMode, place, ['Immediate', 'WaitForFirstConsumer']);
    topologies(object.allowedTopologies, at.child('allowedTopologies'));
  },
  update: (object, old, at) => {
    const fixed = ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'] as const;
    for (const field of fixed) immutable(object[field], old[field], at.child(field).declared, null);
  },
});

function attributesClass(object: VolumeAttributesClass, at: Place): void {
  objectMeta(object.metadata, at.child('metadata'), { namespaced: false, nameRule: subdomainName });
  if (!object.driverName) at.child('driverName').required();
  driver(object.driverName, at.child('driverName'));
  parameters(object.parameters, at.child('parameters'));
  if (Object.keys(object.parameters ?? {}).length === 0) {
    at.child('parameters').required('must contain at least one key/value pair');
  }
}

export const volumeAttributesClass = kindValidation<VolumeAttributesClass>({
  create: attributesClass,
  update: (object, old, at) => {
    objectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
    for (const field of ['driverName', 'parameters'] as const) {
      if (!sameValue(object[field], old[field])) {
        at.child(field).forbidden(`updates to ${field} are forbidden.`);
      }
    }
    attributesClass(object, at);
  },
});
