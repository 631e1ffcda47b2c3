import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import {
  CriError,
  type ContainerEvent,
  type ContainerStats,
  type ContainerStatus,
  type Cri,
  type CriContainer,
  type CriContainerConfig,
  type CriContainerState,
  type CriImage,
  type LinuxContainerResources,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxStats,
  type PodSandboxStatus,
  type RuntimeCondition,
} from '../../runtime/cri/types.ts';
import { NodeLog } from './node-log.ts';
import { webWorkerId, webWorkerImage } from './web-worker-images.ts';
import type { RunningProgram, WorkerProgram } from './worker-program.ts';

/** Handler of RuntimeClass `web-worker`. */
export const WEB_WORKER = 'web-worker';

interface Sandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly createdAt: number;
  ready: boolean;
}

interface Container {
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly config: CriContainerConfig;
  readonly createdAt: number;
  readonly logPath: string;
  resources: LinuxContainerResources;
  state: CriContainerState;
  startedAt?: number;
  finishedAt?: number;
  exitCode?: number;
  program?: RunningProgram;
}

/** Sandboxes and containers as they are saved. JSON-safe. */
export interface WebWorkerRecords {
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly (Omit<Container, 'sandbox' | 'program'> & {
    readonly podSandboxId: string;
  })[];
}

export interface WebWorkerRuntimeOptions {
  /** by image, with its tag */
  readonly programs: Readonly<Record<string, WorkerProgram>>;
  /** of the node, which keeps the logs */
  readonly agent: Pick<AgentClient, 'writeFile'>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A container runtime whose containers are workers beside the machine: for programs of ours that are part of
 * a cluster. Kubelets start and stop them as they do all others, and their logs are files of the node. What
 * has no meaning for a worker (namespaces, cgroups, volumes, environment, exec) is left out: it shares nothing with the node.
 */
export class WebWorkerRuntime implements Cri {
  readonly #options: WebWorkerRuntimeOptions;
  readonly #images: readonly CriImage[];
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, Container>();
  readonly #events = new Emitter<ContainerEvent>();
  readonly containerEvents = this.#events.event;
  #watching: Disposable | undefined;

  constructor(options: WebWorkerRuntimeOptions) {
    this.#options = options;
    this.#images = Object.keys(options.programs).map(webWorkerImage);
  }

  /** What there is, for `restore`. */
  records(): WebWorkerRecords {
    return {
      sandboxes: [...this.#sandboxes.values()].map((sandbox) => ({ ...sandbox })),
      containers: [...this.#containers.values()].map((container) => {
        const { sandbox, ...rest } = container;
        delete rest.program;
        return { ...rest, podSandboxId: sandbox.id };
      }),
    };
  }

  /** Goes on as the runtime that gave the records. What ran there runs again, as the same containers: nobody sees an end. */
  restore({ sandboxes, containers }: WebWorkerRecords): void {
    for (const sandbox of sandboxes) this.#sandboxes.set(sandbox.id, { ...sandbox });
    for (const { podSandboxId, ...rest } of containers) {
      const container: Container = { ...rest, sandbox: this.#sandbox(podSandboxId) };
      this.#containers.set(container.id, container);
      if (container.state === 'CONTAINER_RUNNING') this.#run(container);
    }
  }

  /** Tells a kubelet in another worker what happens from now on, and no longer the one before it. */
  watchEvents(listener: (event: ContainerEvent) => void): Promise<void> {
    this.#watching?.dispose();
    // One that has died is told in vain.
    this.#watching = this.#events.event((event) => {
      Promise.resolve(listener(event)).catch(() => {});
    });
    return Promise.resolve();
  }

