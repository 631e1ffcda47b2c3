import { messageOf } from '../../base/message-of.ts';
import type { z } from 'zod';
import { hasToken, readAll, type HttpRequest } from '../../http/index.ts';
import { ApiError, badRequest } from './api-error.ts';
import { compareVersions } from './api-version.ts';
import { parseFilters, type Filters } from './filters.ts';

/** A request as an endpoint sees it. */
export class ApiRequest {
  readonly http: HttpRequest;
  readonly query: URLSearchParams;
  /** `1.41` */
  readonly version: string;
  readonly #parameters: Readonly<Record<string, string>>;

  constructor(
    http: HttpRequest,
    query: URLSearchParams,
    parameters: Readonly<Record<string, string>>,
    version: string,
  ) {
    this.http = http;
    this.query = query;
    this.version = version;
    this.#parameters = parameters;
  }

  /** Whether the client's version of the API is this one or a later one. */
  speaks(version: string): boolean {
    return compareVersions(this.version, version) >= 0;
  }

  /** A part of the path. */
  parameter(name: string): string {
    const value = this.#parameters[name];
    if (value === undefined) throw new TypeError(`The route has no {${name}}.`);
    return value;
  }

  text(name: string): string {
    return this.query.get(name) ?? '';
  }

  /** As dockerd reads booleans: anything but nothing, `0`, `no`, `false` and `none` is true. */
  flag(name: string, otherwise = false): boolean {
    const value = this.query.get(name);
    if (value === null) return otherwise;
    return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
  }

  /** An integer, or undefined when absent. Throws 400 for anything else. */
  integer(name: string): number | undefined {
    const text = this.query.get(name);
    if (text === null || text === '') return undefined;
    if (!/^-?\d+$/.test(text))
      throw badRequest(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  }

  filters(): Filters {
    return parseFilters(this.query.get('filters'));
  }

  /** The body as JSON of this shape. An absent body counts as `{}`. Throws 400. */
  async json<T extends z.ZodType>(schema: T): Promise<z.infer<T>> {
    const text = new TextDecoder().decode(await readAll(this.http.body));
    const type = this.http.headers.get('content-type') ?? '';
    if (text.trim() !== '' && !/^application\/json\b/i.test(type)) {
      throw badRequest(`Content-Type specified (${type}) must be 'application/json'`);
    }
    let value: unknown;
    try {
      value = text.trim() === '' ? {} : JSON.parse(text);
    } catch (error) {
      throw new ApiError(400, `invalid JSON: ${messageOf(error)}`, { cause: error });
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw badRequest(
      `json: cannot unmarshal field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    );
  }

  /** Whether the client asks to leave HTTP (newer clients do; older ones just start talking raw). */
  get wantsUpgrade(): boolean {
    return hasToken(this.http.headers, 'connection', 'upgrade') && this.http.headers.has('upgrade');
  }
}
