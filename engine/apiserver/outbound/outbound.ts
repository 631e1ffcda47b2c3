import type { HttpResponse, OutboundRequest } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { Peer } from '../../api/kube-apiserver.ts';

export type { Peer } from '../../api/kube-apiserver.ts';

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
