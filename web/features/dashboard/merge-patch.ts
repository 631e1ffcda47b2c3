/**
 * The JSON merge patch (RFC 7396) that makes `after` of `before`: an object of what differs, with null for what is gone. A list that
 * differs is in it as a whole.
 */
export function mergePatch(before: object, after: object): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  const [old, wanted] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  for (const key of old.keys()) if (!wanted.has(key)) patch[key] = null;
  for (const [key, value] of wanted) {
    const known: unknown = old.get(key);
    if (isRecord(known) && isRecord(value)) {
      const inner = mergePatch(known, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (canonical(known) !== canonical(value)) patch[key] = value;
  }
  return patch;
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same for values that are the same, in whatever order their keys are. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
