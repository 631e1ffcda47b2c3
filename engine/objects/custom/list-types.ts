import { goJson } from '../go-text.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { Schema } from '../schema.ts';
import { FieldError } from '../validation/field-error.ts';

/** Items that a list of type `set` or `map` has twice; each is told of once. */
export function listTypeErrors(object: JsonObject, schema: Schema): readonly FieldError[] {
  const errors: FieldError[] = [];
  visit(object, schema, '', errors);
  return errors;
}

function visit(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    checkItems(value, schema, path, errors);
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) visit(item, items, `${path}[${index}]`, errors);
  } else if (isJsonObject(value)) {
    const { properties = {}, additionalProperties } = schema;
    for (const [key, member] of Object.entries(value)) {
      const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (own !== undefined) visit(member, own, path === '' ? key : `${path}.${key}`, errors);
      else if (typeof additionalProperties === 'object') {
        visit(member, additionalProperties, `${path}[${key}]`, errors);
      }
    }
  }
}

function checkItems(
  items: readonly unknown[],
  schema: Schema,
  path: string,
  errors: FieldError[],
): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set') addDuplicates(items, path, errors);
  if (listType !== 'map') return;
  const strange = items.findIndex((item) => item !== null && !isJsonObject(item));
  if (strange !== -1) {
    const detail = 'must be an object for an array of list-type map';
    const place = `${path}[${strange}]`;
    errors.push(new FieldError('FieldValueInvalid', place, items[strange], detail));
    return;
  }
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keysOf = items.map((item) =>
    Object.fromEntries(
      keys
        .filter((key) => isJsonObject(item) && Object.hasOwn(item, key))
        .map((key) => [key, (item as JsonObject)[key]]),
    ),
  );
  addDuplicates(keysOf, path, errors);
}

function addDuplicates(items: readonly unknown[], path: string, errors: FieldError[]): void {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const text = goJson(item);
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    if (times === 1) {
      errors.push(new FieldError('FieldValueDuplicate', `${path}[${index}]`, item, ''));
    }
  }
}
