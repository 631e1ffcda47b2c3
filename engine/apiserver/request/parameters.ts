import { goQuote } from '../../objects/go-text.ts';
import { badRequest } from '../../objects/status/status-error.ts';

/** Reads query parameters as k8s.io/apimachinery converts them. Errors: `BadRequest`. */
export class Parameters {
  readonly #query: URLSearchParams;

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  text(name: string): string {
    return this.#query.get(name) ?? '';
  }

  all(name: string): readonly string[] {
    return this.#query.getAll(name);
  }

  /** `false`, `0` and absence are false, everything else is true, as in Go's conversion. */
  flag(name: string): boolean {
    return this.optionalFlag(name) ?? false;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#query.get(name);
    return value === null ? undefined : !['false', '0'].includes(value.toLowerCase());
  }

  integer(name: string): number | undefined {
    const value = this.#query.get(name);
    if (value === null) return undefined;
    const number = Number(value);
    if (!/^[+-]?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`);
    if (!Number.isSafeInteger(number))
      throw badRequest(`strconv.ParseInt: parsing ${goQuote(value)}: value out of range`);
    return number;
  }
}
