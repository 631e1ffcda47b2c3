import { systemClock } from '../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { startMachine } from '../../../engine/machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../../../engine/machine/worker/node-machine.node.ts';
import { ContainerRuntime } from '../../../engine/runtime/container-runtime.ts';
import { CriRuntime } from '../../../engine/runtime/cri/cri-runtime.ts';
import type {
  ContainerStatus,
  CriContainerConfig,
  PodSandboxConfig,
} from '../../../engine/runtime/cri/types.ts';
import type { HostSide } from './runtimes.ts';

/** The network of Pods as `drydock` reads it, with ports of the machine. */
const NETWORK = {
  cniVersion: '1.0.0',
  name: 'drydock',
  plugins: [
    {
      type: 'drydock',
      ipam: { subnet: '10.244.1.0/24' },
      capabilities: { portMappings: true },
    },
  ],
};

/** What a worker has of what is outside of it: after its end it asks for nothing, and is told of nothing. */
function heldBy<T extends object>(
  life: AbortSignal,
  outside: T,
  onCalled: (...parameters: unknown[]) => void = () => {},
): T {
  return new Proxy(outside, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]): unknown => {
        if (life.aborted) return new Promise<never>(() => {});
        const answer: unknown = value.apply(target, parameters);
        onCalled(...parameters);
        if (!(answer instanceof Promise)) return answer;
        return new Promise((resolve, reject) => {
          answer.then(
            (result) => life.aborted || resolve(result),
            (error: unknown) => life.aborted || reject(error as Error),
          );
        });
      };
    },
  });
}

/** A node with a runtime on it that speaks the CRI. */
export class TestNode {
  readonly agent: AgentClient;
  /** of the worker */
  #life = new AbortController();
  readonly #host: HostSide;
  readonly #machine: Awaited<ReturnType<typeof startMachine>>;
  /** as the worker has it */
  workerAgent: AgentClient;
  #killAt: { readonly op: string; readonly killed: () => void } | undefined;
  #runtime: ContainerRuntime;
  cri: CriRuntime;

  private constructor(
    host: HostSide,
    machine: Awaited<ReturnType<typeof startMachine>>,
    agent: AgentClient,
  ) {
    this.#host = host;
    this.#machine = machine;
    this.agent = agent;
    [this.#runtime, this.cri, this.workerAgent] = this.#open();
  }

  static async start(host: HostSide): Promise<TestNode> {
    const machine = await startMachine(spawnNodeMachine(), {
      profile: 'node',
      hostname: 'worker-1',
      address: '10.0.0.12/24',
      start: { kind: 'restore' },
    });
    const node = new TestNode(host, machine, new AgentClient(machine.service));
    await node.cri.recover();
    return node;
  }

  /** Ends the worker that the runtime is in, whatever it is doing. */
  kill(): void {
    this.#life.abort();
  }

  /** Ends it once it has asked the machine's agent for this, before it has the answer. */
  killedAt(op: string): Promise<void> {
    return new Promise((resolve) => {
      this.#killAt = {
        op,
        killed: () => {
          this.kill();
          resolve();
        },
      };
    });
  }

  /** Another worker beside the same machine, after a crash of the first. */
  async restart(): Promise<void> {
    this.kill();
    this.#life = new AbortController();
    [this.#runtime, this.cri, this.workerAgent] = this.#open();
    await this.cri.recover();
  }

  async connect(): Promise<void> {
    await this.agent.writeFile('/etc/cni/net.d/10-drydock.conflist', JSON.stringify(NETWORK), {
      makeParents: true,
    });
  }

  async sh(command: string): Promise<string> {
    const { exit, stdout, stderr } = await this.agent.call('run', { argv: ['sh', '-c', command] });
    if (exit.code !== 0) throw new Error(`${command} ended with ${exit.code}: ${stderr}`);
    return stdout.trim();
  }

  async instructions(): Promise<number> {
    return (await this.#machine.service.metrics()).instructions;
  }

  /** Creates and starts a container. */
  async run(sandbox: string, pod: PodSandboxConfig, config: CriContainerConfig): Promise<string> {
    const id = await this.cri.createContainer(sandbox, config, pod);
    await this.cri.startContainer(id);
    return id;
  }

  /** Waits for a container's end. */
  ended(id: string): Promise<ContainerStatus> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        this.cri.containerStatus(id).then((status) => {
          if (status.state !== 'CONTAINER_EXITED') return;
          subscription.dispose();
          resolve(status);
        }, reject);
      };
      const subscription = this.cri.containerEvents(look);
      look();
    });
  }

  /** What there is of Pods in the machine: nothing when all have been removed, or somebody forgets something. */
  traces(): Promise<string> {
    const places =
      '/run/drydock/netns /run/drydock/utsns /run/drydock/ipcns /run/drydock/shm /run/drydock/sandboxes ' +
      '/run/drydock/pods /run/drydock/tasks /var/lib/cni/results /var/lib/drydock/containers';
    return this.sh(
      [
        `find ${places} -mindepth 1 -maxdepth 1`,
        'find /var/lib/cni/networks/drydock -name "[0-9]*"',
        "grep -E '(netns|utsns|ipcns|shm|containers)/[0-9a-f]{64}' /proc/self/mountinfo",
        'ls /sys/class/net | grep veth',
        'find /sys/fs/cgroup -type d | grep -E "/[0-9a-f]{64}$"',
        'true',
      ].join('; '),
    );
  }

  async end(): Promise<void> {
    await this.#runtime.close();
    await this.#machine.destroy();
  }

  #open(): [ContainerRuntime, CriRuntime, AgentClient] {
    const { signal } = this.#life;
    const machine = heldBy(signal, this.#machine.service, (op) => {
      const killAt = this.#killAt;
      if (killAt === undefined || op !== killAt.op) return;
      this.#killAt = undefined;
      killAt.killed();
    });
    const agent = new AgentClient(machine);
    const options = { agent, clock: systemClock, random: cryptoRandom };
    const runtime = new ContainerRuntime({
      ...this.#host,
      ...options,
      storage: heldBy(signal, this.#host.storage),
      machine,
      name: 'worker-1',
    });
    return [runtime, new CriRuntime({ ...options, runtime }), agent];
  }
}

/** A Pod `name`; its cgroup is to be made by whoever is its kubelet. */
export function pod(name: string, changes: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  return {
    metadata: { name, uid: `uid-of-${name}`, namespace: 'default', attempt: 0 },
    hostname: name,
    logDirectory: `/var/log/pods/default_${name}_uid-of-${name}`,
    dns: { servers: ['10.96.0.10'], searches: ['default.svc.cluster.local'], options: ['ndots:5'] },
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent: `/kubepods/burstable/pod${name}`,
    sysctls: {},
    namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
    ...changes,
  };
}

export function podContainer(
  name: string,
  image: string,
  command: readonly string[],
  changes: Partial<CriContainerConfig> = {},
): CriContainerConfig {
  return {
    metadata: { name, attempt: 0 },
    image,
    userSpecifiedImage: name,
    command,
    args: [],
    envs: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: `${name}/0.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    securityContext: {
      addCapabilities: [],
      dropCapabilities: [],
      privileged: false,
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      supplementalGroups: [],
      readonlyRootfs: false,
      noNewPrivileges: false,
      seccomp: { profileType: 'RuntimeDefault' },
    },
    ...changes,
  };
}
