import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import { endToEndHeaders, hasToken, type TakenOver } from '../../http/index.ts';
import {
  badRequest,
  customFailure,
  serviceUnavailable,
} from '../../objects/status/status-error.ts';
import { OutboundError, type Outbound, type Peer } from '../outbound/outbound.ts';
import type { RequestContext } from '../request/request-context.ts';

type Answer = HttpResponse | TakenOver;

/** What the other side says about who may read it is not for the clients of this one. */
const CROSS_ORIGIN = [
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
];

export interface Forwarding {
  readonly outbound: Outbound;
  readonly peer: Peer;
  /** percent-encoded, with its query */
  readonly path: string;
}

/** Whether the client wants to speak another protocol from here on: WebSocket, or SPDY. */
function isUpgrade({ headers }: HttpRequest): boolean {
  return hasToken(headers, 'connection', 'upgrade') && headers.has('upgrade');
}

/** Who the client is was for us; where it came from is handed on. */
function forwardedHeaders({ request, exchange }: RequestContext): Headers {
  const { remoteAddress } = exchange;
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  const before = headers.get('x-forwarded-for');
  headers.set('x-forwarded-for', before === null ? remoteAddress : `${before}, ${remoteAddress}`);
  return headers;
}

function urlOf({ host, port, plain }: Peer, path: string): string {
  const authority = host.includes(':') ? `[${host}]` : host;
  return `${plain === true ? 'http' : 'https'}://${authority}:${port}${path}`;
}

/** Errors: 500 when the other side is not there. */
async function upgrade(
  context: RequestContext,
  { outbound, peer, path }: Forwarding,
): Promise<Answer> {
  const headers = forwardedHeaders(context);
  let answer: Answer;
  try {
    answer = await outbound(peer, { ...context.request, url: urlOf(peer, path), headers });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw customFailure(500, '', `error dialing backend: ${error.message}`);
  }
  if (!('takeOver' in answer) && answer.status < 400)
    throw customFailure(500, '', `invalid upgrade response: status code ${answer.status}`);
  return answer;
}

/** A stream to a container: whatever is spoken goes on between the client and the kubelet. Errors: `BadRequest` for a plain request. */
export function forwardStream(context: RequestContext, forwarding: Forwarding): Promise<Answer> {
  if (!isUpgrade(context.request)) throw badRequest('Upgrade request required');
  return upgrade(context, forwarding);
}

/**
 * A request to a web server behind the API server. Redirects to its own paths lead back through here;
 * links in its pages do not, as against upstream's. @param prefix path under which the client sees the server
 */
export async function forwardRequest(
  context: RequestContext,
  forwarding: Forwarding,
  prefix: string,
): Promise<Answer> {
  const { request } = context;
  if (isUpgrade(request)) return upgrade(context, forwarding);
  const { outbound, peer, path } = forwarding;
  const headers = endToEndHeaders(forwardedHeaders(context));
  headers.set('x-forwarded-uri', prefix + path.replace(/\?.*$/, ''));
  let answer: Answer;
  try {
    answer = await outbound(peer, { ...request, url: urlOf(peer, path), headers });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw serviceUnavailable(`error trying to reach service: ${error.message}`);
  }
  if ('takeOver' in answer) return answer;
  const own = endToEndHeaders(answer.headers);
  for (const name of CROSS_ORIGIN) own.delete(name);
  const location = own.get('location');
  if (location !== null)
    own.set('location', throughProxy(location, peer, prefix, request.headers.get('host') ?? ''));
  return { ...answer, headers: own };
}

/** A redirect of the server behind us as the client can follow it. */
function throughProxy(location: string, peer: Peer, prefix: string, host: string): string {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(location);
  const authority = absolute?.[1] ?? '';
  if (![host, `${peer.host}:${peer.port}`, peer.host, ''].includes(authority)) return location;
  const path = absolute?.[2] ?? location;
  return path.startsWith('/') && !path.startsWith(prefix) ? prefix + path : path;
}
