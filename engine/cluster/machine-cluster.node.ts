import type { HollowHost } from '../api/hollow.ts';
import type { UserInfo } from '../api/user-info.ts';
import { listenHttps, type HttpsServer } from '../apiserver/host/https-server.node.ts';
import type { Outbound } from '../apiserver/outbound/outbound.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import type { Transport } from '../client/transport.ts';
import { answerAsHollowKubelet, isHollowAddress } from '../hollow/hollow-kubelet.ts';
import { httpServiceOf } from '../http/index.ts';
import { listenHttp } from '../http/listen.node.ts';
import { repositoryDirectories } from '../machine/worker/guest-directories.node.ts';
import { nodeMachineHost } from '../machine/worker/node-machine-host.node.ts';
import { loadPreparedCluster } from './saved/prepared-cluster.ts';
import { settingsOf, type ClusterSettings, type SavedCluster } from './saved/saved-cluster.ts';
import type { ControlPlaneLinks } from './components/control-plane-links.ts';
import { MachineCluster, type MachineClusterOptions } from './machine-cluster.ts';
import { openNodeWorkerLab } from './node-lab.node.ts';
import { HOLLOW } from './cluster-users.ts';
import { KeptComponent } from './kept-component.ts';
import { nodeClusterHost } from './node-cluster-host.node.ts';
import { spawnComponents } from './node-components.node.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';

export interface NodeMachineClusterOptions extends Omit<
  MachineClusterOptions,
  'host' | 'lab' | 'elsewhere'
> {
  /** of 127.0.0.1, where the API server answers; 0 for any free one */
  readonly port: number;
  /** of 127.0.0.1, where the API of the simulated cloud answers; nowhere when absent */
  readonly cloudPort?: number;
  /** nodes beside the machines that only pretend */
  readonly hollow: number;
  /** milliseconds from a Pod's binding until a hollow node says it is ready */
  readonly hollowReadyAfter: number;
  /** Whether it goes on from the prepared cluster, where that is there and one with these settings; it does when absent. */
  readonly prepared?: boolean;
  /** told what it waits for, in words */
  readonly onProgress?: (text: string) => void;
}

/** A cluster of machines in worker threads of this process. */
export interface NodeMachineCluster {
  readonly cluster: MachineCluster;
  /** https://127.0.0.1:PORT */
  readonly url: string;
  /** of an administrator, from outside of the machines */
  readonly kubeconfig: string;
  readonly cloudUrl: string | undefined;
  transport(user: UserInfo): Transport;
  close(): Promise<void>;
}

/** The API server on a port of this computer, which is closed while none serves. */
class OutsideListener {
  readonly #links: ControlPlaneLinks;
  readonly #listen: (port: number) => Promise<HttpsServer>;
  #server: Promise<HttpsServer>;
  /** one change at a time */
  #changing: Promise<void> = Promise.resolve();

  constructor(
    links: ControlPlaneLinks,
    port: number,
    listen: (port: number) => Promise<HttpsServer>,
  ) {
    this.#links = links;
    this.#listen = listen;
    this.#server = listen(port);
  }

  /** Holds its port from the beginning, so that it is known. */
  async open(onError: (error: unknown) => void): Promise<number> {
    const { port } = await this.#server;
    this.#links.served.observe((isServed) => {
      this.#changing = this.#changing.then(() => this.#change(isServed, port)).catch(onError);
    });
    return port;
  }

  async close(): Promise<void> {
    await this.#changing;
    await (await this.#server).close();
  }

  async #change(isServed: boolean, port: number): Promise<void> {
    if (!isServed) await (await this.#server).close();
    else if (this.#wasClosed) this.#server = this.#listen(port);
    this.#wasClosed = !isServed;
    await this.#server;
  }

  #wasClosed = false;
}

/** Resolves when every node is ready. What has begun is ended when it fails. */
export async function startMachineCluster(
  options: NodeMachineClusterOptions,
): Promise<NodeMachineCluster> {
  const { port, cloudPort, hollow, prepared = true, onProgress = () => {}, onError } = options;
  const saved = options.saved ?? (prepared ? await loadPrepared(options) : undefined);
  const lab = openNodeWorkerLab();
  const cluster = new MachineCluster({
    ...options,
    ...(saved === undefined ? {} : { saved }),
    host: nodeClusterHost,
    lab,
    elsewhere: (host) => (isHollowAddress(host) ? hollowKubelet : undefined),
  });
  const closers: (() => Promise<void>)[] = [() => lab.close(), () => cluster.close()];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).toReversed()) await each();
  };
  try {
    const certificate = await cluster.serving();
    const outside = new OutsideListener(cluster.links, port, (wanted) =>
      listenHttps({
        port: wanted,
        certificate,
        handle: (request, connection) => cluster.links.handler(connection)(request),
        clock: systemClock,
        onError,
      }),
    );
    const opened = await outside.open(onError);
    closers.push(() => outside.close());
    let cloudUrl: string | undefined;
    if (cloudPort !== undefined) {
      const listener = await listenHttp(cloudPort, await cluster.cloud());
      closers.push(() => listener.close());
      cloudUrl = `http://127.0.0.1:${listener.port}`;
    }
    let told = '';
    cluster.onState((state) => {
      const text = describe(state);
      if (text !== told) onProgress(text);
      told = text;
    });
    await cluster.start();
    if (hollow > 0) {
      const nodes = await startHollowNodes(cluster, options);
      closers.push(() => nodes.close());
    }
    const url = `https://127.0.0.1:${opened}`;
    return {
      cluster,
      url,
      kubeconfig: await cluster.kubeconfig(url),
      cloudUrl,
      transport: (user) => cluster.transport(user),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function loadPrepared(settings: Partial<ClusterSettings>): Promise<SavedCluster | undefined> {
  const { source } = nodeMachineHost(repositoryDirectories);
  return loadPreparedCluster(source, settingsOf(settings));
}

/** Hollow kubelets listen nowhere: what they would answer is known here. */
const hollowKubelet: Outbound = (_peer, request) => Promise.resolve(answerAsHollowKubelet(request));

function startHollowNodes(
  cluster: MachineCluster,
  { hollow, hollowReadyAfter, onError }: NodeMachineClusterOptions,
): Promise<KeptComponent<HollowHost>> {
  return KeptComponent.start<HollowHost>({
    name: 'hollow nodes',
    spawn: spawnComponents.hollow,
    begin: (service) =>
      service.start(exposeOnPort(httpServiceOf(cluster.transport(HOLLOW))), {
        count: hollow,
        readyAfter: hollowReadyAfter,
      }),
    clock: systemClock,
    random: cryptoRandom,
    onError,
  });
}

function describe({ text, nodes }: ReturnType<MachineCluster['state']>): string {
  const states = nodes.map(({ name, machine, kubelet, ready }) => {
    if (ready === true) return `${name} is ready`;
    if (machine.kind === 'running' && kubelet !== 'absent') return `${name}: kubelet ${kubelet}`;
    return `${name}: machine ${machine.kind}`;
  });
  return `${text} (${states.join(', ')})`;
}
