import type { TrafficEntry } from '../../../engine/api/api-traffic.ts';

/** A program that speaks with the API server, as a box of the map. */
export interface Station {
  /** `worker-1/kubelet`, or the program's name where there is one of it */
  readonly id: string;
  readonly name: string;
  /** the node it belongs to; the others stand above the API server */
  readonly node?: string;
}

/** What is known of a node. */
export interface StationNode {
  readonly name: string;
  readonly ip: string;
  readonly role: 'control-plane' | 'worker';
}

export const ETCD = 'etcd';
/** What stands above the API server in every cluster, in this order. */
export const CONTROL_PLANE = [
  ETCD,
  'kube-scheduler',
  'kube-controller-manager',
  'cloud-controller-manager',
] as const;
/** What runs beside or on each node, and is shown there. */
export const OF_NODE = ['kubelet', 'kube-proxy', 'drydock-network'] as const;

const ON_NODE: ReadonlySet<string> = new Set([...OF_NODE, 'metrics-server']);
/** The page itself: its dashboard, its editor, its lessons, and what it knows of nodes. */
const PAGE = /^drydock(?:-dashboard|-editor|-lesson)?$/;

/** Which program is at the other end. */
export function stationOf(entry: TrafficEntry, nodes: readonly StationNode[]): Station {
  if (entry.kind === 'etcd') return { id: ETCD, name: ETCD };
  const { agent, user, address } = entry.client;
  const name = agent.split(/[/ ]/, 1)[0] || user || 'unknown';
  if (!ON_NODE.has(name)) return { id: name, name };
  const node =
    /^system:node:(.+)$/.exec(user)?.[1] ??
    nodes.find(({ ip, role }) =>
      address === '127.0.0.1' ? role === 'control-plane' : ip === address,
    )?.name;
  return node === undefined ? { id: name, name } : { id: `${node}/${name}`, name, node };
}

/** Whether it is this page that asks, and not a part of the cluster. */
export function isPage({ name }: Station): boolean {
  return PAGE.test(name);
}
