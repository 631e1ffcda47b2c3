/**
 * The CORS protocol as a browser applies it, for requests that a learner's page sends to another port of
 * its machine. Answers made by a service worker escape the browser's own check, and a lesson in
 * which CORS never fails would teach the wrong thing. Source: fetch standard, "HTTP fetch" and
 * "CORS-preflight fetch". Left out: the preflight cache.
 */

const safeMethods = new Set(['GET', 'HEAD', 'POST']);
const safeHeaders = new Set(['accept', 'accept-language', 'content-language', 'range']);
/** Set by the browser, not by the page, though a service worker sees them. */
const browserHeaders =
  /^(?:sec-|proxy-|user-agent$|upgrade-insecure-requests$|dnt$|save-data$|origin$|referer$|cookie$)/;
const safeTypes = new Set([
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
]);
const exposedHeaders = new Set([
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]);

export interface CorsRequest {
  readonly method: string;
  /** as the page set them */
  readonly headers: Headers;
  /** of the page, as the learner knows it */
  readonly origin: string;
  readonly credentials: boolean;
}

/** Header names that make a preflight necessary, sorted. */
function unsafeHeaders(headers: Headers): string[] {
  const names: string[] = [];
  for (const [name, value] of headers) {
    if (safeHeaders.has(name) || browserHeaders.test(name)) continue;
    if (name === 'content-type' && safeTypes.has(value.split(';')[0]?.trim().toLowerCase() ?? ''))
      continue;
    names.push(name);
  }
  return names.toSorted();
}

/** Headers of the preflight request; undefined when none is needed. */
export function preflightHeaders(request: CorsRequest): Headers | undefined {
  const names = unsafeHeaders(request.headers);
  if (safeMethods.has(request.method) && names.length === 0) return undefined;
  const headers = new Headers({
    accept: '*/*',
    origin: request.origin,
    'access-control-request-method': request.method,
  });
  if (names.length > 0) headers.set('access-control-request-headers', names.join(','));
  return headers;
}

/** Why the browser would refuse to show this response to the page; undefined when it may. */
export function refusal(request: CorsRequest, response: Headers): string | undefined {
  const allowed = response.get('access-control-allow-origin');
  if (allowed === null)
    return "No 'Access-Control-Allow-Origin' header is present on the requested resource.";
  if (allowed !== request.origin && (allowed !== '*' || request.credentials)) {
    return `The 'Access-Control-Allow-Origin' header has the value '${allowed}', which does not allow ${request.origin}.`;
  }
  if (request.credentials && response.get('access-control-allow-credentials') !== 'true') {
    return "'Access-Control-Allow-Credentials' must be 'true' for a request with credentials.";
  }
  return undefined;
}

/** The same for the answer to a preflight. */
export function preflightRefusal(
  request: CorsRequest,
  response: { readonly status: number; readonly headers: Headers },
): string | undefined {
  if (response.status < 200 || response.status > 299)
    return 'Response to preflight request does not have an ok status.';
  const reason = refusal(request, response.headers);
  if (reason) return reason;
  const list = (name: string) =>
    (response.headers.get(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  const methods = list('access-control-allow-methods');
  const wildcard = !request.credentials;
  if (
    !safeMethods.has(request.method) &&
    !methods.includes(request.method) &&
    !(wildcard && methods.includes('*'))
  ) {
    return `Method ${request.method} is not allowed by 'Access-Control-Allow-Methods'.`;
  }
  const headers = list('access-control-allow-headers').map((name) => name.toLowerCase());
  const missing = unsafeHeaders(request.headers).find(
    (name) =>
      !headers.includes(name) && !(wildcard && name !== 'authorization' && headers.includes('*')),
  );
  return missing && `Request header ${missing} is not allowed by 'Access-Control-Allow-Headers'.`;
}

/** What a page may read of a cross-origin response. */
export function exposeHeaders(headers: Headers, credentials: boolean): Headers {
  const extra = (headers.get('access-control-expose-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  if (!credentials && extra.includes('*')) return headers;
  const visible = new Headers();
  for (const [name, value] of headers) {
    if (exposedHeaders.has(name) || extra.includes(name)) visible.append(name, value);
  }
  return visible;
}
