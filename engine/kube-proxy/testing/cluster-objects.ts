import type {
  Service,
  ServiceSpec,
  ServiceStatus,
} from '../../objects/generated/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { SERVICE_LABEL } from '../endpoints.ts';

/** A Service `shop/name`, of type ClusterIP with a TCP port 80 unless told otherwise. */
export function service(
  name: string,
  spec: Partial<ServiceSpec>,
  status: ServiceStatus = {},
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
    status,
  };
}

export const ingress = (ip: string): ServiceStatus => ({ loadBalancer: { ingress: [{ ip }] } });

/** A slice of `shop/service`: `address@node`, with conditions and hints by the address. */
export function slice(
  serviceName: string,
  endpoints: readonly string[],
  details: {
    readonly port?: number;
    readonly portName?: string;
    readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
    readonly name?: string;
    readonly more?: Readonly<Record<string, Partial<Endpoint>>>;
  } = {},
): EndpointSlice {
  const { port = 80, portName = '', protocol = 'TCP', more = {} } = details;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'shop',
      name: details.name ?? `${serviceName}-1`,
      labels: { [SERVICE_LABEL]: serviceName },
    },
    addressType: 'IPv4',
    ports: [{ name: portName, port, protocol }],
    endpoints: endpoints.map((text) => {
      const [address = '', nodeName = ''] = text.split('@');
      return { addresses: [address], nodeName, ...more[address] };
    }),
  };
}

/** Conditions of an endpoint that still serves while it ends, of one that does not, and of one that is not ready. */
export const draining = { conditions: { ready: false, serving: true, terminating: true } };
export const ended = { conditions: { ready: false, serving: false, terminating: true } };
export const unready = { conditions: { ready: false, serving: false, terminating: false } };
