import { pruneObject } from '../../custom/prune.ts';
import { normalizeFieldPath } from '../../custom/rules/field-path.ts';
import { compileErrors } from '../../custom/rules/compile-errors.ts';
import { schemaErrors } from '../../custom/validate-schema.ts';
import { isJsonObject, jsonEqual } from '../../json-value.ts';
import type { Schema, ValidationRule } from '../../schema.ts';
import { JsonText } from '../field-error.ts';
import { asInternal } from '../internal.ts';
import type { Place } from '../place.ts';
import { each } from '../rules.ts';
import { structural } from './structural.ts';

/** What the schema of a custom resource may say. */

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Parts of JSON Schema that Kubernetes does not know; they are no members of our type. */
const unsupported = {
  id: 'id is not supported',
  additionalItems: 'additionalItems is not supported',
  patternProperties: 'patternProperties is not supported',
  definitions: 'definitions is not supported',
  dependencies: 'dependencies is not supported',
  $ref: '$ref is not supported',
} as const;

interface Context {
  readonly isRoot: boolean;
  /** why there may be no defaults */
  readonly noDefaults?: string;
  /** inside of the kind, version or metadata of a resource */
  readonly insideMeta?: boolean;
}

export function rootSchema(schema: Schema, at: Place, hasStatus: boolean): void {
  const before = at.errors.length;
  if (hasStatus) onlyAtRoot(schema, at);
  if (schema.nullable) at.child('nullable').forbidden('nullable cannot be true at the root');
  structural(schema, at);
  if (at.errors.length === before) defaults(schema, at, true, false);
  anySchema(schema, at, { isRoot: true });
  if (at.errors.length === before) compileErrors(schema, at);
}

