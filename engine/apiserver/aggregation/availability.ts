import { messageOf } from '../../base/message-of.ts';
import type { Endpoint, EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import type { Service } from '../../objects/generated/core-v1.generated.ts';
import type { UserInfo } from '../auth/user-info.ts';
import { MASTERS } from '../auth/user-info.ts';
import type { Lister } from '../registry/lister.ts';
import type { Services } from '../outbound/services.ts';
import type { ApiService, Availability } from './api-service.ts';
import type { RemoteServer } from './remote-server.ts';

/** Who asks whether servers are there. */
export const aggregator: UserInfo = { username: 'system:kube-aggregator', groups: [MASTERS] };

const LOCAL: Availability = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
};

const SERVICE_LABEL = 'kubernetes.io/service-name';

const not = (reason: string, message: string): Availability => ({
  status: 'False',
  reason,
  message,
});

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready ?? true;

function offers({ endpoints, ports }: EndpointSlice, portName: string): boolean {
  return (
    (endpoints ?? []).some(isReady) &&
    (ports ?? []).some(({ name, port }) => (name ?? '') === portName && port !== undefined)
  );
}

/** Whether a Service can be what an APIService says: it has the port, and somebody behind it. */
function checkService(
  { spec }: Service,
  slices: readonly EndpointSlice[],
  place: string,
  port: number,
): Availability | undefined {
  if (spec.type !== 'ClusterIP') return undefined;
  const found = spec.ports?.find((one) => one.port === port);
  if (found === undefined)
    return not('ServicePortError', `${place} is not listening on port ${port}`);
  const { name = '' } = found;
  if (slices.length === 0)
    return not('EndpointsNotFound', `cannot find endpointslices for ${place}`);
  if (!slices.some((slice) => offers(slice, name)))
    return not(
      'MissingEndpoints',
      `endpointslices for ${place} have no addresses with port name ${JSON.stringify(name)}`,
    );
  return undefined;
}

/** Whether what an APIService stands for is there (kube-aggregator's availability controllers). */
export async function checkAvailability(
  { spec }: ApiService,
  server: RemoteServer,
  services: Services,
  endpointSlices: Lister<EndpointSlice>,
): Promise<Availability> {
  if (spec.service === undefined) return LOCAL;
  const { namespace = '', name = '', port = 443 } = spec.service;
  const place = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = services.get(namespace, name);
  if (service === undefined) return not('ServiceNotFound', `${place} is not present`);
  const slices = endpointSlices
    .list(namespace)
    .filter(({ metadata }) => metadata.labels?.[SERVICE_LABEL] === name);
  return (
    checkService(service, slices, place, port) ??
    (await checkDiscovery(server)) ?? {
      status: 'True',
      reason: 'Passed',
      message: 'all checks passed',
    }
  );
}

async function checkDiscovery(server: RemoteServer): Promise<Availability | undefined> {
  let url: string;
  try {
    url = server.url + server.versionPath;
  } catch (error) {
    return not('FailedDiscoveryCheck', (error as Error).message);
  }
  const failed = (why: string): Availability =>
    not('FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`);
  try {
    const { status } = await server.fetch(server.versionPath, '', aggregator);
    const good = status >= 200 && status < 300;
    return good ? undefined : failed(`bad status from ${url}: ${status}`);
  } catch (error) {
    return failed(messageOf(error));
  }
}
