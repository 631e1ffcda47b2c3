import { fnv32a } from '../../base/fnv.ts';
import type { PodTemplateSpec } from '../../objects/generated/core-v1.generated.ts';
import { goJson } from '../../objects/go-text.ts';
import { isJsonObject } from '../../objects/json-value.ts';

/** No vowels and none of 0, 1, 3, so that no words come about (apimachinery `util/rand`). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Replaces each UTF-16 unit by one of an alphabet that makes no words (`rand.SafeEncodeString`). */
export function safeEncode(text: string): string {
  return Array.from({ length: text.length }, (_, index) =>
    ALPHABET.charAt(text.charCodeAt(index) % ALPHABET.length),
  ).join('');
}

/**
 * The value of label `pod-template-hash`: up to ten characters that say which template it is, and how
 * often another template was in the way. As upstream's `ComputeHash`, though over JSON with sorted keys
 * rather than over Go's memory, so the characters differ; equal templates have equal ones.
 */
export function templateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const text = sortedJson(template);
  const bytes = new TextEncoder().encode(text);
  if (collisionCount === undefined) return safeEncode(String(fnv32a(bytes)));
  const all = new Uint8Array(bytes.length + 8);
  all.set(bytes);
  new DataView(all.buffer).setUint32(bytes.length, collisionCount, true);
  return safeEncode(String(fnv32a(all)));
}

/** JSON as Go writes it, with the keys of every object in order and without what is missing. */
export function sortedJson(value: unknown): string {
  return goJson(inKeyOrder(value));
}

function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, inKeyOrder(member)]),
  );
}
