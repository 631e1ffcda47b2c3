import type { Stored } from '../../client/resource.ts';
import type {
  EndpointAddress,
  Endpoints,
  EndpointSubset,
  Pod,
  Service,
} from '../../objects/generated/core-v1.generated.ts';
import { isV6, parseIp, printIp } from '../../objects/ip.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { HEADLESS } from '../endpointslice/slice-object.ts';
import { isPodReady } from '../pods/pod-state.ts';
import { findPort, hostnameWithin, isHeadless, isListed } from '../service-pods/pod-endpoints.ts';
import { TRIGGER_TIME } from '../service-pods/trigger-times.ts';
import { addressCount, MOST_ADDRESSES, repackSubsets, truncateSubsets } from './subsets.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

/** Whether a Service's Endpoints have IPv6 addresses: they have those of its first family only. */
function wantsV6({ spec }: Service, { status }: Pod): boolean {
  const [family = ''] = spec?.ipFamilies ?? [];
  if (family !== '') return family === 'IPv6';
  const { clusterIP = '' } = spec ?? {};
  return (clusterIP !== '' && clusterIP !== 'None' ? clusterIP : (status?.podIP ?? '')).includes(
    ':',
  );
}

function addressOf(service: Service, pod: Stored<Pod>): EndpointAddress | undefined {
  const ips = (pod.status?.podIPs ?? []).map(({ ip }) => parseIp(ip));
  const ip = ips.find((each) => each !== undefined && isV6(each) === wantsV6(service, pod));
  if (ip === undefined) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameWithin(service, pod);
  return {
    ip: printIp(ip),
    nodeName: pod.spec?.nodeName ?? '',
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(hostname === undefined ? {} : { hostname }),
  };
}

/** A Service's endpoints in canonical form. */
export function subsetsOf(service: Service, pods: readonly Stored<Pod>[]): EndpointSubset[] {
  const { ports = [], clusterIP, publishNotReadyAddresses = false } = service.spec ?? {};
  const subsets = pods.flatMap((pod): EndpointSubset[] => {
    if (!isListed(pod, publishNotReadyAddresses)) return [];
    const address = addressOf(service, pod);
    if (address === undefined) return [];
    const addresses =
      publishNotReadyAddresses || isPodReady(pod)
        ? { addresses: [address] }
        : { notReadyAddresses: [address] };
    // A headless Service need not have ports.
    if (ports.length === 0) return clusterIP === 'None' ? [addresses] : [];
    return ports.flatMap((servicePort) => {
      const port = findPort(pod, servicePort);
      if (port === undefined) return [];
      const { name = '', protocol = 'TCP', appProtocol } = servicePort;
      const found = { name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) };
      return [{ ...addresses, ports: [found] }];
    });
  });
  return repackSubsets(subsets);
}

type Labels = Readonly<Record<string, string>>;

function hasLabels(labels: Labels = {}, wanted: Labels = {}): boolean {
  const { [MANAGED_BY]: manager, [HEADLESS]: _headless, ...others } = labels;
  return manager === MANAGER && jsonEqual(others, wanted);
}

/** Whether nothing is to be written. */
export function isUpToDate(
  { metadata, subsets = [] }: Endpoints,
  service: Service,
  wanted: readonly EndpointSubset[],
): boolean {
  return (
    (jsonEqual(subsets, wanted) || jsonEqual(repackSubsets(subsets), wanted)) &&
    hasLabels(metadata.labels, service.metadata.labels) &&
    addressCount(subsets) <= MOST_ADDRESSES &&
    metadata.annotations?.[OVER_CAPACITY] === undefined
  );
}

/** The Endpoints of a Service as they are to be written. @param known as they are, if they are there */
export function endpointsFor(
  service: Stored<Service>,
  known: Stored<Endpoints> | undefined,
  subsets: readonly EndpointSubset[],
  triggerTime: string | undefined,
): Endpoints {
  const { namespace, name, labels: own = {} } = service.metadata;
  const {
    [TRIGGER_TIME]: _time,
    [OVER_CAPACITY]: _over,
    ...others
  } = known?.metadata.annotations ?? {};
  const truncated = truncateSubsets(subsets);
  const { [HEADLESS]: _headless, ...labels } = own;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...(known?.metadata ?? { name, ...(namespace === undefined ? {} : { namespace }) }),
      labels: {
        ...labels,
        ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
        [MANAGED_BY]: MANAGER,
      },
      annotations: {
        ...others,
        ...(triggerTime === undefined ? {} : { [TRIGGER_TIME]: triggerTime }),
        ...(truncated === subsets ? {} : { [OVER_CAPACITY]: 'truncated' }),
      },
    },
    subsets: truncated,
  };
}
