import { messageOf } from '../../base/message-of.ts';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { Clock } from '../../base/clock.ts';
import { endToEndHeaders, hasToken, type TakenOver } from '../../http/index.ts';
import { formatApiVersion } from '../../objects/kubernetes-object.ts';
import type { UserInfo } from '../auth/user-info.ts';
import { ask, type Fetched } from '../outbound/ask.ts';
import type { Outbound, Peer } from '../outbound/outbound.ts';
import type { Services } from '../outbound/services.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { RequestContext } from '../request/request-context.ts';
import { textResponse } from '../request/responses.ts';
import { servedBy, type ApiService } from './api-service.ts';
import { identityOf, withoutIdentity } from './identity.ts';

const HTTPS = 443;
/** Milliseconds for requests of the server's own (kube-aggregator `handler_discovery.go`). */
const OWN_TIMEOUT_MS = 5000;

/** Headers that say who a client is: this server has looked at them. */
const CREDENTIALS = /^(?:authorization|impersonate-.*)$/;
const CORS = /^access-control-/;

export interface RemoteOptions {
  readonly outbound: Outbound;
  readonly services: Services;
  readonly clock: Clock;
  /** shown to servers behind this one, which believe what it says of users */
  readonly client?: KeyPair;
}

/** An API server behind this one, which an APIService names. */
export class RemoteServer {
  readonly #service: ApiService;
  readonly #options: RemoteOptions;

  constructor(service: ApiService, options: RemoteOptions) {
    this.#service = service;
    this.#options = options;
  }

  /** The path that tells whether it serves what the APIService says. */
  get versionPath(): string {
    return `/apis/${formatApiVersion(servedBy(this.#service))}`;
  }

  /** `https://host:port` of now. Errors: as `Services.resolve`. */
  get url(): string {
    const { host, port } = this.#peer();
    return `https://${host}:${port}`;
  }

  /** Sends a client's request on, as the client's. Failures come as text, with 502 and 503. */
  async proxy(context: RequestContext): Promise<HttpResponse | TakenOver> {
    const { request, user, exchange } = context;
    let peer: Peer;
    try {
      peer = this.#peer();
    } catch {
      return textResponse(503, 'service unavailable\n');
    }
    const authority = `${peer.host}:${peer.port}`;
    const { pathname, search } = new URL(request.url, 'http://localhost');
    const headers = this.#forwarded(request.headers, authority, pathname, exchange.remoteAddress);
    headers.set('audit-id', exchange.auditId);
    try {
      const url = `https://${authority}${pathname}${search}`;
      const repeated = identityOf(user);
      const response = await this.#options.outbound(peer, { ...request, url, headers, repeated });
      const { status } = response;
      if (status >= 300 && status < 400 && status !== 304)
        return textResponse(
          502,
          'the backend attempted to redirect this request, which is not permitted',
        );
      return 'takeOver' in response
        ? response
        : { ...response, headers: endToEnd(response.headers) };
    } catch (error) {
      const why = messageOf(error);
      return textResponse(503, `error trying to reach service: ${why}\n`);
    }
  }

  /** A request of the server's own. Errors: why there is no response, in Go's words. */
  async fetch(path: string, accept: string, user: UserInfo): Promise<Fetched> {
    const { outbound, clock } = this.#options;
    const peer = this.#peer();
    const url = `https://${peer.host}:${peer.port}${path}`;
    const headers = new Headers({ host: `${peer.host}:${peer.port}` });
    if (accept !== '') headers.set('accept', accept);
    const request = { method: 'GET', url, headers, repeated: identityOf(user), body: null };
    return ask(() => peer, request, { outbound, clock, timeoutMs: OWN_TIMEOUT_MS });
  }

  #peer(): Peer {
    const { service, caBundle = '', insecureSkipTLSVerify = false } = this.#service.spec;
    const { namespace = '', name = '', port = HTTPS } = service ?? {};
    const { services, client } = this.#options;
    return {
      ...services.resolve({ namespace, name, port }),
      serverName: `${name}.${namespace}.svc`,
      ...(caBundle === '' ? {} : { ca: atob(caBundle) }),
      ...(insecureSkipTLSVerify ? { insecure: true } : {}),
      ...(client === undefined ? {} : { client }),
    };
  }

  #forwarded(
    given: HttpRequest['headers'],
    authority: string,
    path: string,
    from: string,
  ): Headers {
    const headers = endToEndHeaders(withoutIdentity(given));
    const upgrade = hasToken(given, 'connection', 'upgrade') ? given.get('upgrade') : null;
    for (const name of given.keys()) if (CREDENTIALS.test(name)) headers.delete(name);
    headers.set('host', authority);
    headers.append('x-forwarded-for', from);
    headers.set('x-forwarded-host', authority);
    headers.set('x-forwarded-proto', 'https');
    headers.set('x-forwarded-uri', path);
    if (upgrade !== null) {
      headers.set('connection', 'Upgrade');
      headers.set('upgrade', upgrade);
    }
    return headers;
  }
}

/** Which origins may read the answer is for this server to say. */
function endToEnd(given: Headers): Headers {
  const headers = endToEndHeaders(given);
  for (const name of given.keys()) if (CORS.test(name)) headers.delete(name);
  return headers;
}
