import { isJsonObject, setOwn } from '../json-value.ts';
import type { Schema } from '../schema.ts';

/**
 * A value with the defaults of its schema where it has nothing, or null where null is not allowed.
 * A null without a default goes. Pure.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
 */
export function withDefaults(value: unknown, schema: Schema): unknown {
  return complete(dropNulls(value, schema), schema);
}

function complete(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? value
      : value.map((item) => complete(orDefault(item, items), items));
  }
  if (!isJsonObject(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const own = Object.hasOwn(properties, key) ? properties[key] : asSchema(additionalProperties);
    setOwn(result, key, own === undefined ? member : complete(orDefault(member, own), own));
  }
  for (const [key, property] of Object.entries(properties)) {
    if (property.default !== undefined && !Object.hasOwn(result, key)) {
      setOwn(result, key, complete(property.default, property));
    }
  }
  return result;
}

function orDefault(value: unknown, schema: Schema): unknown {
  return isUnwantedNull(value, schema) && schema.default !== undefined ? schema.default : value;
}

/** Nulls that are neither allowed nor stand for a default are as if not there. */
function dropNulls(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => dropNulls(item, schema.items));
  if (!isJsonObject(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const own = Object.hasOwn(properties, key) ? properties[key] : asSchema(additionalProperties);
    const goes = own !== undefined && own.default === undefined && isUnwantedNull(member, own);
    if (!goes) setOwn(result, key, dropNulls(member, own));
  }
  return result;
}

function isUnwantedNull(value: unknown, schema: Schema): boolean {
  return value === null && schema.nullable !== true;
}

function asSchema(schema: boolean | Schema | undefined): Schema | undefined {
  return typeof schema === 'object' ? schema : undefined;
}