  /** The newest of each name, as they are now. */
  containers(): readonly {
    readonly name: string;
    readonly state: CriContainerState;
    readonly startedAt: number | undefined;
  }[] {
    const newest = new Map<string, Container>();
    for (const container of this.#containers.values())
      newest.set(container.config.metadata.name, container);
    return [...newest].map(([name, { state, startedAt }]) => ({ name, state, startedAt }));
  }

  /** The machine is gone, and with it everything that ran there. Nobody is told. */
  dispose(): void {
    this.#events.dispose();
    for (const { program } of this.#containers.values()) program?.kill();
    this.#containers.clear();
    this.#sandboxes.clear();
  }

  version() {
    return Promise.resolve({
      runtimeName: 'drydock',
      runtimeVersion: '0.1.0',
      runtimeApiVersion: 'v1',
    });
  }

  status(): Promise<readonly RuntimeCondition[]> {
    const ready = (type: RuntimeCondition['type']): RuntimeCondition => ({
      type,
      status: true,
      reason: '',
      message: '',
    });
    return Promise.resolve([ready('RuntimeReady'), ready('NetworkReady')]);
  }

  updateRuntimeConfig(): Promise<void> {
    return Promise.resolve();
  }

  runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const id = this.#newId();
    const sandbox = { id, config, createdAt: this.#now(), ready: true };
    this.#sandboxes.set(id, sandbox);
    this.#tell('CONTAINER_STARTED_EVENT', sandbox, id);
    return Promise.resolve(id);
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    for (const container of this.#containersOf(id)) await this.stopContainer(container.id, 0);
    if (!sandbox.ready) return;
    sandbox.ready = false;
    this.#tell('CONTAINER_STOPPED_EVENT', sandbox, id);
  }

  async removePodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    await this.stopPodSandbox(id);
    for (const container of this.#containersOf(id)) await this.removeContainer(container.id);
    this.#sandboxes.delete(id);
    this.#tell('CONTAINER_DELETED_EVENT', sandbox, id);
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    const sandbox = this.#sandbox(id);
    const { namespaces } = sandbox.config;
    return { ...describeSandbox(sandbox), additionalIps: [], namespaces };
  }

  listPodSandbox(): Promise<readonly PodSandbox[]> {
    return Promise.resolve([...this.#sandboxes.values()].map(describeSandbox));
  }

  async createContainer(podSandboxId: string, config: CriContainerConfig): Promise<string> {
    const sandbox = this.#sandbox(podSandboxId);
    const id = this.#newId();
    if (this.#program(config) === undefined)
      throw new CriError('NOT_FOUND', `no worker runs the image ${config.userSpecifiedImage}`);
    this.#containers.set(id, {
      id,
      sandbox,
      config,
      createdAt: this.#now(),
      logPath: `${sandbox.config.logDirectory}/${config.logPath}`,
      resources: config.resources,
      state: 'CONTAINER_CREATED',
    });
    this.#tell('CONTAINER_CREATED_EVENT', sandbox, id);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    if (container.state !== 'CONTAINER_CREATED')
      throw new CriError('FAILED_PRECONDITION', `container ${id} is in state ${container.state}`);
    this.#run(container);
    container.state = 'CONTAINER_RUNNING';
    container.startedAt = this.#now();
    this.#tell('CONTAINER_STARTED_EVENT', container.sandbox, id);
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    const container = this.#containers.get(id);
    const program = container?.program;
    if (container === undefined || program === undefined) return;
    const ended = new AbortController();
    void program.exited.then(() => ended.abort());
    if (timeoutSeconds > 0) {
      program.terminate();
      await sleep(this.#options.clock, timeoutSeconds * 1000, ended.signal).catch(() => {});
    }
    program.kill();
    this.#exited(container, await program.exited);
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    await this.stopContainer(id, 0);
    this.#containers.delete(id);
    this.#tell('CONTAINER_DELETED_EVENT', container.sandbox, id);
  }

  listContainers(): Promise<readonly CriContainer[]> {
    return Promise.resolve([...this.#containers.values()].map(describeContainer));
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    const container = this.#container(id);
    const { config, logPath, resources, startedAt, finishedAt, exitCode } = container;
    return {
      ...describeContainer(container),
      userSpecifiedImage: config.userSpecifiedImage,
      logPath,
      mounts: config.mounts,
      resources,
      pid: 0,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
      ...(exitCode === undefined
        ? {}
        : { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' }),
    };
  }

  async updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void> {
    this.#container(id).resources = resources;
  }

  /** Each write opens the file by its name. */
  async reopenContainerLog(id: string): Promise<void> {
    this.#container(id);
  }

  execSync(): Promise<never> {
    return Promise.reject(noProcesses());
  }

  exec(): Promise<never> {
    return Promise.reject(noProcesses());
  }

  attach(): Promise<never> {
    return Promise.reject(noProcesses());
  }

  portForward(): Promise<never> {
    return Promise.reject(noProcesses());
  }

  async containerStats(id: string): Promise<ContainerStats> {
    return this.#statsOf(this.#container(id));
  }

  listContainerStats(): Promise<readonly ContainerStats[]> {
    const running = [...this.#containers.values()].filter(
      ({ state }) => state === 'CONTAINER_RUNNING',
    );
    return Promise.resolve(running.map((container) => this.#statsOf(container)));
  }

  async podSandboxStats(id: string): Promise<PodSandboxStats> {
    return {
      ...this.#noUsage(),
      podSandboxId: this.#sandbox(id).id,
      network: null,
    };
  }

  listImages(): Promise<readonly CriImage[]> {
    return Promise.resolve(this.#images);
  }

  imageStatus(image: string): Promise<CriImage | undefined> {
    return Promise.resolve(
      this.#images.find(
        ({ id, repoTags, repoDigests }) =>
          image === id || repoTags.includes(image) || repoDigests.includes(image),
      ),
    );
  }

  async pullImage(image: string): Promise<string> {
    const found = await this.imageStatus(image);
    if (found === undefined) throw new CriError('NOT_FOUND', `${image}: not found`);
    return found.id;
  }

  /** They take no room. */
  removeImage(): Promise<void> {
    return Promise.resolve();
  }

  imageFsInfo() {
    return Promise.resolve({ time: this.#now(), mountpoint: '/', usedBytes: 0, inodesUsed: 0 });
  }

  #run(container: Container): void {
    const { config, logPath } = container;
    const run = this.#program(config);
    if (run === undefined)
      throw new CriError('NOT_FOUND', `no worker runs the image ${config.userSpecifiedImage}`);
    const log = new NodeLog(this.#options.agent, this.#options.clock, logPath);
    const program = run({
      argv: [...config.command, ...config.args],
      print: (lines) => log.write(lines),
    });
    container.program = program;
    void program.exited.then((exitCode) => this.#exited(container, exitCode));
  }

  #program({ image }: CriContainerConfig): WorkerProgram | undefined {
    const [name = ''] = this.#images.find(({ id }) => id === image)?.repoTags ?? [];
    return this.#options.programs[name];
  }

  #exited(container: Container, exitCode: number): void {
    if (container.state !== 'CONTAINER_RUNNING') return;
    container.state = 'CONTAINER_EXITED';
    container.exitCode = exitCode;
    container.finishedAt = this.#now();
    delete container.program;
    if (this.#containers.has(container.id))
      this.#tell('CONTAINER_STOPPED_EVENT', container.sandbox, container.id);
  }

  #containersOf(sandboxId: string): readonly Container[] {
    return [...this.#containers.values()].filter(({ sandbox }) => sandbox.id === sandboxId);
  }

  #sandbox(id: string): Sandbox {
    const found = this.#sandboxes.get(id);
    if (found === undefined)
      throw new CriError(
        'NOT_FOUND',
        `an error occurred when try to find sandbox ${JSON.stringify(id)}: not found`,
      );
    return found;
  }

  #container(id: string): Container {
    const found = this.#containers.get(id);
    if (found === undefined)
      throw new CriError(
        'NOT_FOUND',
        `an error occurred when try to find container ${JSON.stringify(id)}: not found`,
      );
    return found;
  }

  #statsOf({ id, config }: Container): ContainerStats {
    return {
      ...this.#noUsage(),
      containerId: id,
      metadata: config.metadata,
      labels: config.labels,
      writableLayer: { usedBytes: 0, inodesUsed: 0 },
    };
  }

  /** Nothing of what the machine has. */
  #noUsage() {
    return {
      time: this.#now(),
      cpu: { usageCoreNanoSeconds: 0 },
      memory: {
        workingSetBytes: 0,
        usageBytes: 0,
        rssBytes: 0,
        pageFaults: 0,
        majorPageFaults: 0,
      },
      processCount: 1,
    };
  }

  #newId(): string {
    return webWorkerId(toHex(this.#options.random.bytes(26)));
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #tell(type: ContainerEvent['type'], { id, config }: Sandbox, containerId: string): void {
    this.#events.fire({
      type,
      containerId,
      podSandboxId: id,
      podUid: config.metadata.uid,
      time: this.#now(),
    });
  }
}

function noProcesses(): CriError {
  return new CriError(
    'UNIMPLEMENTED',
    'this container is a worker beside the machine: no processes can be started in it, and nothing listens in it',
  );
}

function describeSandbox({ id, config, createdAt, ready }: Sandbox): PodSandbox {
  return {
    id,
    metadata: config.metadata,
    state: ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt,
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler: WEB_WORKER,
  };
}

function describeContainer({ id, sandbox, config, createdAt, state }: Container): CriContainer {
  const image = config.image;
  return {
    id,
    podSandboxId: sandbox.id,
    metadata: config.metadata,
    image: config.userSpecifiedImage,
    imageRef: image,
    state,
    createdAt,
    labels: config.labels,
    annotations: config.annotations,
  };
}
