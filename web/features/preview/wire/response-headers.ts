/** Turns the headers of a machine's answer into those of the response the browser gets. */

/** Directives of the page's own policy that would stop it from being shown here at all. */
const droppedDirectives = new Set(['frame-ancestors', 'upgrade-insecure-requests']);

/** `x-frame-options` forbids every frame; the others speak about a connection the browser does not see. */
const droppedHeaders = new Set([
  'x-frame-options',
  'strict-transport-security',
  'clear-site-data',
  'set-cookie',
]);

/** Policy of path mode: whatever a page contains, it runs no script in the app's origin. */
export const pathModePolicy = 'sandbox allow-forms allow-same-origin';

export interface HeaderContext {
  /** the request's address as the learner knows it */
  readonly url: string;
  /** address for the browser of a place the learner's page names */
  readonly mapLocation: (url: URL) => string;
  readonly pathMode: boolean;
}

export function presentHeaders(source: Headers, context: HeaderContext): Headers {
  const headers = new Headers();
  for (const [name, value] of source) {
    if (droppedHeaders.has(name)) continue;
    if (name === 'content-security-policy' || name === 'content-security-policy-report-only') {
      const kept = keepPolicy(value);
      if (kept) headers.append(name, kept);
    } else if (name === 'location') {
      headers.set(name, mapLocation(value, context));
    } else {
      headers.append(name, value);
    }
  }
  if (context.pathMode) headers.append('content-security-policy', pathModePolicy);
  return headers;
}

function keepPolicy(policies: string): string {
  return policies
    .split(',')
    .map((policy) =>
      policy
        .split(';')
        .filter(
          (directive) =>
            !droppedDirectives.has(directive.trim().split(/\s/)[0]?.toLowerCase() ?? ''),
        )
        .join(';')
        .trim(),
    )
    .filter((policy) => policy !== '')
    .join(', ');
}

function mapLocation(value: string, { url, mapLocation: map }: HeaderContext): string {
  try {
    return map(new URL(value, url));
  } catch {
    return value;
  }
}

/** The body as the page expects it: content codings the browser would have undone are undone. */
export function decodeBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  headers: Headers,
): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  const coding = headers.get('content-encoding')?.trim().toLowerCase();
  const format =
    coding === 'gzip' || coding === 'x-gzip'
      ? 'gzip'
      : coding === 'deflate'
        ? 'deflate'
        : undefined;
  if (!body || !format) return body;
  headers.delete('content-encoding');
  headers.delete('content-length');
  return body.pipeThrough(new DecompressionStream(format));
}

/** Statuses whose response may not have a body, after the fetch standard. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
