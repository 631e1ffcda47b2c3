import type {
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from '../generated/meta-v1.generated.ts';
import { goQuote } from '../go-text.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isQualifiedName,
  maskTrailingDash,
} from '../names.ts';
import { domainPrefixedKey } from './domain-prefixed.ts';
import { labels } from './label-selector.ts';
import type { Place } from './place.ts';
import { byteLength, each, nonNegative, type Check, type Rule } from './rules.ts';
import { sameValue } from './same-value.ts';

/** What every object's metadata has to obey (apimachinery `api/validation`). */

/** The check of a kind's names; a `generateName` is checked without the dash it ends with. */
export type NameRule = (name: string, isPrefix: boolean) => readonly string[];

const nameRule =
  (check: Check): NameRule =>
  (name, isPrefix) =>
    check(isPrefix ? maskTrailingDash(name) : name);

export const subdomainName = nameRule(isDns1123Subdomain);
export const labelLikeName = nameRule(isDns1123Label);
/** Anything that can be a segment of a path, as names of RBAC objects. */
export const pathSegmentName: NameRule = (name, isPrefix) =>
  isPrefix
    ? isPathSegmentName(name).filter((message) => message.startsWith('may not contain'))
    : isPathSegmentName(name);

/** Bytes of all annotations' keys and values. */
const annotationsLimit = 256 * 1024;

export const annotations: Rule<Readonly<Record<string, string>> | undefined> = (map, at) => {
  if (!map) return;
  let size = 0;
  for (const [key, value] of Object.entries(map)) {
    at.invalidEach(key, isQualifiedName(key.toLowerCase()));
    size +=
      key.length + value.length > annotationsLimit
        ? annotationsLimit + 1
        : byteLength(key) + byteLength(value);
  }
  if (size > annotationsLimit) at.tooLong(annotationsLimit);
};

/** Annotations whose keys need a domain. */
export function domainPrefixedKeys(map: Readonly<Record<string, string>>, at: Place): void {
  for (const key of Object.keys(map)) domainPrefixedKey(key.toLowerCase(), at);
}

const ownerReference: Rule<OwnerReference> = (reference, at) => {
  const { apiVersion, kind, name, uid } = reference;
  const missing = 'must not be empty';
  const parts = (apiVersion ?? '').split('/');
  if (!apiVersion) at.child('apiVersion').required(missing);
  else if (parts.length > 2 || parts.at(-1) === '') {
    at.child('apiVersion').invalid(apiVersion, 'must be <group>/<version> or <version>');
  }
  if (!kind) at.child('kind').required(missing);
  if (!name) at.child('name').required(missing);
  if (!uid) at.child('uid').required(missing);
  if (apiVersion === 'v1' && kind === 'Event') {
    at.invalid(reference, '/v1, Kind=Event is disallowed from being an owner');
  }
};

function ownerReferences(references: readonly OwnerReference[] = [], at: Place): void {
  let controller = '';
  for (const [index, reference] of references.entries()) {
    ownerReference(reference, at.index(index));
    if (!reference.controller) continue;
    const current = `${reference.kind}/${reference.name}`;
    if (controller === '') controller = current;
    else {
      at.invalid(
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
      );
    }
  }
}

const ownFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function finalizers(list: readonly string[] = [], at: Place): void {
  for (const finalizer of list) at.invalidEach(finalizer, isQualifiedName(finalizer));
  if (list.includes('orphan') && list.includes('foregroundDeletion')) {
    at.invalid(list, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
}

/** Finalizers without a domain are Kubernetes' own. */
export function qualifiedFinalizer(finalizer: string, at: Place): void {
  if (!finalizer.includes('/') && !ownFinalizers.includes(finalizer)) {
    at.invalid(finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
  }
}

const fieldManagerLength = 128;
const subresourceLength = 256;

/** The name a client gives itself in managed fields. */
function fieldManager(name: string, at: Place): void {
  if (byteLength(name) > fieldManagerLength) at.tooLong(fieldManagerLength);
  for (const { 0: character, index } of name.matchAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu)) {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    at.invalid(
      name,
      `invalid character U+${code} (at position ${byteLength(name.slice(0, index))})`,
    );
  }
}

const managedFields: Rule<ManagedFieldsEntry> = (entry, at) => {
  const { operation, fieldsType, manager = '', subresource = '' } = entry;
  if (!operation) at.child('operation').required('must not be empty');
  else if (operation !== 'Apply' && operation !== 'Update') {
    at.child('operation').notSupported(operation, ['Apply', 'Update']);
  }
  if (fieldsType && fieldsType !== 'FieldsV1') {
    at.child('fieldsType').invalid(fieldsType, 'must be `FieldsV1`');
  }
  fieldManager(manager, at.child('manager'));
  if (byteLength(subresource) > subresourceLength) {
    at.child('subresource').tooLong(subresourceLength);
  }
};

interface Naming {
  readonly namespaced: boolean;
  readonly nameRule: NameRule;
}

/** Metadata of an object that is created, whose kind may be anybody's. */
export function anyObjectMeta(
  meta: ObjectMeta,
  at: Place,
  { namespaced, nameRule: check }: Naming,
): void {
  const { name = '', generateName = '', namespace = '' } = meta;
  if (generateName) at.child('generateName').invalidEach(generateName, check(generateName, true));
  if (name) at.child('name').invalidEach(name, check(name, false));
  else at.child('name').required('name or generateName is required');
  const place = at.child('namespace');
  if (namespaced) {
    if (namespace) place.invalidEach(namespace, isDns1123Label(namespace));
    else place.required();
  } else if (namespace) place.forbidden('not allowed on this type');
  nonNegative(meta.generation, at.child('generation'));
  common(meta, at);
  finalizers(meta.finalizers, at.child('finalizers'));
  each(managedFields)(meta.managedFields, at.child('managedFields'));
}

function common(meta: ObjectMeta, at: Place): void {
  labels(meta.labels, at.child('labels'));
  annotations(meta.annotations, at.child('annotations'));
  ownerReferences(meta.ownerReferences, at.child('ownerReferences'));
}

/** Metadata of an object of Kubernetes' own kinds that is created. */
export function objectMeta(meta: ObjectMeta, at: Place, naming: Naming): void {
  anyObjectMeta(meta, at, naming);
  qualifiedFinalizers(meta, at);
}

/** Metadata of an object of Kubernetes' own kinds that is updated, beside what it was. */
export function objectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, at: Place): void {
  anyObjectMetaUpdate(meta, old, at);
  qualifiedFinalizers(meta, at);
}

function qualifiedFinalizers(meta: ObjectMeta, at: Place): void {
  each<string>(qualifiedFinalizer)(meta.finalizers, at.child('finalizers'));
}

const fixed = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** Metadata of an object that is updated, beside what it was. */
export function anyObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, at: Place): void {
  if (old.deletionTimestamp !== undefined) {
    const before = new Set(old.finalizers);
    const extra = [...new Set(meta.finalizers)].filter((name) => !before.has(name)).toSorted();
    if (extra.length > 0) {
      at.child('finalizers').forbidden(
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${extra.map(goQuote).join(', ')}}`,
      );
    }
  }
  if (!meta.resourceVersion) {
    at.child('resourceVersion').invalid('', 'must be specified for an update');
  }
  nonNegative(meta.generation, at.child('generation'));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    at.child('generation').invalid(meta.generation ?? 0, 'must not be decremented');
  }
  for (const field of fixed) {
    const value = meta[field];
    if (sameValue(value, old[field])) continue;
    at.child(field).invalid(
      value ?? (field === 'deletionGracePeriodSeconds' ? null : ''),
      'field is immutable',
    );
  }
  common(meta, at);
  each(managedFields)(meta.managedFields, at.child('managedFields'));
}
