import { isJsonObject, ownValue, setOwn, type JsonObject } from '../json-value.ts';

/** JSON Merge Patch (RFC 7396): null removes, objects merge, anything else replaces. Pure. */
export function applyMergePatch(document: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...document };
  for (const [key, value] of Object.entries(patch)) {
    const current = ownValue(document, key);
    if (value === null) {
      delete result[key];
    } else if (isJsonObject(current) && isJsonObject(value)) {
      setOwn(result, key, applyMergePatch(current, value));
    } else {
      setOwn(result, key, withoutNulls(value));
    }
  }
  return result;
}

/** A value without the members that are null; null items of a list stay. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}
