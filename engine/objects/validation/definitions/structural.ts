import type { Schema } from '../../schema.ts';
import { goRegExpProblem } from '../../go-regexp-syntax.ts';
import { jsonEqual } from '../../json-value.ts';
import type { Place } from '../place.ts';

/**
 * Structural schemas: every field has a type outside of `allOf`, `anyOf`, `oneOf` and `not`, which may
 * only say more about fields that are specified already.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */

type Level = 'root' | 'item' | 'field';

const needsType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

export function structural(schema: Schema, at: Place): void {
  const before = at.errors.length;
  invariants(schema, at, 'root');
  completeness(schema, schema, at, at);
  // upstream tells them in the order of their texts
  const found = at.errors.splice(before).map((error) => [String(error), error] as const);
  at.errors.push(...found.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, error]) => error));
}

function invariants(schema: Schema, at: Place, level: Level): void {
  const { type = '', items, properties = {}, additionalProperties } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === 'array' && !items) at.child('items').required('must be specified');
  if (items) invariants(items, at.child('items'), 'item');
  for (const [name, property] of Object.entries(properties)) {
    invariants(property, at.child('properties').key(name), 'field');
  }
  const additionalAt = at.child('additionalProperties');
  if (additionalProperties !== undefined) {
    if (level === 'root') additionalAt.forbidden('must not be used at the root');
    if (typeof additionalProperties === 'object') {
      invariants(additionalProperties, additionalAt, 'field');
    }
    if (embedded) {
      additionalAt.forbidden('must not be used if x-kubernetes-embedded-resource is set');
    }
  }
  const notIntOrString = 'must be false if x-kubernetes-int-or-string is true';
  if (intOrString && preserves) {
    at.child('x-kubernetes-preserve-unknown-fields').invalid(true, notIntOrString);
  }
  if (intOrString && embedded) {
    at.child('x-kubernetes-embedded-resource').invalid(true, notIntOrString);
  }
  values(schema, at, level, {
    anyOf: isIntOrString(schema),
    firstAllOf: schema.allOf?.[0] !== undefined && isIntOrString(schema.allOf[0]),
  });
  const typeAt = at.child('type');
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    if (type === '') typeAt.required(detail);
    else typeAt.invalid(type, detail);
  } else if (type === '' && !intOrString && !preserves) typeAt.required(needsType[level]);
  if (level === 'root' && type !== '' && type !== 'object') {
    typeAt.invalid(type, 'must be object at the root');
  }
  resourceFields(schema, at, level);
  if (embedded && !preserves && Object.keys(properties).length === 0) {
    at.child('properties').required(
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    );
  }
}

/** What every resource has may be named, and no more. */
function resourceFields(schema: Schema, at: Place, level: Level): void {
  const { properties = {} } = schema;
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  const own = (name: string) => (Object.hasOwn(properties, name) ? properties[name] : undefined);
  for (const name of ['kind', 'apiVersion']) {
    const property = own(name);
    if (isResource && property && property.type !== 'string') {
      at.child('properties')
        .key(name)
        .child('type')
        .invalid(property.type ?? '', 'must be string');
    }
  }
  const metadata = own('metadata');
  if (!metadata) return;
  const place = at.child('properties').key('metadata');
  if (isResource && metadata.type !== 'object') {
    place.child('type').invalid(metadata.type ?? '', 'must be object');
  }
  if (level === 'root' && !saysNamesOnly(metadata)) {
    place.forbidden(
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    );
  }
}

function saysNamesOnly({ type: _type, default: _default, properties, ...others }: Schema): boolean {
  const names = Object.keys(properties ?? {});
  return (
    names.every((name) => name === 'name' || name === 'generateName') &&
    Object.keys(others).length === 0
  );
}

const intOrStringTypes = [{ type: 'integer' }, { type: 'string' }];

/** The one place in which alternatives may have types. */
const isIntOrString = ({ anyOf }: Schema) => jsonEqual(anyOf, intOrStringTypes);

