import { isJsonObject, setOwn, type JsonObject } from '../json-value.ts';
import type { Schema } from '../schema.ts';

/** A value and the paths of what was left out of it. */
export interface Pruned {
  readonly value: unknown;
  readonly unknown: readonly string[];
}

const metaFields = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * A custom resource without fields its schema does not know. The root and embedded resources keep
 * apiVersion, kind and metadata; `x-kubernetes-preserve-unknown-fields` keeps the rest. Pure.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export function pruneObject(object: JsonObject, schema: Schema): Pruned & { value: JsonObject } {
  const pruner = new Pruner();
  const root = { ...schema, 'x-kubernetes-embedded-resource': true };
  const value = pruner.prune(object, root, '') as JsonObject;
  return { value, unknown: pruner.unknown.toSorted() };
}

class Pruner {
  readonly unknown: string[] = [];

  prune(value: unknown, schema: Schema | undefined, path: string): unknown {
    const keeps = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
    if (Array.isArray(value)) {
      const items = schema?.items;
      if (keeps && items === undefined) return value;
      // What is preserved is so through lists, but not through objects.
      const own = keeps ? { ...items, 'x-kubernetes-preserve-unknown-fields': true } : items;
      return value.map((item, index) => this.prune(item, own, `${path}[${index}]`));
    }
    if (!isJsonObject(value)) return value;
    const result: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      const place = path === '' ? key : `${path}.${key}`;
      const isMeta = schema?.['x-kubernetes-embedded-resource'] === true && metaFields.has(key);
      const known = isMeta ? undefined : memberSchema(schema, key);
      if (known !== undefined) setOwn(result, key, this.prune(member, known.schema, place));
      else if (isMeta || keeps) setOwn(result, key, member);
      else this.unknown.push(place);
    }
    return result;
  }
}

/** The schema of a member, if an object may have it; a map of anything has none for its values. */
function memberSchema(
  schema: Schema | undefined,
  key: string,
): { readonly schema: Schema | undefined } | undefined {
  const { properties, additionalProperties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, key)) {
    return { schema: properties[key] };
  }
  if (additionalProperties === undefined || additionalProperties === false) return undefined;
  return { schema: additionalProperties === true ? undefined : additionalProperties };
}
