import { goJson } from '../go-text.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';

/**
 * Paths of the older format with their parameters said once beside them, under names made of the
 * parameter's and a hash, as upstream makes them. Those kubectl looks for stay where they are.
 */
export function shareParameters(paths: JsonObject): {
  readonly paths: JsonObject;
  readonly parameters: JsonObject;
} {
  const shared = new Map<string, { readonly name: string; readonly parameter: JsonObject }>();
  const share = (parameter: unknown): unknown => {
    if (!isJsonObject(parameter) || isOwn(parameter)) return parameter;
    const text = goJson(parameter);
    let known = shared.get(text);
    if (known === undefined) {
      known = { name: `${String(parameter['name'])}-${hash(text)}`, parameter };
      shared.set(text, known);
    }
    return { $ref: `#/parameters/${known.name}` };
  };
  const visit = (value: unknown): unknown => {
    if (!isJsonObject(value)) return value;
    const { parameters } = value;
    return Array.isArray(parameters) ? { ...value, parameters: parameters.map(share) } : value;
  };
  const result = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(isJsonObject(item) ? item : {});
    return [path, visit(Object.fromEntries(operations.map(([key, each]) => [key, visit(each)])))];
  });
  const byName = [...shared.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    paths: Object.fromEntries(result) as JsonObject,
    parameters: Object.fromEntries(byName.map(({ name, parameter }) => [name, parameter])),
  };
}

/** What is about one kind, or what clients look for where it is used. */
function isOwn(parameter: JsonObject): boolean {
  const { name, in: place, schema } = parameter;
  if (place === 'body') {
    const reference = isJsonObject(schema) ? String(schema['$ref']) : '';
    return !reference.startsWith('#/definitions/io.k8s.apimachinery');
  }
  return (
    name === 'name' || (place === 'query' && (name === 'fieldValidation' || name === 'dryRun'))
  );
}

/** The first six bytes of FNV-1 in base64 for URLs. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    value = BigInt.asUintN(64, value * 0x100000001b3n) ^ BigInt(byte);
  }
  const bytes = Array.from({ length: 6 }, (_, index) =>
    Number((value >> BigInt(56 - 8 * index)) & 0xffn),
  );
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
