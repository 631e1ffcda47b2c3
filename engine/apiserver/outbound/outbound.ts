import type { HttpResponse, OutboundRequest } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { KeyPair } from '../../pki/certificates.ts';

/** A server that the API server goes to: a webhook, an aggregated API server, a kubelet, a Pod. */
export interface Peer {
  /** name or IP address to connect to */
  readonly host: string;
  readonly port: number;
  /** the name its certificate must be for */
  readonly serverName: string;
  /** PEM: who may have signed its certificate; absent: whom the host trusts */
  readonly ca?: string;
  /** without TLS: plain HTTP */
  readonly plain?: boolean;
  /** takes any certificate */
  readonly insecure?: boolean;
  /** what the server shows of itself */
  readonly client?: KeyPair;
}

/**
 * The way from the API server to other servers, which its host knows. The request's URL is what the
 * peer is asked, its authority included; a response that upgrades the connection is taken over.
 * Errors: `OutboundError`, or the reason of the request's signal.
 */
export type Outbound = (peer: Peer, request: OutboundRequest) => Promise<HttpResponse | TakenOver>;

/** A peer could not be reached or not be trusted; the message is in the words of Go's `net` and `tls`. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: 'UNREACHABLE' | 'UNTRUSTED' | 'BROKEN';

  constructor(code: OutboundError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** For a host without a network: nothing can be reached. */
export const noOutbound: Outbound = ({ host, port }) =>
  Promise.reject(
    new OutboundError('UNREACHABLE', `dial tcp ${host}:${port}: connect: network is unreachable`),
  );
