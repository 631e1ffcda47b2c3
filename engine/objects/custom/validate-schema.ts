import { goRegExp } from '../go-regexp.ts';
import { goJson, goQuote } from '../go-text.ts';
import { isJsonObject, jsonEqual, ownValue, type JsonObject } from '../json-value.ts';
import type { Schema } from '../schema.ts';
import { FieldError } from '../validation/field-error.ts';
import { isKnownFormat, isOfFormat } from '../string-formats.ts';
import { composite, fieldOf, invalid } from './schema-error.ts';
import { isInt64, numberErrors } from './validate-number.ts';

/**
 * What keeps a value from obeying a structural schema, in upstream's words (kube-openapi's
 * validator). With `old`, what has not changed since is not looked at again. Members are checked in
 * the schema's order.
 */
export function schemaErrors(
  value: unknown,
  schema: Schema,
  old?: unknown,
  path = '',
): readonly FieldError[] {
  return new Validator().validate(value, schema, old, path).errors;
}

/**
 * Errors of one node, and how many checks it went through: of several alternatives, the one that
 * went through most is told of. Counts are upstream's, to choose the same one.
 */
interface Result {
  readonly errors: readonly FieldError[];
  readonly matches: number;
}

class Validator {
  validate(value: unknown, schema: Schema, old: unknown, path: string): Result {
    if (old !== undefined && jsonEqual(value, old)) return { errors: [], matches: 1 };
    const types = typeErrors(value, schema, path);
    const enums = enumErrors(value, schema, path);
    const typed = types.length === 0 ? 1 : 0;
    if (value === null) return { errors: [...types, ...enums], matches: typed };
    const alternatives = this.#alternatives(value, schema, old, path);
    const inner = this.#inner(value, schema, old, path);
    return {
      errors: [...types, ...alternatives.errors, ...inner.errors, ...enums],
      matches: typed + alternatives.matches + inner.matches + 5,
    };
  }

  #inner(value: unknown, schema: Schema, old: unknown, path: string): Result {
    if (Array.isArray(value)) return this.#items(value, schema, old, path);
    if (isJsonObject(value)) return this.#members(value, schema, old, path);
    if (typeof value === 'number') {
      return { errors: numberErrors(value, schema, path), matches: 1 };
    }
    if (typeof value !== 'string') return { errors: [], matches: -1 };
    const errors = [...stringErrors(value, schema, path), ...formatErrors(value, schema, path)];
    return { errors, matches: formatOf(schema) === '' ? 0 : 1 };
  }

  #alternatives(value: unknown, schema: Schema, old: unknown, path: string): Result {
    const { anyOf = [], oneOf = [], allOf = [], not } = schema;
    const results = (schemas: readonly Schema[]) =>
      schemas.map((each) => this.validate(value, each, old, path));
    const errors: FieldError[] = [];
    const all = results(allOf);
    let matches = sum(all);
    if (anyOf.length > 0) {
      const any = results(anyOf);
      const chosen = any.find(isValid) ?? best(any);
      matches += chosen.matches;
      if (!isValid(chosen)) {
        errors.push(composite(`${goQuote(path)} must validate at least one schema (anyOf)`));
        errors.push(...chosen.errors);
      }
    }
    if (oneOf.length > 0) {
      const one = results(oneOf);
      const valid = one.filter(isValid).length;
      const chosen = one.find(isValid) ?? best(one);
      if (valid < 2) matches += chosen.matches;
      if (valid !== 1) {
        const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
        errors.push(
          composite(`${goQuote(path)} must validate one and only one schema (oneOf). ${found}`),
        );
        errors.push(...chosen.errors);
      }
    }
    errors.push(...all.flatMap((result) => result.errors));
    if (!all.every(isValid)) {
      const none = all.some(isValid) ? '' : '. None validated';
      errors.push(composite(`${goQuote(path)} must validate all the schemas (allOf)${none}`));
    }
    if (not !== undefined && isValid(this.validate(value, not, undefined, path))) {
      errors.push(composite(`${goQuote(path)} must not validate the schema (not)`));
    }
    return { errors, matches };
  }

  #items(items: readonly unknown[], schema: Schema, old: unknown, path: string): Result {
    const { items: own, minItems, maxItems, uniqueItems } = schema;
    const results = items.map((item, index) =>
      this.validate(item, own ?? {}, correlate(item, schema, old), `${path}[${index}]`),
    );
    const errors = results.flatMap((result) => result.errors);
    const size = items.length;
    if (minItems !== undefined && size < minItems) {
      errors.push(invalid(path, size, `should have at least ${minItems} items`));
    }
    if (maxItems !== undefined && size > maxItems) errors.push(tooMany(path, size, maxItems));
    if (uniqueItems === true && hasDuplicates(items)) {
      errors.push(invalid(path, '', "shouldn't contain duplicates"));
    }
    return { errors, matches: (own === undefined ? 0 : sum(results)) + 1 };
  }

  #members(object: JsonObject, schema: Schema, old: unknown, path: string): Result {
    const { properties = {}, required = [], additionalProperties } = schema;
    const before = isJsonObject(old) ? old : {};
    const errors = sizeErrors(object, schema, path);
    const results: Result[] = [];
    const check = (key: string, own: Schema, place: string) => {
      results.push(this.validate(object[key], own, ownValue(before, key), place));
    };
    for (const key of Object.keys(object)) {
      if (Object.hasOwn(properties, key)) continue;
      if (typeof additionalProperties === 'object') {
        check(key, additionalProperties, `${path}.${key}`);
      } else if (additionalProperties === false) {
        errors.push(forbiddenProperty(path, key));
      }
    }
    for (const [key, property] of Object.entries(properties)) {
      if (!Object.hasOwn(object, key)) continue;
      check(key, property, path === '' ? key : `${path}.${key}`);
    }
    const missing = required.filter((key) => !Object.hasOwn(object, key));
    return {
      errors: [
        ...errors,
        ...results.flatMap((result) => result.errors),
        ...missing.map(
          (key) => new FieldError('FieldValueRequired', fieldOf(`${path}.${key}`), undefined, ''),
        ),
      ],
      matches: sum(results),
    };
  }
}

