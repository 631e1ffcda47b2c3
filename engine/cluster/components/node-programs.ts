import type { NodeComponentHost } from '../../api/node-component.ts';
import type { UserInfo } from '../../api/user-info.ts';
import { within, type Clock } from '../../base/clock.ts';
import { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { nodeFitOf } from '../../controllers/daemonset/node-fit.ts';
import { httpServiceOf, type HttpHandler } from '../../http/index.ts';
import { exposeOnPort } from '../../rpc/rpc-client.ts';
import { ADMINISTRATOR, systemAccount } from '../cluster-users.ts';
import { runWorker, type WorkerProgram } from '../web-worker/worker-program.ts';
import type { ComponentWorkers } from './component-workers.ts';

/** Images of what runs on every node, by what their programs are called. */
export const NODE_IMAGES = {
  'kube-proxy': 'registry.k8s.io/kube-proxy:v1.37.2',
  'drydock-network': 'registry.k8s.io/drydock-network:v0.1.0',
} as const;
export type NodeProgram = keyof typeof NODE_IMAGES;

export type NodeWorkers = Readonly<Record<NodeProgram, ComponentWorkers<NodeComponentHost>>>;

/** What programs find on their node. */
export interface NodeSite {
  readonly workers: NodeWorkers;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** leads to the machine's `MachineService` */
  readonly openMachine: () => Promise<MessagePort>;
  /** the way to the API server as this user, from this machine */
  readonly api: (user: UserInfo) => HttpHandler;
  readonly clock: Clock;
}

/** Milliseconds; a program is killed when its Pod's grace period ends. */
const PATIENCE_MS = 3000;

/** The programs that every node has, by their containers' images. */
export function nodePrograms(site: NodeSite): Record<string, WorkerProgram> {
  return Object.fromEntries(
    Object.entries(NODE_IMAGES).map(([name, image]) => [
      image,
      nodeProgram(name as NodeProgram, site),
    ]),
  );
}

function nodeProgram(name: NodeProgram, site: NodeSite): WorkerProgram {
  const { workers, nodeName, nodeIp, openMachine, api } = site;
  return ({ argv, print }) =>
    runWorker({
      worker: workers[name].take(),
      print,
      async begin(service) {
        const port = exposeOnPort(httpServiceOf(api(systemAccount(name))));
        await service.start(await openMachine(), port, { nodeName, nodeIp, argv });
      },
      end: async (service) =>
        service.stop(
          await within(site.clock, PATIENCE_MS, isSwitchedOff(name, site)).catch(() => false),
        ),
    });
}

/**
 * Whether no DaemonSet wants it on this node any more. Then it leaves nothing behind, as if `kube-proxy --cleanup` had
 * been run; a Pod that is replaced, or whose node has lost the API server, leaves what it made to its successor.
 */
async function isSwitchedOff(
  name: NodeProgram,
  { api, nodeName, clock }: NodeSite,
): Promise<boolean> {
  const client = new Client({ transport: api(ADMINISTRATOR), clock, userAgent: 'drydock/1' });
  const node = await client.get(resources.nodes, { name: nodeName });
  try {
    const daemonSet = await client.get(resources.daemonSets, { namespace: 'kube-system', name });
    const isLeaving = daemonSet.metadata.deletionTimestamp !== undefined;
    return isLeaving || !nodeFitOf(daemonSet)(node).stays;
  } catch (error) {
    if (reasonOf(error) === 'NotFound') return true;
    throw error;
  }
}
