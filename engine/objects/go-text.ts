/**
 * Texts as Go prints them, for messages that clients compare with upstream's: `strconv.Quote` (the
 * `%q` verb), `fmt` (the `%v` verb) and `encoding/json`, which also escapes what is special in HTML.
 */

import { isJsonObject } from './json-value.ts';

/** What Go writes with a letter after the backslash, by character. */
export const namedEscapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** What Go's `unicode.IsPrint` refuses, with the two characters that always need an escape. */
const needsEscape = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu;

/** `text` in double quotes with Go's escapes. */
export function goQuote(text: string): string {
  const escaped = text.replace(needsEscape, (character) => {
    const named = namedEscapes[character];
    if (named !== undefined) return named;
    const codePoint = character.codePointAt(0) ?? 0;
    // A lone half of a surrogate pair has no UTF-8; Go reads the replacement character there.
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) return '\ufffd';
    const hex = codePoint.toString(16);
    if (codePoint < 0x80) return `\\x${hex.padStart(2, '0')}`;
    return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return `"${escaped}"`;
}

/** `value` as `encoding/json` marshals it, in the order of its keys. */
export function goJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value as Go's `%v` prints it once JSON has been read into `interface{}`: `map[a:1 b:[x y]]`. */
export function goFormat(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goFormat).join(' ')}]`;
  if (!isJsonObject(value)) return String(value as string | number | boolean);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${key}:${goFormat(member)}`);
  return `map[${members.join(' ')}]`;
}

/** The name of the Go type that holds a value read from JSON. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? 'int64' : 'float64';
    default:
      return 'map[string]interface {}';
  }
}
