import { DecodeError } from './decode-error.ts';
import { refuseDeepJson } from './depth.ts';
import { scanJson, type JsonKeys } from './json-text.ts';
import { parseYaml } from './yaml-text.ts';

export type BodyFormat = 'json' | 'yaml';

/** A parsed body with what is known of keys that appear twice; the last one counts. */
export interface Body {
  readonly value: unknown;
  /** where keys are, if a JSON text repeats any */
  readonly keys?: JsonKeys;
  /** `line 5: key "name" already set in map` */
  readonly repeatedLines: readonly string[];
}

// A byte order mark is not JSON; bytes that are no UTF-8 become U+FFFD, as in Go.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Throws a `DecodeError` with upstream's text if it is not JSON or YAML. */
export function parseBody(bytes: Uint8Array, format: BodyFormat): Body {
  const text = decoder.decode(bytes);
  return format === 'json' ? parseJson(text) : parseYaml(text);
}

function parseJson(text: string): Body {
  refuseDeepJson(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    scanJson(text);
    // Both readers follow the same grammar, so the one above has thrown.
    throw new DecodeError('SYNTAX', String(cause));
  }
  // Every key ends in `":`; a text that has more of these than the value has keys deserves a look.
  const mentioned = text.match(/(?<!\\)"\s*:/g)?.length ?? 0;
  const keys = mentioned === countKeys(value) ? undefined : scanJson(text);
  return keys !== undefined && keys.duplicates.length > 0
    ? { value, keys, repeatedLines: [] }
    : { value, repeatedLines: [] };
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items = Object.values(value);
  let count = Array.isArray(value) ? 0 : items.length;
  for (const item of items) count += countKeys(item);
  return count;
}

/** Strict problems of a body in the order of its text; `unknown` are paths of fields its kind does not have. */
export function strictProblems(body: Body, unknown: readonly string[]): readonly string[] {
  const strange = unknown.map((path) => `unknown field "${path}"`);
  const { keys } = body;
  if (keys === undefined) return strange;
  const isInside = (path: string) =>
    unknown.some((outer) => path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`));
  return [
    ...unknown.map((path, index) => ({
      text: strange[index] ?? '',
      at: keys.offsets.get(path) ?? 0,
    })),
    // What is inside an unknown field is not looked at.
    ...keys.duplicates
      .filter(({ path }) => !isInside(path))
      .map(({ path, offset }) => ({ text: `duplicate field "${path}"`, at: offset })),
  ]
    .toSorted((a, b) => a.at - b.at)
    .map(({ text }) => text);
}
