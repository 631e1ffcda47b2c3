import type { Stored } from '../../client/resource.ts';
import type { Node, Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { Endpoint, EndpointPort } from '../../objects/generated/discovery-v1.generated.ts';
import { isV6, parseIp, printIp } from '../../objects/ip.ts';
import { isPodReady } from '../pods/pod-state.ts';
import { findPort, hostnameWithin } from '../service-pods/pod-endpoints.ts';
import { sortedPorts } from './endpoint-set.ts';

export type Family = 'IPv4' | 'IPv6';

export const ZONE = 'topology.kubernetes.io/zone';

/** The families that a Service's slices are of. */
export function familiesOf({ spec }: Service): Family[] {
  const named = (spec?.ipFamilies ?? []).filter((family) => family !== '');
  if (named.length > 0) return named;
  const ip = spec?.clusterIP ?? '';
  if (ip === '' || ip === 'None') return ['IPv4', 'IPv6'];
  return [ip.includes(':') ? 'IPv6' : 'IPv4'];
}

/** The addresses of one family that a Pod has, in canonical form. */
function addressesOf({ status }: Pod, family: Family): string[] {
  return (status?.podIPs ?? []).flatMap(({ ip }) => {
    const address = parseIp(ip);
    if (address === undefined || isV6(address) !== (family === 'IPv6')) return [];
    return [printIp(address)];
  });
}

/** The ports of a Service as this Pod has them; a port that it does not have is left out. */
export function portsOf({ spec }: Service, pod: Pod): EndpointPort[] {
  const ports = (spec?.ports ?? []).flatMap((servicePort): EndpointPort[] => {
    const port = findPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
  return sortedPorts(ports);
}

/**
 * A Pod as an endpoint of a Service; without addresses when it has none of the family. Until 1.20 a
 * Pod that ended was gone, so `ready` is false for one, unless the Service publishes what is not ready.
 */
export function podEndpoint(
  pod: Stored<Pod>,
  node: Node | undefined,
  service: Service,
  family: Family,
): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName = '' } = pod.spec ?? {};
  const zone = node?.metadata.labels?.[ZONE] ?? '';
  const hostname = hostnameWithin(service, pod);
  const { namespace, name, uid } = pod.metadata;
  return {
    addresses: addressesOf(pod, family),
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === '' ? {} : { zone }),
    ...(hostname === undefined ? {} : { hostname }),
  };
}
