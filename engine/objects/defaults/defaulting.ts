/**
 * The vocabulary defaults are written in. A defaulting returns its value with what was missing
 * filled in, the value itself if nothing was; it never changes what it is given. One for an object
 * is a table that reads like the fields' documentation:
 *
 * ```ts
 * const servicePort = defaulting<ServicePort>({
 *   missing: { protocol: 'TCP', targetPort: ({ port }) => port },
 * });
 * ```
 */
export type Defaulting<T> = (value: T) => T;

interface Table<T> {
  /** What to do first with the object as a whole. */
  readonly first?: Defaulting<T>;
  /** Values of fields that are not there: as such, or made from the object so far. */
  readonly missing?: { readonly [K in keyof T]?: T[K] | ((object: T) => T[K] | undefined) };
  /** Values of fields for which an empty text or 0 says that there is none. */
  readonly zero?: { readonly [K in keyof T]?: T[K] };
  /** Defaults inside fields that are there. */
  readonly within?: { readonly [K in keyof T]?: Defaulting<NonNullable<T[K]>> };
}

export function defaulting<T extends object>({
  first,
  missing,
  zero,
  within,
}: Table<T>): <V extends Partial<T>>(value: V) => V {
  const absent = Object.entries(missing ?? {});
  const empty = Object.entries(zero ?? {});
  const inner = Object.entries(within ?? {}) as [string, Defaulting<unknown>][];
  return <V extends Partial<T>>(given: V) => {
    let object = (first ? first(given as unknown as T) : given) as Record<string, unknown>;
    const set = (key: string, value: unknown) => {
      if (object === given) object = { ...given };
      object[key] = value;
    };
    for (const [key, value] of absent) {
      if (isThere(object[key])) continue;
      const filled =
        typeof value === 'function' ? (value as (object: unknown) => unknown)(object) : value;
      if (filled !== undefined) set(key, filled);
    }
    for (const [key, value] of empty) if (!object[key]) set(key, value);
    for (const [key, fill] of inner) {
      const value = object[key];
      if (!isThere(value)) continue;
      const filled = fill(value);
      if (filled !== value) set(key, filled);
    }
    return object as V;
  };
}

const isThere = (value: unknown) => value !== undefined && value !== null;

/** Defaults inside each item of a list. */
export function each<T>(fill: Defaulting<T>): Defaulting<readonly T[]> {
  return (list) => {
    let filled: T[] | undefined;
    for (const [index, item] of list.entries()) {
      const value = fill(item);
      if (value !== item) (filled ??= [...list])[index] = value;
    }
    return filled ?? list;
  };
}

/** Whether a list or map is missing or has nothing in it. */
export function isEmpty(value: object | undefined): boolean {
  if (value === undefined) return true;
  for (const _ in value) return false;
  return true;
}
