/** Answers one fetch of a learner's page: the request as the machine sees it, the response as the browser takes it. */
import { messageOf } from '../../../ui/message-of.ts';
import {
  exposeHeaders,
  preflightHeaders,
  preflightRefusal,
  refusal,
  type CorsRequest,
} from './cors.ts';
import { ExchangeError, type ExchangeClient, type IncomingExchange } from './exchange-client.ts';
import { failurePage, leavingPage } from './failure-page.ts';
import { pageScript, withScript } from './page-script.ts';
import { learnerOrigin, portOfLearnerUrl, type PreviewTarget } from './preview-address.ts';
import { decodeBody, hasNoBody, pathModePolicy, presentHeaders } from './response-headers.ts';

export interface Place {
  /** of the page that asks; for a navigation, of the page that is asked for */
  readonly page: PreviewTarget;
  readonly target: PreviewTarget;
  /** as the learner knows it */
  readonly url: string;
  readonly pathMode: boolean;
  /** address for the browser of a path on a port of this machine */
  browserUrl(port: number, path: string): string;
  /** the reverse, for referrers; undefined for other places */
  pagePath(browserUrl: string): { readonly port: number; readonly path: string } | undefined;
}

export async function answer(
  request: Request,
  place: Place,
  client: ExchangeClient,
): Promise<Response> {
  const navigation = request.mode === 'navigate';
  const cross = !navigation && place.page.port !== place.target.port;
  try {
    if (cross && request.mode === 'same-origin') return Response.error();
    const cors = cross && request.mode === 'cors' ? corsRequest(request, place) : undefined;
    const preflight = cors && preflightHeaders(cors);
    if (cors && preflight) {
      const reply = await send(client, request, place, { method: 'OPTIONS', headers: preflight });
      await reply.body?.cancel();
      const reason = preflightRefusal(cors, reply);
      if (reason) return refuse(place, cors, reason);
    }
    const cookies =
      request.credentials === 'include' || (request.credentials === 'same-origin' && !cross);
    const headers = machineHeaders(request, place, cross);
    const body = await bodyOf(request);
    if (body) headers.set('content-length', String(body.size));
    const reply = await send(client, request, place, {
      method: request.method,
      headers,
      cookies,
      body: body && body.stream(),
    });
    const reason = cors && refusal(cors, reply.headers);
    if (cors && reason) {
      await reply.body?.cancel();
      return refuse(place, cors, reason);
    }
    return present(reply, request, place, cors);
  } catch (error) {
    if (!navigation) return Response.error();
    const code = error instanceof ExchangeError ? error.code : 'UNKNOWN';
    const detail = messageOf(error);
    return ownPage(failurePage(code, place.target.port, detail), 502, place);
  }
}

interface Sending {
  readonly method: string;
  readonly headers: Headers;
  readonly cookies?: boolean;
  readonly body?: ReadableStream<Uint8Array> | null;
}

function send(
  client: ExchangeClient,
  request: Request,
  place: Place,
  sending: Sending,
): Promise<IncomingExchange> {
  const { slot, machine, port } = place.target;
  return client.exchange({
    slot,
    machine,
    port,
    url: place.url,
    cookies: false,
    isPage: request.mode === 'navigate' && request.method === 'GET',
    body: null,
    signal: request.signal,
    ...sending,
  });
}

function corsRequest(request: Request, place: Place): CorsRequest {
  return {
    method: request.method,
    headers: request.headers,
    origin: learnerOrigin(place.page.port),
    credentials: request.credentials === 'include',
  };
}

/** Says in the page's console what a browser would have said, and fails the fetch as it would have. */
function refuse(place: Place, { origin }: CorsRequest, reason: string): Response {
  // oxlint-disable-next-line no-console
  console.error(
    `Access to ${place.url} from origin ${origin} has been blocked by CORS policy: ${reason}`,
  );
  return Response.error();
}

/**
 * The body, whole: a browser tells a server its length, which servers without chunked transfer coding
 * need. The browser keeps large ones on disk.
 */
async function bodyOf(request: Request): Promise<Blob | null> {
  if (request.method === 'GET' || request.method === 'HEAD') return null;
  const body = await request.blob();
  return body.size === 0 ? null : body;
}

/** Adds what the browser's network layer would have added, in the learner's terms. */
function machineHeaders(request: Request, place: Place, cross: boolean): Headers {
  const headers = new Headers(request.headers);
  headers.set('user-agent', navigator.userAgent);
  if (!headers.has('accept')) headers.set('accept', '*/*');
  if (!headers.has('accept-language'))
    headers.set('accept-language', navigator.languages.join(','));
  headers.set('sec-fetch-dest', request.destination || 'empty');
  headers.set('sec-fetch-mode', request.mode);
  // Ports do not make a site: http://localhost:80 and :8080 are the same one.
  headers.set('sec-fetch-site', cross ? 'same-site' : 'same-origin');
  const from = request.referrer.startsWith('http') ? place.pagePath(request.referrer) : undefined;
  if (from && request.referrerPolicy !== 'no-referrer') {
    const origin = learnerOrigin(from.port);
    headers.set(
      'referer',
      from.port === place.target.port ? new URL(from.path, origin).href : `${origin}/`,
    );
  }
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if ((cross && request.mode === 'cors') || !safe) {
    headers.set('origin', learnerOrigin(from?.port ?? place.page.port));
  }
  return headers;
}

function present(
  reply: IncomingExchange,
  request: Request,
  place: Place,
  cors: CorsRequest | undefined,
): Response {
  const navigation = request.mode === 'navigate';
  let leaving: string | undefined;
  let headers = presentHeaders(reply.headers, {
    url: place.url,
    pathMode: place.pathMode,
    mapLocation: (url) => {
      const port = portOfLearnerUrl(url, place.target.machine);
      if (port === undefined) leaving = url.href;
      else if (navigation || port === place.page.port || place.pathMode) {
        return place.browserUrl(port, url.pathname + url.search + url.hash);
      }
      return url.href;
    },
  });
  if (navigation && leaving !== undefined && reply.status >= 300 && reply.status < 400) {
    void reply.body?.cancel();
    return ownPage(leavingPage(leaving), 200, place);
  }
  // A process of its own where the browser can: an endless loop in the page must not stop the app.
  if (navigation && !place.pathMode) headers.set('origin-agent-cluster', '?1');
  let body = decodeBody(reply.body, headers);
  if (navigation && !place.pathMode && isHtml(headers) && body) {
    body = body.pipeThrough(withScript(pageScript(reply.pageCookies)));
    headers.delete('content-length');
  }
  if (cors) headers = exposeHeaders(headers, cors.credentials);
  const status = reply.status >= 200 && reply.status <= 599 ? reply.status : 502;
  if (hasNoBody(status) || request.method === 'HEAD') {
    void body?.cancel();
    body = null;
  }
  return new Response(body, { status, statusText: reply.statusText, headers });
}

function isHtml(headers: Headers): boolean {
  return (
    /^text\/html\b/i.test(headers.get('content-type') ?? '') && !headers.has('content-disposition')
  );
}

function ownPage(html: string, status: number, { pathMode }: Place): Response {
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'${pathMode ? `; ${pathModePolicy}` : ''}`,
    },
  });
}
