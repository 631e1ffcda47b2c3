import type { SelectableField } from '../../generated/apiextensions-v1.generated.ts';
import type { Schema } from '../../schema.ts';
import type { Place } from '../place.ts';
import { each, Seen } from '../rules.ts';

/** Fields by which custom resources are selected. */

const mostFields = 8;

export function selectableFields(
  list: readonly SelectableField[],
  schema: Schema | undefined,
  at: Place,
): void {
  if (!schema) {
    at.invalid('', 'may only be set when `version.schema.openAPIV3Schema` is not included');
    return;
  }
  const seen = new Seen();
  let count = 0;
  each<SelectableField>(({ jsonPath }, item) => {
    const place = item.child('jsonPath');
    if (!jsonPath) return place.required();
    const field = fieldSchema(jsonPath, schema);
    if (typeof field === 'string') {
      return place.invalid(jsonPath, `is an invalid path: ${field}`);
    }
    if (jsonPath.startsWith('.metadata')) {
      place.invalid(jsonPath, 'must not point to fields in metadata');
    }
    if (!['string', 'boolean', 'integer'].includes(field.type ?? '')) {
      place.invalid(
        jsonPath,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      );
    }
    if (seen.add(jsonPath)) count += 1;
    else place.duplicate(jsonPath);
  })(list, at);
  if (count > mostFields) at.tooMany(count, mostFields);
}

/** The schema of the field, or what is wrong with the path. */
function fieldSchema(path: string, root: Schema): Schema | string {
  let schema = root;
  const tokens = path.match(/[.[\]]|[^.[\]]+/g) ?? [];
  for (let index = 0; index < tokens.length; index += 2) {
    const token = tokens[index] ?? '';
    if (token === '[') return 'array notation is not allowed';
    if (token !== '.') return `expected [ or . but got: ${token}`;
    const name = tokens[index + 1];
    if (name === undefined) return 'unexpected end of JSON path';
    const { properties, additionalProperties } = schema;
    const values = typeof additionalProperties === 'object' ? additionalProperties : undefined;
    const inner = properties
      ? Object.entries(properties).find(([key]) => key === name)?.[1]
      : values;
    if (!inner) return 'does not refer to a valid field';
    schema = inner;
  }
  return schema;
}
