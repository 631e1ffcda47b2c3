import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import { ZONE } from './pod-endpoint.ts';

/** How much more than its share of traffic a zone's endpoints may get before hints change: 20 %. */
const OVERLOAD = 0.2;

/** The part of all CPUs that each zone has; undefined when it is not known, or there is only one zone. */
export type ZoneShares = ReadonlyMap<string, number>;

/** How many endpoints a zone is to have. */
export interface Allocation {
  readonly least: number;
  readonly most: number;
  readonly wanted: number;
}

const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

export function isNodeReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** From the ready Nodes that are not of the control plane. */
export function zoneShares(nodes: readonly Node[]): ZoneShares | undefined {
  const cpus = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    const { labels = {} } = node.metadata;
    if (CONTROL_PLANE.some((label) => label in labels) || !isNodeReady(node)) continue;
    const zone = labels[ZONE] ?? '';
    const cpu = Quantity.parse(node.status?.allocatable?.['cpu'] ?? '0').milliValue();
    if (zone === '' || cpu === 0) return undefined;
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  if (cpus.size < 2) return undefined;
  return new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]));
}

/** Fewer than which a zone would be overloaded. */
const leastOf = (share: number, endpoints: number): number =>
  Math.ceil(share * endpoints * (1 / (1 + OVERLOAD)));

/** Shares endpoints out among zones, or says why that cannot be done. */
export function allocate(
  shares: ZoneShares | undefined,
  endpoints: number,
): ReadonlyMap<string, Allocation> | string {
  if (shares === undefined)
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  const counts = `(${endpoints} endpoints, ${shares.size} zones)`;
  if (shares.size > endpoints) return `Insufficient number of endpoints ${counts}`;
  const leasts = [...shares.values()].map((share) => leastOf(share, endpoints));
  const total = leasts.reduce((sum, least) => sum + least, 0);
  if (total > endpoints)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  return new Map(
    [...shares].map(([zone, share]) => {
      const least = leastOf(share, endpoints);
      const most = least + endpoints - total;
      return [zone, { least, most, wanted: Math.max(share * endpoints, least) }];
    }),
  );
}

/** Whether some zone has fewer endpoints than it has to have. @param hinted endpoints by the zone they are hinted to */
export function isOverloaded(
  hinted: ReadonlyMap<string, number>,
  shares: ZoneShares | undefined,
): boolean {
  if (hinted.size === 0) return false;
  if (shares === undefined) return true;
  const total = [...hinted.values()].reduce((sum, count) => sum + count, 0);
  return [...shares].some(([zone, share]) => {
    const count = hinted.get(zone);
    return count === undefined || count < leastOf(share, total);
  });
}

function most(zones: ReadonlyMap<string, number>): readonly [string, number] {
  return [...zones].reduce((best, zone) => (zone[1] > best[1] ? zone : best), ['', 0] as const);
}

/** How many endpoints zones that have too many have to give, and how many the others get. */
export function transfers(
  allocations: ReadonlyMap<string, Allocation>,
  hinted: ReadonlyMap<string, number>,
): { readonly giving: Map<string, number>; readonly receiving: Map<string, number> } {
  const surplus = new Map<string, number>();
  const lack = new Map<string, number>();
  for (const [zone, { wanted }] of allocations) {
    const over = (hinted.get(zone) ?? 0) - wanted;
    if (over > 0) surplus.set(zone, over);
    else if (over < 0) lack.set(zone, -over);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [giver, give] = most(surplus);
    const [receiver, receive] = most(lack);
    // One of both has to be a whole endpoint, and the other half of one.
    if (Math.max(give, receive) < 1 || Math.min(give, receive) < 0.5) break;
    giving.set(giver, (giving.get(giver) ?? 0) + 1);
    surplus.set(giver, give - 1);
    receiving.set(receiver, (receiving.get(receiver) ?? 0) + 1);
    lack.set(receiver, receive - 1);
  }
  return { giving, receiving };
}
