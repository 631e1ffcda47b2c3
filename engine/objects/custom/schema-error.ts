import { FieldError } from '../validation/field-error.ts';

/** How the schema's validator names a place: the root has no name. */
export function fieldOf(path: string): string {
  return path === '' ? '<nil>' : path.replace(/^\./, '');
}

export function invalid(
  path: string,
  value: unknown,
  what: string,
  detail = `${path} in body ${what}`,
): FieldError {
  return new FieldError('FieldValueInvalid', fieldOf(path), value, detail);
}

/** Errors about several schemas together have no field of their own. */
export function composite(message: string): FieldError {
  return new FieldError('FieldValueInvalid', '<nil>', '', message);
}
