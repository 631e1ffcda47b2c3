import { goJson, goQuote } from '../go-text.ts';
import { isJsonObject, ownValue, type JsonObject } from '../json-value.ts';

/**
 * One step of a field's path in the form FieldsV1 writes it: `f:name` a field or a map's key,
 * `k:{"name":"c"}` the item of a list with these key fields, `v:"x"` an item of a set, `i:0` an index.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

const plain = /^[\w./ -]*$/;

/** `key` holds the key fields of a list's item in the order of their names. */
export function keyElement(key: JsonObject): PathElement {
  const names = Object.keys(key);
  const [name = ''] = names;
  const value = key[name];
  // What most lists are keyed by needs no escapes.
  if (names.length === 1 && typeof value === 'string' && plain.test(value)) {
    return `k:{"${name}":"${value}"}`;
  }
  return `k:${goJson(key)}`;
}

export function valueElement(value: unknown): PathElement {
  return `v:${goJson(value)}`;
}

export function isField(element: PathElement): boolean {
  return element.startsWith('f:');
}

/** The name of a field element. */
export function fieldName(element: PathElement): string {
  return element.slice(2);
}

/** As messages print it: `.spec`, `[name="c"]`, `[="x"]`, `[0]`. */
export function formatElement(element: PathElement): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${content}`;
    case 'k': {
      const fields = Object.entries(parseContent(content) as JsonObject);
      return `[${fields.map(([name, value]) => `${name}=${formatValue(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${formatValue(parseContent(content))}]`;
    default:
      return `[${content}]`;
  }
}

export function formatPath(path: readonly PathElement[]): string {
  return path.map(formatElement).join('');
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? goQuote(value) : goJson(value);
}

/**
 * An element as a client wrote it, in the form of this module; undefined if it is of a kind unknown
 * here (upstream drops those), and null if it cannot be read.
 */
export function readElement(text: string): PathElement | undefined | null {
  if (text[1] !== ':') return null;
  const content = text.slice(2);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
    case 'k': {
      const value = parseContent(content);
      if (value === undefined) return null;
      if (text.startsWith('v')) return valueElement(value);
      return isJsonObject(value) ? keyElement(sortKeys(value)) : null;
    }
    case 'i':
      return /^[-+]?\d+$/.test(content) ? `i:${Number(content)}` : null;
    default:
      return undefined;
  }
}

function parseContent(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function sortKeys(object: JsonObject): JsonObject {
  if (Object.keys(object).length < 2) return object;
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => compareText(a, b)));
}

const ranks = 'fkvi';

/** The order FieldsV1 is written in: fields, keys, values, indices; numbers by size. */
export function compareElements(a: PathElement, b: PathElement): number {
  const kind = a[0] ?? '';
  if (kind !== b[0]) return ranks.indexOf(kind) - ranks.indexOf(b[0] ?? '');
  if (kind === 'f') return compareText(a, b);
  const [left, right] = [a.slice(2), b.slice(2)];
  if (kind === 'i') return Number(left) - Number(right);
  const [first, second] = [parseContent(left), parseContent(right)];
  if (kind === 'v') return compareValues(first, second);
  return compareKeys(first as JsonObject, second as JsonObject);
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  const others = Object.entries(b);
  for (const [index, [name, value]] of Object.entries(a).entries()) {
    const [otherName, otherValue] = others[index] ?? [];
    if (otherName === undefined) return 1;
    const order = compareText(name, otherName) || compareValues(value, otherValue);
    if (order !== 0) return order;
  }
  return Object.keys(a).length - others.length;
}

/** Numbers before strings before booleans, as structured-merge-diff orders them. */
function compareValues(a: unknown, b: unknown): number {
  const rank = (value: unknown) => ['number', 'string', 'boolean'].indexOf(typeof value);
  if (typeof a !== typeof b) return rank(a) - rank(b);
  if (typeof a === 'string') return compareText(a, String(b));
  return Number(a) - Number(b);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The key fields an item of a list has, sorted; undefined when it has none. */
export function itemKey(
  item: JsonObject,
  keys: readonly string[],
  defaultOf: (key: string) => unknown,
): JsonObject | undefined {
  const entries: [string, unknown][] = [];
  for (const key of keys) {
    const value = Object.hasOwn(item, key) ? ownValue(item, key) : defaultOf(key);
    if (value !== undefined) entries.push([key, value]);
  }
  return entries.length === 0 ? undefined : sortKeys(Object.fromEntries(entries));
}
