import type { Schema } from '../schema.ts';
import type { FieldError } from '../validation/field-error.ts';
import { composite, invalid } from './schema-error.ts';

/** Whether Go reads a number as an integer; anything else is a double. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

/** What keeps a number from obeying a schema; integers are compared with limits made integers. */
export function numberErrors(value: number, schema: Schema, path: string): readonly FieldError[] {
  const { minimum, maximum, multipleOf } = schema;
  const errors: FieldError[] = [...rangeErrors(value, schema, 'Checked', path)];
  const limit = (given: number, what: string): number => {
    errors.push(...rangeErrors(given, schema, what, path));
    return isInt64(value) ? Math.trunc(given) : given;
  };
  if (multipleOf !== undefined) {
    const factor = limit(multipleOf, 'MultipleOf');
    errors.push(...multipleErrors(value, factor, path));
  }
  if (maximum !== undefined) {
    const most = limit(maximum, 'Maximum boundary');
    const isExclusive = schema.exclusiveMaximum === true;
    if (value > most || (isExclusive && value === most)) {
      const rule = isExclusive ? 'less than' : 'less than or equal to';
      errors.push(invalid(path, value, `should be ${rule} ${most}`));
    }
  }
  if (minimum !== undefined) {
    const least = limit(minimum, 'Minimum boundary');
    const isExclusive = schema.exclusiveMinimum === true;
    if (value < least || (isExclusive && value === least)) {
      const rule = isExclusive ? 'greater than' : 'greater than or equal to';
      errors.push(invalid(path, value, `should be ${rule} ${least}`));
    }
  }
  return errors;
}

function multipleErrors(value: number, factor: number, path: string): readonly FieldError[] {
  if (factor <= 0) {
    const detail = `factor MultipleOf declared for ${path} must be positive: ${factor}`;
    return [invalid(path, factor, '', detail)];
  }
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  return Number.isInteger(times) ? [] : [invalid(path, value, `should be a multiple of ${factor}`)];
}

/** Whether a number, or a limit for it, is of the schema's type and format at all. */
function rangeErrors(
  value: number,
  { type, format = '' }: Schema,
  what: string,
  path: string,
): readonly FieldError[] {
  const isFitting =
    type === 'integer'
      ? isInt64(value) && (format !== 'int32' || value === (value | 0))
      : type !== 'number' || format !== 'float' || Number.isFinite(Math.fround(value));
  if (isFitting) return [];
  const isPlain = format === '' || (type === 'integer' && !/^int(?:32|64)$/.test(format));
  const kind = isPlain ? '(default format)' : `with format ${format}`;
  return [composite(`${what} value must be of type ${type ?? ''} ${kind} in ${path}`)];
}