const knownAtRoot: Readonly<Record<string, string>> = {
  description: 'Description',
  type: 'Type',
  format: 'Format',
  title: 'Title',
  maximum: 'Maximum',
  exclusiveMaximum: 'ExclusiveMaximum',
  minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum',
  maxLength: 'MaxLength',
  minLength: 'MinLength',
  pattern: 'Pattern',
  maxItems: 'MaxItems',
  minItems: 'MinItems',
  uniqueItems: 'UniqueItems',
  multipleOf: 'MultipleOf',
  required: 'Required',
  items: 'Items',
  properties: 'Properties',
  externalDocs: 'ExternalDocs',
  example: 'Example',
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

/** Statuses are validated alone, which is possible with some schemas only. */
function onlyAtRoot(schema: Schema, at: Place): void {
  if (schema.type !== undefined && schema.type !== 'object') {
    at.child('type').invalid(
      schema.type,
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
    );
  } else if (Object.keys(schema).some((name) => !(name in knownAtRoot))) {
    at.invalid(
      asInternal('JSONSchemaProps', schema),
      `only [${Object.values(knownAtRoot).join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
    );
  }
}

/** Defaults have to obey the schema they are in. */
function defaults(schema: Schema, at: Place, isResource: boolean, insideMeta: boolean): void {
  const embedded = isResource || schema['x-kubernetes-embedded-resource'] === true;
  const value = schema.default;
  if (value !== undefined && !insideMeta) {
    const place = at.child('default');
    const known = isJsonObject(value) ? prunedDefault(value, schema, embedded) : value;
    if (!jsonEqual(known, value)) place.invalid(value, 'must not have unknown fields');
    for (const { type, field, value: found, detail } of schemaErrors(value, schema)) {
      const inner = field === '<nil>' ? place : place.child(field);
      inner.report(type, found, detail);
    }
  }
  if (schema.items) defaults(schema.items, at.child('items'), false, insideMeta);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = embedded && ['metadata', 'apiVersion', 'kind'].includes(name);
    const inMeta = (insideMeta && !embedded) || isMeta;
    defaults(property, at.child('properties').key(name), false, inMeta);
  }
}

function prunedDefault(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  embedded: boolean,
): unknown {
  if (embedded) return pruneObject(value, schema).value;
  const { x } = pruneObject({ x: value }, { type: 'object', properties: { x: schema } }).value;
  return x;
}

const metaFields = ['metadata', 'kind', 'apiVersion'];

function anySchema(schema: Schema, at: Place, context: Context): void {
  standard(schema, at, context);
  if (schema.uniqueItems) {
    at.child('uniqueItems').forbidden(
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    );
  }
  const inner: Context = { ...context, isRoot: false };
  const { additionalProperties: additional, properties = {} } = schema;
  const additionalAt = at.child('additionalProperties');
  if (additional !== undefined && Object.keys(properties).length > 0 && additional !== true) {
    additionalAt.forbidden('additionalProperties and properties are mutual exclusive');
  }
  if (typeof additional === 'object') {
    const noDefaults = 'inside additionalProperties applying to object metadata';
    anySchema(additional, additionalAt, context.insideMeta ? { ...inner, noDefaults } : inner);
  }
  const isResource = context.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  for (const [name, property] of Object.entries(properties)) {
    const isMeta = isResource && metaFields.includes(name);
    const meta = isMeta ? { ...inner, insideMeta: true } : inner;
    const own = isMeta && context.isRoot ? { ...meta, noDefaults: `in top-level ${name}` } : meta;
    anySchema(property, at.child('properties').key(name), own);
  }
  if (schema.not) anySchema(schema.not, at.child('not'), inner);
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const) {
    each<Schema>((item, place) => anySchema(item, place, inner))(schema[name], at.child(name));
  }
  if (schema.items && !Array.isArray(schema.items)) {
    anySchema(schema.items, at.child('items'), inner);
  }
  mapAndListTypes(schema, at);
  each<ValidationRule>((given, place) => rule(given, schema, place))(
    schema['x-kubernetes-validations'],
    at.child('x-kubernetes-validations'),
  );
}

function standard(schema: Schema, at: Place, { noDefaults, insideMeta }: Context): void {
  const { type } = schema;
  if (type && !types.includes(type)) at.child('type').notSupported(type, types);
  if (schema.default !== undefined && noDefaults !== undefined) {
    at.child('default').forbidden(`must not be set ${noDefaults}`);
  }
  for (const [name, detail] of Object.entries(unsupported)) {
    if (name in schema) at.child(name).forbidden(detail);
  }
  if ((type as string | undefined) === 'null') {
    at.child('type').forbidden('type cannot be set to null, use nullable as an alternative');
  }
  if (Array.isArray(schema.items)) {
    at.child('items').forbidden('items must be a schema object and not an array');
  }
  if (insideMeta && schema['x-kubernetes-embedded-resource']) {
    at.child('x-kubernetes-embedded-resource').forbidden(
      'must not be used inside of resource meta',
    );
  }
  const preserves = schema['x-kubernetes-preserve-unknown-fields'];
  if (preserves === false) {
    at.child('x-kubernetes-preserve-unknown-fields').invalid(false, 'must be true or undefined');
  }
}

function typeFor(schema: Schema, at: Place, type: string, extension: string): boolean {
  if (schema.type === type) return true;
  const detail = `must be ${type} if ${extension} is specified`;
  if (schema.type) at.child('type').invalid(schema.type, detail);
  else at.child('type').required(detail);
  return false;
}

function mapAndListTypes(schema: Schema, at: Place): void {
  const mapType = schema['x-kubernetes-map-type'] as string | undefined;
  const listType = schema['x-kubernetes-list-type'] as string | undefined;
  if (mapType !== undefined) {
    typeFor(schema, at, 'object', 'x-kubernetes-map-type');
    if (mapType !== 'atomic' && mapType !== 'granular') {
      at.child('x-kubernetes-map-type').notSupported(mapType, ['atomic', 'granular']);
    }
  }
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const listAt = at.child('x-kubernetes-list-type');
  if (listType !== undefined) {
    const isArray = typeFor(schema, at, 'array', 'x-kubernetes-list-type');
    if (isArray && listType === 'set' && schema.items) atomicItems(schema.items, at.child('items'));
    if (!['atomic', 'set', 'map'].includes(listType)) {
      listAt.notSupported(listType, ['atomic', 'set', 'map']);
    }
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    if (listType === undefined) listAt.required(detail);
    else listAt.invalid(listType, detail);
  }
  if (listType === 'map') mapKeys(schema, keys, at);
  if (listType === 'map' || listType === 'set') setItems(schema, keys, at.child('items'), listType);
}

function atomicItems(items: Schema, at: Place): void {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    at.child('x-kubernetes-list-type').invalid(new JsonText(listType), detail);
  }
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    const printed = listType === undefined ? null : new JsonText(listType);
    at.child('x-kubernetes-map-type').invalid(printed, detail);
  }
}

function mapKeys({ items }: Schema, keys: readonly string[], at: Place): void {
  const keysAt = at.child('x-kubernetes-list-map-keys');
  if (keys.length === 0) keysAt.required('must not be empty if x-kubernetes-list-type is map');
  const itemsAt = at.child('items');
  if (!items) return itemsAt.required('must have a schema if x-kubernetes-list-type is map');
  if (items.type !== 'object') {
    return itemsAt
      .child('type')
      .invalid(items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map");
  }
  for (const [index, key] of keys.entries()) {
    const { properties = {} } = items;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!property) keysAt.invalid(keys, 'entries must all be names of item properties');
    else if (property.type === 'array' || property.type === 'object') {
      itemsAt
        .child('properties')
        .key(key)
        .child('type')
        .invalid(
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        );
    }
    if (keys.indexOf(key) < index) keysAt.invalid(keys, 'must not contain duplicate entries');
  }
}

function setItems(
  { items }: Schema,
  keys: readonly string[],
  at: Place,
  listType: 'map' | 'set',
): void {
  if (!items) return;
  if (items.nullable) {
    at.child('nullable').forbidden(`cannot be nullable when x-kubernetes-list-type is ${listType}`);
  }
  if (listType === 'set') return;
  for (const key of keys) {
    const { properties = {} } = items;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!property) continue;
    const place = at.child('properties').key(key);
    const isKey = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!items.required?.includes(key) && property.default === undefined) {
      place.child('default').required(`${isKey} must have a default or be a required property`);
    }
    if (property.nullable) place.child('nullable').forbidden(`${isKey} cannot be nullable`);
  }
}

const reasons = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

const hasLineBreaks = (text: string) => /[\r\n]/.test(text);

function rule(given: ValidationRule, schema: Schema, at: Place): void {
  const { rule: text, message = '', messageExpression = '', fieldPath = '', reason } = given;
  const messageAt = at.child('message');
  if (text.trim() === '') at.child('rule').required('rule is not specified');
  else if (message !== '' && message.trim() === '') {
    messageAt.invalid(message, 'must be non-empty if specified');
  } else if (hasLineBreaks(message.trim())) {
    messageAt.invalid(message, 'must not contain line breaks');
  } else if (hasLineBreaks(text.trim()) && message.trim() === '') {
    messageAt.required('message must be specified if rule contains line breaks');
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    at.child('messageExpression').required('messageExpression must be non-empty if specified');
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    at.child('reason').notSupported(reason, reasons);
  }
  const pathAt = at.child('fieldPath');
  if (fieldPath !== '' && fieldPath.trim() === '') {
    pathAt.invalid(fieldPath, 'must be non-empty if specified');
  }
  if (hasLineBreaks(fieldPath)) pathAt.invalid(fieldPath, 'must not contain line breaks');
  if (fieldPath !== '' && normalizeFieldPath(fieldPath, schema) === undefined) {
    pathAt.invalid(fieldPath, 'must be a valid path');
  }
}