/** An item of the old list that a new one goes on from: one with the same keys, in a keyed list. */
function correlate(item: unknown, schema: Schema, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !Array.isArray(old) || !isJsonObject(item)) return undefined;
  return (old as readonly unknown[]).find(
    (each) => isJsonObject(each) && keys.every((key) => jsonEqual(each[key], item[key])),
  );
}

const isValid = ({ errors }: Result) => errors.length === 0;

/** The alternative that fits best. */
function best(results: readonly Result[]): Result {
  return results.reduce((a, b) => (b.matches > a.matches ? b : a));
}

function sum(results: readonly Result[]): number {
  return results.reduce((total, { matches }) => total + matches, 0);
}

/** Names of the types a schema allows; text says which is found in a message. */
function typesOf(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

/** The format that counts: others are of no meaning to the type. */
function formatOf({ type = 'string', format = '' }: Schema): string {
  if (type === 'string') return isKnownFormat(format) ? format : '';
  return numberFormats[type]?.includes(format) === true ? format : '';
}

const numberFormats: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
};

function typeErrors(value: unknown, schema: Schema, path: string): readonly FieldError[] {
  const types = typesOf(schema);
  const format = formatOf(schema);
  if (types.length === 0 && format === '') return [];
  const wrong = (wanted: string, found: string) => [
    new FieldError(
      'FieldValueTypeInvalid',
      fieldOf(path),
      found,
      `${path} in body must be of type ${wanted}: ${goQuote(found)}`,
    ),
  ];
  if (value === null) {
    return schema.nullable === true || types.length === 0 ? [] : wrong(types.join(','), 'null');
  }
  const { type, format: actual } = describe(value);
  const isText = type === 'string' || type === 'array';
  const isNumeric = types.includes('number') || types.includes('integer');
  const fits = types.includes(type) || (type === 'integer' && types.includes('number'));
  if (!isText && format !== '' && !fits && format !== actual) return wrong(format, actual);
  if (isText && format !== '' && !isNumeric) return [];
  return fits ? [] : wrong(types.join(','), type);
}

function describe(value: unknown): { readonly type: string; readonly format: string } {
  if (Array.isArray(value)) return { type: 'array', format: '' };
  if (isJsonObject(value)) return { type: 'object', format: '' };
  if (typeof value !== 'number') return { type: typeof value, format: '' };
  return isInt64(value)
    ? { type: 'integer', format: 'int64' }
    : { type: 'number', format: 'float64' };
}

function stringErrors(text: string, schema: Schema, path: string): readonly FieldError[] {
  const { maxLength, minLength, pattern } = schema;
  const length = Array.from(text).length;
  if (maxLength !== undefined && length > maxLength) {
    const detail = `may not be more than ${maxLength} byte${maxLength === 1 ? '' : 's'}`;
    return [new FieldError('FieldValueTooLong', fieldOf(path), undefined, detail)];
  }
  if (minLength !== undefined && length < minLength) {
    return [invalid(path, text, `should be at least ${minLength} chars long`)];
  }
  if (pattern !== undefined && pattern !== '' && goRegExp(pattern)?.test(text) !== true) {
    return [invalid(path, text, `should match '${pattern}'`)];
  }
  return [];
}

function formatErrors(text: string, schema: Schema, path: string): readonly FieldError[] {
  const format = formatOf(schema);
  if (format === '' || isOfFormat(text, format)) return [];
  const detail = `${path} in body must be of type ${format}: ${goQuote(text)}`;
  return [new FieldError('FieldValueTypeInvalid', fieldOf(path), text, detail)];
}

function enumErrors(value: unknown, schema: Schema, path: string): readonly FieldError[] {
  const { enum: values = [] } = schema;
  if (values.length === 0 || values.some((each) => jsonEqual(each, value))) return [];
  const supported = values.map((each) => goQuote(typeof each === 'string' ? each : goJson(each)));
  const detail = `supported values: ${supported.join(', ')}`;
  return [new FieldError('FieldValueNotSupported', fieldOf(path), value, detail)];
}

function sizeErrors(object: JsonObject, schema: Schema, path: string): FieldError[] {
  const size = Object.keys(object).length;
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && size < minProperties) {
    return [invalid(path, size, `should have at least ${minProperties} properties`)];
  }
  return maxProperties !== undefined && size > maxProperties
    ? [tooMany(path, size, maxProperties)]
    : [];
}

function hasDuplicates(items: readonly unknown[]): boolean {
  return items.some((item, index) => items.slice(0, index).some((other) => jsonEqual(item, other)));
}

function tooMany(path: string, size: number, most: number): FieldError {
  const detail = `must have at most ${most} item${most === 1 ? '' : 's'}`;
  return new FieldError('FieldValueTooMany', fieldOf(path), size, detail);
}

function forbiddenProperty(path: string, key: string): FieldError {
  const detail = `${path}.${key} in body is a forbidden property`;
  return new FieldError('FieldValueInvalid', fieldOf(path), key, detail);
}
