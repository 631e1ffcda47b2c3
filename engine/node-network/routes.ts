import type { Node } from '../objects/generated/core-v1.generated.ts';
import { parseCidr, parseIp } from '../objects/ip.ts';

/** Gateways by the range of addresses they lead to; none for what is asked for on the wire. */
export type Routes = ReadonlyMap<string, string | undefined>;

/** Routes of ours carry this number (`ip route show proto 104`), so that those of an earlier life are found again. */
const PROTOCOL = 104;
const DEVICE = 'eth0';
/**
 * The kernel looks for a way to an address before any rule makes another of it, and without one refuses addresses of
 * Services. The machines have no gateway; one that is given comes before this.
 */
const ANYWHERE = 'default';
const LAST_METRIC = 1024;

export const listCommand = ['ip', '-json', 'route', 'show', 'proto', String(PROTOCOL)];
/** Goes on after a line that fails, and tells of it at the end. */
export const batchCommand = ['ip', '-force', '-batch', '-'];

/** The ways from a node to the Pods of all others, and one of last resort. */
export function routesFrom(nodeName: string, nodes: readonly Node[]): Routes {
  const routes = new Map<string, string | undefined>([[ANYWHERE, undefined]]);
  for (const node of nodes) {
    if (node.metadata.name === nodeName) continue;
    const range = podCidrOf(node);
    const gateway = (node.status?.addresses ?? []).find(
      ({ type, address }) => type === 'InternalIP' && parseIp(address)?.bytes.length === 4,
    );
    if (range !== undefined && gateway !== undefined) routes.set(range, gateway.address);
  }
  return routes;
}

/** The IPv4 range that a node's Pods have their addresses from. */
export function podCidrOf({ spec }: Node): string | undefined {
  const ranges = spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR]);
  return ranges.find((range) => parseCidr(range)?.network.bytes.length === 4);
}

/** Lines for `ip -batch -`; empty when there is nothing to do. */
export function routeScript(from: Routes, to: Routes): string {
  const gone = [...from.keys()].filter((range) => !to.has(range));
  const wanted = [...to].filter(
    ([range, gateway]) => !from.has(range) || from.get(range) !== gateway,
  );
  return [
    ...gone.map((range) => `route del ${range} proto ${PROTOCOL}\n`),
    ...wanted.map(([range, gateway]) => `route replace ${range} ${wayOver(gateway)}\n`),
  ].join('');
}

function wayOver(gateway: string | undefined): string {
  // `onlink`: what the kernel thinks of one gateway must not keep it from taking the others.
  return gateway === undefined
    ? `dev ${DEVICE} metric ${LAST_METRIC} proto ${PROTOCOL}`
    : `via ${gateway} dev ${DEVICE} onlink proto ${PROTOCOL}`;
}

/** What `listCommand` printed. */
export function parseRoutes(text: string): Routes {
  const routes = JSON.parse(text === '' ? '[]' : text) as readonly {
    readonly dst?: string;
    readonly gateway?: string;
  }[];
  return new Map(routes.flatMap(({ dst, gateway }) => (dst === undefined ? [] : [[dst, gateway]])));
}
