import type { HttpResponse } from '../api/http-message.ts';
import { RegistryError } from './registry-error.ts';

export function json(
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): HttpResponse {
  return {
    status,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

export function empty(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, headers: new Headers(headers), body: null };
}

export function notFound(): HttpResponse {
  return {
    status: 404,
    headers: new Headers({ 'content-type': 'text/plain; charset=utf-8' }),
    body: new TextEncoder().encode('404 page not found\n'),
  };
}

/** The page of `sorted` that `n` and `last` ask for, and the `Link` header to the next when there is one. Throws PAGINATION_NUMBER_INVALID. */
export function paginate(
  sorted: readonly string[],
  path: string,
  parameters: URLSearchParams,
): { readonly items: readonly string[]; readonly headers: Readonly<Record<string, string>> } {
  const wanted = parameters.get('n');
  const last = parameters.get('last');
  if (wanted !== null && !/^\d{1,6}$/.test(wanted))
    throw new RegistryError('PAGINATION_NUMBER_INVALID', { n: wanted });
  const rest = last === null ? sorted : sorted.filter((item) => item > last);
  const count = wanted === null ? rest.length : Number(wanted);
  const items = rest.slice(0, count);
  const final = items.at(-1);
  if (items.length === rest.length || final === undefined) return { items, headers: {} };
  const query = new URLSearchParams({ last: final, n: String(count) }).toString();
  return { items, headers: { link: `<${path}?${query}>; rel="next"` } };
}
