import type { ForgottenFlows } from '../api/agent.ts';
import { printEndpoint } from './endpoints.ts';
import type { ProxyState } from './ruleset.ts';
import { portKey } from './service-ports.ts';

/**
 * Where UDP flows of Services may still lead. A flow has no end that the kernel could see, so one to an
 * endpoint that is gone would go on for as long as its client sends (pkg/proxy/conntrack).
 */
export function udpDestinations({ ports, endpoints }: ProxyState): ForgottenFlows['destinations'] {
  return ports
    .filter(({ protocol }) => protocol === 'UDP')
    .flatMap((port) => {
      const backends = (endpoints.get(portKey(port)) ?? [])
        .filter(({ isServing }) => isServing)
        .map(printEndpoint);
      const addresses = [port.clusterIp, ...port.loadBalancerIps, ...port.externalIps];
      return [
        ...addresses.map((address) => ({ address, port: port.number, backends })),
        // Anybody's flow to a port of this number: not where it would be all of them.
        ...(port.nodePort !== 0 && backends.length > 0 ? [{ port: port.nodePort, backends }] : []),
      ];
    });
}
