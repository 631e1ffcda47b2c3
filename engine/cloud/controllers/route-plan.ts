import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { contains, parseCidr } from '../../objects/ip.ts';
import type { Route } from '../simulator/cloud-state.ts';

export interface RoutePlan {
  readonly create: readonly Omit<Route, 'id'>[];
  readonly remove: readonly Route[];
}

/** Whether a route is for addresses of Pods. Others are not this cluster's. */
function isOurs({ destinationCidr }: Route, clusterCidrs: readonly string[]): boolean {
  const destination = parseCidr(destinationCidr);
  if (destination === undefined) return false;
  return clusterCidrs.some((text) => {
    const cidr = parseCidr(text);
    return cidr !== undefined && contains(cidr, destination.network);
  });
}

/** A route to each Node for the addresses of its Pods, and no others. */
export function planRoutes(
  nodes: readonly Node[],
  routes: readonly Route[],
  clusterCidrs: readonly string[],
): RoutePlan {
  const keyOf = ({ machine, destinationCidr }: Omit<Route, 'id'>): string =>
    `${machine} ${destinationCidr}`;
  const wanted = nodes.flatMap(({ metadata, spec }) =>
    (spec.podCIDRs ?? []).map((destinationCidr) => ({
      machine: metadata.name ?? '',
      destinationCidr,
    })),
  );
  const wantedKeys = new Set(wanted.map(keyOf));
  const known = new Set(routes.map(keyOf));
  return {
    create: wanted.filter((route) => !known.has(keyOf(route))),
    remove: routes.filter((route) => isOurs(route, clusterCidrs) && !wantedKeys.has(keyOf(route))),
  };
}
