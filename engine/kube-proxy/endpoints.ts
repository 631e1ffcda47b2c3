import type {
  Endpoint as SliceEndpoint,
  EndpointSlice,
} from '../objects/generated/discovery-v1.generated.ts';
import { parseIp, printIp } from '../objects/ip.ts';
import { portKey } from './service-ports.ts';

/** Where a Service's port may lead. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** on this node */
  readonly isLocal: boolean;
  /** ready and not about to end, or the Service publishes those that are not ready */
  readonly isReady: boolean;
  /** ready, also while it ends */
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** zones and nodes that it is meant for; any when empty */
  readonly zoneHints: ReadonlySet<string>;
  readonly nodeHints: ReadonlySet<string>;
}

export const SERVICE_LABEL = 'kubernetes.io/service-name';

export function printEndpoint({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return `${address}:${port}`;
}

/** Endpoints by the port that they belong to (`portKey`), each in the order of their texts, as upstream sorts them. */
export function endpointsOf(
  slices: readonly EndpointSlice[],
  nodeName: string,
): Map<string, readonly Endpoint[]> {
  const found = new Map<string, Map<string, Endpoint>>();
  for (const slice of slices.toSorted(byName)) {
    const name = slice.metadata.labels?.[SERVICE_LABEL];
    if (slice.addressType !== 'IPv4' || name === undefined || name === '') continue;
    for (const { name: port, port: number = 0, protocol = 'TCP' } of slice.ports ?? []) {
      if (port === undefined || number === 0) continue;
      const key = portKey({ namespace: slice.metadata.namespace ?? '', name, port, protocol });
      const endpoints = found.get(key) ?? new Map<string, Endpoint>();
      found.set(key, endpoints);
      for (const each of slice.endpoints ?? []) {
        const endpoint = endpointOf(each, number, nodeName);
        if (endpoint === undefined) continue;
        const text = printEndpoint(endpoint);
        // An address may be given again before the Pod that had it is gone: who ends gives way.
        if (!endpoints.has(text) || !endpoint.isTerminating) endpoints.set(text, endpoint);
      }
    }
  }
  return new Map(
    [...found].map(([key, endpoints]) => [
      key,
      [...endpoints].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each),
    ]),
  );
}

function endpointOf(
  { addresses, conditions = {}, hints = {}, nodeName }: SliceEndpoint,
  port: number,
  here: string,
): Endpoint | undefined {
  const address = parseIp(addresses[0] ?? '');
  if (address === undefined) return undefined;
  return {
    address: printIp(address),
    port,
    isLocal: nodeName === here,
    isReady: conditions.ready ?? true,
    isServing: conditions.serving ?? true,
    isTerminating: conditions.terminating ?? false,
    zoneHints: new Set((hints.forZones ?? []).map(({ name }) => name)),
    nodeHints: new Set((hints.forNodes ?? []).map(({ name }) => name)),
  };
}

const byName = (one: EndpointSlice, other: EndpointSlice) =>
  (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1;

/** How many addresses of each Service (`namespace/name`) are ready on this node. */
export function localReadyCounts(
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
): Map<string, number> {
  const addresses = new Map<string, Set<string>>();
  for (const [key, each] of endpoints) {
    const service = key.slice(0, key.indexOf(':'));
    const known = addresses.get(service) ?? new Set();
    addresses.set(service, known);
    for (const { isReady, isLocal, address } of each) if (isReady && isLocal) known.add(address);
  }
  return new Map([...addresses].map(([service, known]) => [service, known.size]));
}
