import { resolveSchema, type Definitions, type Schema } from '../schema.ts';
import { PatchError } from './patch-error.ts';

/** How one field of a built-in kind takes a patch. */
export interface FieldRule {
  readonly strategy: 'merge' | 'replace';
  /** the field that tells the items of a merged list apart; undefined for lists of scalars */
  readonly mergeKey: string | undefined;
  /** schema of the field; undefined inside maps and free-form objects */
  readonly schema: Schema | undefined;
  /** schema of its items */
  readonly items: Schema | undefined;
}

/** Throws a `PatchError` if the kind has no such field. */
export function fieldRule(
  schema: Schema | undefined,
  field: string,
  definitions: Definitions,
): FieldRule {
  const properties = schema?.properties;
  if (properties === undefined) {
    throw new PatchError(
      'INTERNAL',
      'merging an object in json but data type is not struct, instead is: map',
    );
  }
  const property = Object.hasOwn(properties, field) ? properties[field] : undefined;
  if (property === undefined) {
    throw new PatchError(
      'INTERNAL',
      `unable to find api field in struct ${nameOf(schema, definitions)} for the json field ${JSON.stringify(field)}`,
    );
  }
  const strategies = property['x-kubernetes-patch-strategy']?.split(',') ?? [];
  const resolved = resolveSchema(definitions, property);
  const isList = resolved.type === 'array';
  return {
    // Lists are replaced unless they say so, objects are merged unless they say so.
    strategy:
      strategies.includes('merge') || (!isList && !strategies.includes('replace'))
        ? 'merge'
        : 'replace',
    mergeKey: property['x-kubernetes-patch-merge-key'],
    schema: resolved,
    items: resolved.items === undefined ? undefined : resolveSchema(definitions, resolved.items),
  };
}

function nameOf(schema: Schema | undefined, definitions: Definitions): string {
  const name = Object.keys(definitions).find((each) => definitions[each] === schema);
  return name?.split('.').at(-1) ?? '';
}