interface Skips {
  readonly anyOf?: boolean;
  readonly firstAllOf?: boolean;
}

/** What a schema says of values. */
function values(schema: Schema, at: Place, level: Level, skip: Skips): void {
  if (!skip.anyOf) {
    for (const [index, inner] of (schema.anyOf ?? []).entries()) {
      nested(inner, at.child('anyOf').index(index), level);
    }
  }
  for (const [index, inner] of (schema.allOf ?? []).entries()) {
    const skipsTypes = index === 0 && skip.firstAllOf === true;
    nested(inner, at.child('allOf').index(index), level, skipsTypes);
  }
  for (const [index, inner] of (schema.oneOf ?? []).entries()) {
    nested(inner, at.child('oneOf').index(index), level);
  }
  if (schema.not) nested(schema.not, at.child('not'), level);
  const { pattern = '' } = schema;
  const problem = goRegExpProblem(pattern);
  if (problem !== undefined) {
    const detail = `must be a valid regular expression, but isn't: ${problem}`;
    at.child('pattern').invalid(pattern, detail);
  }
}

type Forbidden = readonly [name: keyof Schema, detail: string];

const empty = 'must be empty to be structural';
const isFalse = 'must be false to be structural';
const undefinedDetail = 'must be undefined to be structural';
const forbidden: readonly Forbidden[] = [
  ['type', empty],
  ['additionalProperties', undefinedDetail],
  ['default', undefinedDetail],
  ['title', empty],
  ['description', empty],
  ['nullable', isFalse],
  ['x-kubernetes-preserve-unknown-fields', isFalse],
  ['x-kubernetes-embedded-resource', isFalse],
  ['x-kubernetes-int-or-string', isFalse],
  ['x-kubernetes-list-map-keys', empty],
  ['x-kubernetes-list-type', undefinedDetail],
  ['x-kubernetes-map-type', undefinedDetail],
  ['x-kubernetes-validations', empty],
];

/** A schema inside `allOf` and its like, which may not say what things are. */
function nested(schema: Schema, at: Place, level: Level, skipsAnyOf = false): void {
  values(schema, at, level, { anyOf: skipsAnyOf });
  if (schema.items) nested(schema.items, at.child('items'), level);
  const { properties = {} } = schema;
  for (const [name, property] of Object.entries(properties)) {
    nested(property, at.child('properties').key(name), 'field');
  }
  for (const [name, detail] of forbidden) {
    const value = schema[name];
    const isUnset = value === undefined || value === false || value === '';
    if (!isUnset && !(Array.isArray(value) && value.length === 0)) {
      at.child(name).forbidden(detail);
    }
  }
  if (Object.hasOwn(properties, 'metadata')) {
    at.child('properties').key('metadata').forbidden('must not be specified in a nested context');
  }
}

/** Fields named in `allOf` and its like have to be specified outside. */
function completeness(given: Schema, schema: Schema, schemaAt: Place, at: Place): void {
  const inside: [Schema, Place][] = [];
  if (given.not) inside.push([given.not, at.child('not')]);
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, inner] of (given[name] ?? []).entries()) {
      inside.push([inner, at.child(name).index(index)]);
    }
  }
  for (const [inner, place] of inside) nestedCompleteness(inner, schema, schemaAt, place);
}

function nestedCompleteness(
  given: Schema,
  schema: Schema | undefined,
  schemaAt: Place,
  at: Place,
): void {
  if (schema === undefined) return schemaAt.required(`because it is defined in ${at.path}`);
  completeness(given, schema, schemaAt, at);
  if (given.items) {
    nestedCompleteness(given.items, schema.items, schemaAt.child('items'), at.child('items'));
  }
  for (const [name, property] of Object.entries(given.properties ?? {})) {
    const { properties = {} } = schema;
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const step = (place: Place) => place.child('properties').key(name);
    nestedCompleteness(property, own, step(schemaAt), step(at));
  }
}
