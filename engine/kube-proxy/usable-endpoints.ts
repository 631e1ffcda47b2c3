import type { Endpoint } from './endpoints.ts';
import { printEndpoint } from './endpoints.ts';
import { usesClusterEndpoints, usesLocalEndpoints, type ServicePort } from './service-ports.ts';

/** What a port uses on one node, by its policies. */
export interface UsableEndpoints {
  /** for traffic under the policy `Cluster` */
  readonly cluster: readonly Endpoint[];
  /** for traffic under the policy `Local` */
  readonly local: readonly Endpoint[];
  /** both together */
  readonly reachable: readonly Endpoint[];
  /** somewhere in the cluster there is one, though perhaps out of this node's reach */
  readonly exist: boolean;
}

const drains = ({ isServing, isTerminating }: Endpoint) => isServing && isTerminating;

/**
 * The endpoints that a port uses on a node: those that are ready, else those that still serve while
 * they end, for either policy by itself. Follows upstream's `CategorizeEndpoints`.
 */
export function usableEndpoints(
  port: ServicePort,
  endpoints: readonly Endpoint[],
  place: { readonly nodeName: string; readonly zone: string },
): UsableEndpoints {
  const fits = usesClusterEndpoints(port) ? hinted(endpoints, place) : undefined;
  const cluster = usesClusterEndpoints(port)
    ? readyOrDraining(endpoints, (endpoint) => fits?.(endpoint) ?? true)
    : [];
  if (!usesLocalEndpoints(port))
    return { cluster, local: [], reachable: cluster, exist: cluster.length > 0 };
  const local = readyOrDraining(
    endpoints.filter(({ isLocal }) => isLocal),
    () => true,
  );
  const exist = endpoints.some((endpoint) => endpoint.isReady || drains(endpoint));
  const reachable = new Map([...cluster, ...local].map((each) => [printEndpoint(each), each]));
  return { cluster, local, reachable: [...reachable.values()], exist };
}

function readyOrDraining(
  endpoints: readonly Endpoint[],
  fits: (endpoint: Endpoint) => boolean,
): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.isReady && fits(endpoint));
  return ready.length > 0 ? ready : endpoints.filter(drains);
}

/**
 * Which endpoints are meant for this node, if hints say so: all that are ready must have one, and one must be
 * for here. Hints for nodes come before those for zones.
 */
function hinted(
  endpoints: readonly Endpoint[],
  { nodeName, zone }: { readonly nodeName: string; readonly zone: string },
): ((endpoint: Endpoint) => boolean) | undefined {
  const ready = endpoints.filter(({ isReady }) => isReady);
  if (ready.length === 0) return undefined;
  const forNode = ({ nodeHints }: Endpoint) => nodeHints.has(nodeName);
  if (ready.every(({ nodeHints }) => nodeHints.size > 0) && ready.some(forNode)) return forNode;
  const forZone = ({ zoneHints }: Endpoint) => zoneHints.has(zone);
  if (ready.every(({ zoneHints }) => zoneHints.size > 0) && ready.some(forZone)) return forZone;
  return undefined;
}
