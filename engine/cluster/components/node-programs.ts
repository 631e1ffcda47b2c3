import type { NodeComponentHost } from '../../api/node-component.ts';
import type { UserInfo } from '../../api/user-info.ts';
import { systemAccount } from '../cluster-users.ts';
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
  /** leads to the API server's `HttpService`, from this machine */
  readonly openPort: (user: UserInfo) => MessagePort;
}

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
  const { workers, nodeName, nodeIp, openMachine, openPort } = site;
  return ({ argv, print }) =>
    runWorker({
      worker: workers[name].take(),
      print,
      async begin(service) {
        await service.start(await openMachine(), openPort(systemAccount(name)), {
          nodeName,
          nodeIp,
          argv,
        });
      },
      end: (service) => service.stop(),
    });
}
