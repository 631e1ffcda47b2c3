/** Both ends of an `OutboundService`. */
import type { OutboundService } from '../../api/kube-apiserver.ts';
import { OutboundError, type Outbound } from '../../apiserver/outbound/outbound.ts';
import { handlerOver, httpServiceOf } from '../../http/index.ts';
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
