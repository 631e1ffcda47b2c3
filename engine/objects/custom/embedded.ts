import { DecodeError } from '../decode/decode-error.ts';
import { readAs, type ReadResult } from '../decode/go-codec.ts';
import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import { goJson, goQuote } from '../go-text.ts';
import { isJsonObject, setOwn, type JsonObject } from '../json-value.ts';
import { isDns1035Label } from '../names.ts';
import type { Definitions, Schema } from '../schema.ts';
import { FieldError } from '../validation/field-error.ts';
import { anyObjectMeta, pathSegmentName } from '../validation/metadata.ts';
import { Place } from '../validation/place.ts';

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** Metadata as the server knows it, with the paths of what it does not know. Throws a `DecodeError`. */
export function readMetadata(value: unknown, definitions: Definitions): ReadResult {
  return readAs(definitions, metaName, value);
}

/**
 * Metadata of the resources embedded in a custom resource, read as the server's own. `unknown` are
 * paths of what was left out. Throws a `DecodeError` with upstream's message. Pure.
 */
export function coerceEmbedded(
  object: JsonObject,
  schema: Schema,
  definitions: Definitions,
): { readonly object: JsonObject; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const coerce = (value: unknown, own: Schema | undefined, path: string): unknown => {
    if (own === undefined) return value;
    if (Array.isArray(value)) {
      return value.map((item, index) => coerce(item, own.items, `${path}[${index}]`));
    }
    if (!isJsonObject(value)) return value;
    const isEmbedded = own['x-kubernetes-embedded-resource'] === true;
    const result: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      const { schema: next, place } = step(own, key, path);
      if (isEmbedded && key === 'metadata') {
        setOwn(result, key, readEmbedded(member, place, definitions, unknown));
      } else if (
        isEmbedded &&
        (key === 'apiVersion' || key === 'kind') &&
        typeof member !== 'string'
      ) {
        throw new DecodeError(
          'TYPE',
          `${place}: Invalid value: ${goJson(member)}: must be a string`,
        );
      } else {
        setOwn(result, key, coerce(member, next, place));
      }
    }
    return result;
  };
  const result = coerce(object, { ...schema, 'x-kubernetes-embedded-resource': false }, '');
  return { object: result as JsonObject, unknown: unknown.toSorted() };
}

function readEmbedded(
  value: unknown,
  place: string,
  definitions: Definitions,
  unknown: string[],
): unknown {
  try {
    const result = readMetadata(value, definitions);
    unknown.push(...result.unknown.map((path) => `${place}.${path}`));
    return result.object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const found = typeof value === 'string' ? goQuote(value) : goJson(value);
    throw new DecodeError('TYPE', `${place}: Invalid value: ${found}: ${error.message}`);
  }
}

function step(
  schema: Schema,
  key: string,
  path: string,
): { readonly schema: Schema | undefined; readonly place: string } {
  const { properties = {}, additionalProperties } = schema;
  const child = path === '' ? key : `${path}.${key}`;
  if (Object.hasOwn(properties, key)) return { schema: properties[key], place: child };
  return typeof additionalProperties === 'object'
    ? { schema: additionalProperties, place: `${path}[${key}]` }
    : { schema: undefined, place: child };
}

/** What is wrong with embedded resources: they need a kind, a version, and names that are names. */
export function embeddedErrors(object: JsonObject, schema: Schema): readonly FieldError[] {
  const errors: FieldError[] = [];
  const visit = (value: unknown, own: Schema | undefined, path: string) => {
    if (own === undefined) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, own.items, `${path}[${index}]`);
    }
    if (!isJsonObject(value)) return;
    if (own['x-kubernetes-embedded-resource'] === true) checkEmbedded(value, path, errors);
    for (const [key, member] of Object.entries(value)) {
      const next = step(own, key, path);
      visit(member, next.schema, next.place);
    }
  };
  visit(object, { ...schema, 'x-kubernetes-embedded-resource': false }, '');
  return errors;
}

function checkEmbedded(value: JsonObject, path: string, errors: FieldError[]): void {
  const add = (field: string, found: unknown, detail: string) =>
    errors.push(new FieldError('FieldValueInvalid', `${path}.${field}`, found, detail));
  const { apiVersion, kind, metadata } = value;
  for (const [field, found] of Object.entries({ apiVersion, kind })) {
    if (found === undefined) {
      errors.push(new FieldError('FieldValueRequired', `${path}.${field}`, undefined, ''));
    } else if (typeof found !== 'string') {
      add(field, found, 'must be a string');
    } else if (found === '') {
      add(field, found, 'must not be empty');
    }
  }
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    add('apiVersion', apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  }
  if (typeof kind === 'string' && kind !== '') {
    const wrong = isDns1035Label(kind.toLowerCase());
    if (wrong.length > 0) {
      add('kind', kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`);
    }
  }
  if (!isJsonObject(metadata)) return;
  const meta: ObjectMeta = { name: 'fakename', ...metadata };
  const isNamespaced = meta.namespace !== undefined && meta.namespace !== '';
  const at = Place.root(errors, `${path}.metadata`);
  anyObjectMeta(meta, at, { namespaced: isNamespaced, nameRule: pathSegmentName });
}
