import { ApiError, badRequest } from './api-error.ts';

/** What `--filter` sends: key → values, of which one must match. */
export class Filters {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  has(key: string): boolean {
    return this.get(key).length > 0;
  }

  get(key: string): readonly string[] {
    return this.#values.get(key) ?? [];
  }

  /** True without this filter, or when one of its values passes. */
  any(key: string, passes: (value: string) => boolean): boolean {
    const values = this.get(key);
    return values.length === 0 || values.some(passes);
  }

  /** Throws 400 for a key the endpoint does not know. */
  allow(...keys: readonly string[]): this {
    for (const key of this.#values.keys()) {
      if (!keys.includes(key)) throw badRequest(`Invalid filter '${key}'`);
    }
    return this;
  }

  /** `label=key` or `label=key=value`; all of them must match. */
  matchLabels(labels: Readonly<Record<string, string>> | null | undefined, key = 'label'): boolean {
    return this.get(key).every((wanted) => labelMatches(labels ?? {}, wanted));
  }

  /** A boolean filter: undefined when absent. Throws 400 for a value that is no boolean. */
  flag(key: string): boolean | undefined {
    const values = this.get(key);
    if (values.length === 0) return undefined;
    const known = values.map((value) => {
      if (['1', 'true'].includes(value)) return true;
      if (['0', 'false'].includes(value)) return false;
      throw badRequest(`Invalid filter '${key}=[${values.join(' ')}]'`);
    });
    return known[0];
  }
}

export function labelMatches(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  const name = at < 0 ? wanted : wanted.slice(0, at);
  if (!Object.hasOwn(labels, name)) return false;
  return at < 0 || labels[name] === wanted.slice(at + 1);
}

/** Accepts `{"key": ["value"]}` and the older `{"key": {"value": true}}`. */
export function parseFilters(text: string | null): Filters {
  if (text === null || text === '') return new Filters(new Map());
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `invalid filter: ${text}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw badRequest(`invalid filter: ${text}`);
  const values = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(parsed)) {
    if (Array.isArray(value)) values.set(key, value.map(String));
    else if (typeof value === 'object' && value !== null) {
      values.set(
        key,
        Object.entries(value)
          .filter(([, on]) => on === true)
          .map(([name]) => name),
      );
    }
  }
  return new Filters(values);
}
