import type { ClusterNodeState, ComponentState } from '../../api/cluster.ts';
import type { KubeletNode, KubeletService } from '../../api/kubelet.ts';
import type { UserInfo } from '../../api/user-info.ts';
import { handlerOver, httpServiceOf, type HttpHandler } from '../../http/index.ts';
import { exposeOnPort } from '../../rpc/rpc-client.ts';
import { kubeletUser } from '../cluster-users.ts';
import type { ClusterHost } from '../cluster-host.ts';
import type { WorkerProgram } from '../web-worker/worker-program.ts';
import { KeptComponent } from '../kept-component.ts';
import type { HubKeeper } from '../hub-keeper.ts';
import type { WorkerLabMachine } from '../lab-machine.ts';
import { Observable } from '../observable.ts';
import { NodeLog } from '../web-worker/node-log.ts';
import { WebWorkerRuntime, type WebWorkerRecords } from '../web-worker/web-worker-runtime.ts';
import type { NodeFiles } from './node-files.ts';
import { putNodeFiles } from './node-files.ts';
import { Way } from './way.ts';

export interface ClusterNodeOptions {
  readonly host: ClusterHost;
  readonly hub: Pick<HubKeeper, 'openPort'>;
  readonly name: string;
  readonly ip: string;
  readonly role: ClusterNodeState['role'];
  readonly labels: KubeletNode['labels'];
  readonly taints: KubeletNode['taints'];
  /** what a new machine finds in its file system before its kubelet starts */
  readonly files: Promise<NodeFiles>;
  /** what goes on beside its first machine, which was saved with it and has its files */
  readonly webWorkers?: WebWorkerRecords;
  readonly programs: (machine: WorkerLabMachine) => Record<string, WorkerProgram>;
  /** the way to the API server as this user, from this node */
  readonly api: (user: UserInfo) => HttpHandler;
  readonly onError: (error: unknown) => void;
}

/** One life of the node's machine. */
interface Life {
  readonly machine: WorkerLabMachine;
  readonly over: AbortController;
  runtime?: WebWorkerRuntime;
  kubelet?: KeptComponent<KubeletService>;
}

type View = Pick<ClusterNodeState, 'machine' | 'kubelet' | 'components'>;

const KUBELET_LOG = '/var/log/kubelet.log';

const ABSENT: View = { machine: { kind: 'stopped' }, kubelet: 'absent', components: [] };

/**
 * A node of a cluster: its machine, the worker of its kubelet, and the workers that are containers of it. The
 * kubelet is started again when its worker dies, as long as the machine lives; a new machine gets a new one.
 */
export class ClusterNode {
  readonly view = new Observable<View>(ABSENT);
  /** between it and the API server's machine */
  readonly way = new Way();
  readonly #options: ClusterNodeOptions;
  #life: Life | undefined;
  #hadKubelet = false;
  /** until its first machine is there */
  #restored: WebWorkerRecords | undefined;

  constructor(options: ClusterNodeOptions) {
    this.#options = options;
    this.#restored = options.webWorkers;
  }

  get name(): string {
    return this.#options.name;
  }

  get ip(): string {
    return this.#options.ip;
  }

  get role(): ClusterNodeState['role'] {
    return this.#options.role;
  }

  /** Whether it has a machine, and that machine runs. */
  get isAlive(): boolean {
    return this.view.value.machine.kind === 'running';
  }

  /** @throws Error while there is none */
  get machine(): WorkerLabMachine {
    if (this.#life === undefined) throw new Error(`The node ${this.name} has no machine.`);
    return this.#life.machine;
  }

  /** What its kubelet answers on its port. */
  readonly kubelet: HttpHandler = (request) => {
    const { kubelet } = this.#life ?? {};
    if (kubelet === undefined)
      throw new Error(`dial tcp ${this.ip}:10250: connect: connection refused`);
    return handlerOver({ request: (sent) => kubelet.service.request(sent) })(request);
  };

  /** For a machine that is about to be saved: what belongs to it is in it when this resolves. */
  async flush(): Promise<void> {
    await this.#life?.kubelet?.service.flush();
  }

  /** What goes on beside its machine. */
  webWorkers(): WebWorkerRecords {
    return this.#life?.runtime?.records() ?? { sandboxes: [], containers: [] };
  }

  /** Takes up this machine, in place of the one before. */
  attach(machine: WorkerLabMachine): void {
    if (this.#life?.machine === machine) return;
    this.#end();
    const life: Life = { machine, over: new AbortController() };
    this.#life = life;
    const onMachine = (): void => {
      const state = machine.state();
      this.#show({ machine: state });
      if (state.kind === 'stopped' || state.kind === 'failed') this.#end();
    };
    const stop = machine.onState(onMachine);
    life.over.signal.addEventListener('abort', stop);
    onMachine();
    this.#begin(life).catch((error: unknown) => {
      if (life.over.signal.aborted) return;
      this.#show({ kubelet: 'failed' });
      this.#options.onError(error);
    });
  }

  /** The cluster ends. Its machine is its lab's. */
  async close(): Promise<void> {
    const { kubelet } = this.#life ?? {};
    this.#end();
    await kubelet?.close();
  }

  async #begin(life: Life): Promise<void> {
    const { host, hub, name, ip, labels, taints, files, programs, api, onError } = this.#options;
    const { machine, over } = life;
    const { clock, random } = host;
    const runtime = new WebWorkerRuntime({
      programs: programs(machine),
      agent: { writeFile: async (...file) => (await machine.agent()).writeFile(...file) },
      clock,
      random,
    });
    life.runtime = runtime;
    runtime.containerEvents(() => this.#show({ components: componentsOf(runtime) }));
    const restored = this.#restored;
    this.#restored = undefined;
    // It need not wait for the machine.
    if (restored !== undefined) runtime.restore(restored);
    const agent = await machine.agent();
    if (restored === undefined) await putNodeFiles(agent, await files);
    if (over.signal.aborted) return;
    this.#show({ kubelet: 'starting', components: componentsOf(runtime) });
    const log = new NodeLog(agent, clock, KUBELET_LOG, 'plain');
    const kubelet = await KeptComponent.start<KubeletService>({
      name: `kubelet of ${name}`,
      spawn: () => host.spawnKubelet(),
      begin: async (service) => {
        const again = this.#hadKubelet;
        this.#hadKubelet = true;
        await service.watchLog((lines) => log.write(lines));
        await service.start(
          await machine.openPort(),
          exposeOnPort(httpServiceOf(api(kubeletUser(name)))),
          exposeOnPort(runtime),
          () => hub.openPort(),
          { name, ip, labels, taints, again },
        );
      },
      clock,
      random,
      onError,
      mayDieAtOnce: true,
      signal: over.signal,
    });
    if (over.signal.aborted) {
      await kubelet.close();
      return;
    }
    life.kubelet = kubelet;
    this.#show({ kubelet: 'running' });
  }

  /** The machine has gone, and with it what ran on it. */
  #end(): void {
    const life = this.#life;
    if (life === undefined || life.over.signal.aborted) return;
    life.over.abort();
    life.runtime?.dispose();
    void life.kubelet?.close();
    this.#show({ kubelet: 'absent', components: [] });
  }

  #show(part: Partial<View>): void {
    this.view.set({ ...this.view.value, ...part });
  }
}

function componentsOf(runtime: WebWorkerRuntime): readonly ComponentState[] {
  return runtime.containers().map(({ name, state, startedAt }) => ({
    name,
    running: state === 'CONTAINER_RUNNING',
    startedAt,
  }));
}
