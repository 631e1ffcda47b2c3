/** Both ends of an `OutboundService`. */
import type { OutboundService } from '../../api/kube-apiserver.ts';
import { OutboundError, type Outbound } from '../../apiserver/outbound/outbound.ts';
import { handlerOver, httpServiceOf, type HttpRequest } from '../../http/index.ts';
import { registerErrorClass } from '../../rpc/error-codec.ts';

registerErrorClass('OutboundError', OutboundError);

export function outboundServiceOf(outbound: Outbound): OutboundService {
  return {
    request: (peer, request, repeated) =>
      httpServiceOf((received) => outbound(peer, { ...received, repeated })).request(request),
  };
}

export function outboundOver(service: OutboundService): Outbound {
  return (peer, { repeated = {}, ...request }) =>
    handlerOver({ request: (sent) => service.request(peer, sent, repeated) })(request);
}

/** Headers that count one by one, as those that are joined. */
export function withRepeated({ repeated = {}, ...request }: Parameters<Outbound>[1]): HttpRequest {
  const headers = new Headers(request.headers);
  for (const [name, values] of Object.entries(repeated))
    for (const value of values) headers.append(name, value);
  return { ...request, headers };
}
