import type { ByteStream } from '../../api/byte-stream.ts';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import {
  CriError,
  type ContainerEvent,
  type ContainerStats,
  type ContainerStatus,
  type Cri,
  type CriAuth,
  type CriContainer,
  type CriContainerConfig,
  type CriExec,
  type CriImage,
  type LinuxContainerResources,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxStats,
  type PodSandboxStatus,
  type RuntimeCondition,
} from '../../runtime/cri/types.ts';
import type { ProcessIo } from '../../runtime/types.ts';

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };
type Sandbox = Mutable<PodSandboxStatus> & { readonly config: PodSandboxConfig };
type ContainerOfFake = Mutable<ContainerStatus> & { readonly config: CriContainerConfig };

/** What a program that is executed in a container answers. */
export interface FakeExecResult {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/**
 * A container runtime in memory for tests of the kubelet: everything works at once and nothing ends by
 * itself, unless the test says so. Ids count up: `sandbox-1`, `container-1`.
 */
export class FakeCri implements Cri {
  /** names of the calls in their order, with what they were about: `startContainer web` */
  readonly calls: string[] = [];
  /** Throws what a call is to fail with. @param subject name of a Pod, container or image */
  intercept: (call: string, subject: string) => void | Promise<void> = () => undefined;
  /** images a registry has beside those that are present; everything when undefined */
  registry: ReadonlySet<string> | undefined;
  readonly images = new Map<string, CriImage>();
  /** what was sent with pulls */
  readonly auths: (CriAuth | undefined)[] = [];
  conditions: readonly RuntimeCondition[] = [
    { type: 'RuntimeReady', status: true, reason: '', message: '' },
    { type: 'NetworkReady', status: true, reason: '', message: '' },
  ];
  /** what programs do that are executed in containers, by their first word; `sh` runs also */
  onExec: (
    container: string,
    command: readonly string[],
  ) => FakeExecResult | Promise<FakeExecResult> = () => ({});
  /** a container's main program ignores its stop signal: it ends only when its time is up */
  ignoresTerm: (container: string) => boolean = () => false;
  readonly #clock: Clock;
  readonly #events = new Emitter<ContainerEvent>();
  readonly containerEvents = this.#events.event;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, ContainerOfFake>();
  #count = 0;
  podCidr = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest container of this name, running or not. */
  container(name: string): ContainerOfFake {
    const found = [...this.#containers.values()].findLast(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new RangeError(`There is no container ${name}.`);
    return found;
  }

  sandbox(podName: string): Sandbox {
    const found = [...this.#sandboxes.values()].findLast(
      ({ metadata }) => metadata.name === podName,
    );
    if (found === undefined) throw new RangeError(`There is no sandbox of ${podName}.`);
    return found;
  }

  get sandboxCount(): number {
    return this.#sandboxes.size;
  }

  get containerCount(): number {
    return this.#containers.size;
  }

  /** The main program of the newest container of this name ends. */
  exit(name: string, exitCode = 0, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    this.#end(this.container(name), exitCode, reason);
  }

  /** A sandbox dies with everything in it, as when somebody kills its processes. */
  killSandbox(podName: string): void {
    const sandbox = this.sandbox(podName);
    this.#stop(sandbox, 137);
  }

  async version() {
    await this.#called('version', '');
    return { runtimeName: 'fake', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' };
  }

  async status(): Promise<readonly RuntimeCondition[]> {
    await this.#called('status', '');
    return this.conditions;
  }

  async updateRuntimeConfig({ podCidr }: { readonly podCidr: string }): Promise<void> {
    await this.#called('updateRuntimeConfig', podCidr);
    this.podCidr = podCidr;
  }

  async runPodSandbox(config: PodSandboxConfig, runtimeHandler: string): Promise<string> {
    await this.#called('runPodSandbox', config.metadata.name);
    const number = ++this.#count;
    const id = `sandbox-${number}`;
    const hasNetwork = config.namespaces.network === 'POD';
    this.#sandboxes.set(id, {
      id,
      config,
      metadata: config.metadata,
      state: 'SANDBOX_READY',
      createdAt: this.#clock.now(),
      labels: config.labels,
      annotations: config.annotations,
      runtimeHandler,
      ...(hasNetwork ? { ip: `10.244.0.${number}` } : {}),
      additionalIps: [],
      namespaces: config.namespaces,
    });
    this.#tell('CONTAINER_STARTED_EVENT', id, id);
    return id;
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    await this.#called('stopPodSandbox', sandbox?.metadata.name ?? id);
    if (sandbox !== undefined) this.#stop(sandbox, 137);
  }

  async removePodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    await this.#called('removePodSandbox', sandbox?.metadata.name ?? id);
    if (sandbox === undefined) return;
    this.#stop(sandbox, 137);
    for (const container of this.#containers.values())
      if (container.podSandboxId === id) this.#containers.delete(container.id);
    this.#tell('CONTAINER_DELETED_EVENT', id, id);
    this.#sandboxes.delete(id);
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    await this.#called('podSandboxStatus', id);
    const { config: _config, ...status } = this.#sandbox(id);
    return status;
  }

  async listPodSandbox(): Promise<readonly PodSandbox[]> {
    await this.#called('listPodSandbox', '');
    return [...this.#sandboxes.values()].map(({ config: _config, ...sandbox }) => sandbox);
  }

  async createContainer(podSandboxId: string, config: CriContainerConfig): Promise<string> {
    await this.#called('createContainer', config.metadata.name);
    this.#sandbox(podSandboxId);
    const id = `container-${++this.#count}`;
    const image = [...this.images.values()].find((other) => other.id === config.image);
    this.#containers.set(id, {
      id,
      config,
      podSandboxId,
      metadata: config.metadata,
      image: config.userSpecifiedImage,
      imageRef: image?.repoDigests[0] ?? config.image,
      userSpecifiedImage: config.userSpecifiedImage,
      state: 'CONTAINER_CREATED',
      createdAt: this.#clock.now(),
      labels: config.labels,
      annotations: config.annotations,
      logPath: `${this.#sandbox(podSandboxId).config.logDirectory}/${config.logPath}`,
      mounts: config.mounts,
      resources: config.resources,
      pid: 0,
    });
    this.#tell('CONTAINER_CREATED_EVENT', id, podSandboxId);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    try {
      await this.#called('startContainer', container.metadata.name);
    } catch (error) {
      container.startedAt = 0;
      container.state = 'CONTAINER_RUNNING';
      this.#end(container, 128, 'StartError');
      container.message = (error as Error).message;
      throw error;
    }
    container.state = 'CONTAINER_RUNNING';
    container.startedAt = this.#clock.now();
    container.pid = 1000 + ++this.#count;
    this.#tell('CONTAINER_STARTED_EVENT', id, container.podSandboxId);
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    const container = this.#containers.get(id);
    await this.#called('stopContainer', container?.metadata.name ?? id);
    if (container?.state !== 'CONTAINER_RUNNING') return;
    if (!this.ignoresTerm(container.metadata.name)) {
      this.#end(container, 143, 'Error');
      return;
    }
    const ended = new Promise<void>((resolve) => {
      const subscription = this.#events.event(({ type, containerId }) => {
        if (containerId !== id || type !== 'CONTAINER_STOPPED_EVENT') return;
        subscription.dispose();
        resolve();
      });
    });
    this.#clock.setTimer(() => this.#end(container, 137, 'Error'), timeoutSeconds * 1000);
    await ended;
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    await this.#called('removeContainer', container?.metadata.name ?? id);
    if (container === undefined) return;
    this.#containers.delete(id);
    this.#tell('CONTAINER_DELETED_EVENT', id, container.podSandboxId);
  }

  async listContainers(): Promise<readonly CriContainer[]> {
    await this.#called('listContainers', '');
    return [...this.#containers.values()].map(({ config: _config, ...container }) => container);
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    await this.#called('containerStatus', id);
    const { config: _config, ...status } = this.#container(id);
    return status;
  }

  async updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void> {
    const container = this.#container(id);
    await this.#called('updateContainerResources', container.metadata.name);
    container.resources = resources;
  }

  async reopenContainerLog(id: string): Promise<void> {
    await this.#called('reopenContainerLog', this.#container(id).metadata.name);
  }

  async execSync(id: string, command: readonly string[], timeoutSeconds: number) {
    const { metadata } = this.#container(id);
    await this.#called('execSync', metadata.name);
    const result = Promise.resolve(this.onExec(metadata.name, command));
    const {
      stdout = '',
      stderr = '',
      exitCode = 0,
    } = await (timeoutSeconds === 0
      ? result
      : Promise.race([result, this.#deadline(timeoutSeconds, command)]));
    return { stdout, stderr, exitCode };
  }

  /** A program that writes what `onExec` says and ends. */
  async exec(id: string, { command }: CriExec): Promise<ProcessIo> {
    const { metadata } = this.#container(id);
    await this.#called('exec', metadata.name);
    return this.#process(await this.onExec(metadata.name, command));
  }

  async attach(id: string): Promise<ProcessIo> {
    await this.#called('attach', this.#container(id).metadata.name);
    return this.#process({});
  }

  /** What is sent comes back. */
  async portForward(podSandboxId: string, port: number): Promise<ByteStream> {
    await this.#called('portForward', `${this.#sandbox(podSandboxId).metadata.name}:${port}`);
    return new TransformStream<Uint8Array, Uint8Array>();
  }

  async containerStats(id: string): Promise<ContainerStats> {
    const container = this.#container(id);
    await this.#called('containerStats', container.metadata.name);
    return {
      ...this.#usage(),
      containerId: id,
      metadata: container.metadata,
      labels: container.labels,
      writableLayer: { usedBytes: 4096, inodesUsed: 2 },
    };
  }

  async listContainerStats(): Promise<readonly ContainerStats[]> {
    const running = [...this.#containers.values()].filter(
      ({ state }) => state === 'CONTAINER_RUNNING',
    );
    return Promise.all(running.map(({ id }) => this.containerStats(id)));
  }

  async podSandboxStats(id: string): Promise<PodSandboxStats> {
    await this.#called('podSandboxStats', this.#sandbox(id).metadata.name);
    return {
      ...this.#usage(),
      podSandboxId: id,
      network: { name: 'eth0', rxBytes: 100, rxErrors: 0, txBytes: 200, txErrors: 0 },
    };
  }

  async listImages(): Promise<readonly CriImage[]> {
    await this.#called('listImages', '');
    return [...this.images.values()];
  }

  async imageStatus(image: string): Promise<CriImage | undefined> {
    await this.#called('imageStatus', image);
    return this.images.get(image) ?? [...this.images.values()].find((other) => other.id === image);
  }

  async pullImage(image: string, auth?: CriAuth): Promise<string> {
    this.auths.push(auth);
    await this.#called('pullImage', image);
    if (this.registry !== undefined && !this.registry.has(image))
      throw new CriError(
        'NOT_FOUND',
        `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      );
    return this.addImage(image).id;
  }

  async removeImage(image: string): Promise<void> {
    await this.#called('removeImage', image);
    for (const [name, { id }] of this.images)
      if (name === image || id === image) this.images.delete(name);
  }

  async imageFsInfo() {
    await this.#called('imageFsInfo', '');
    const usedBytes = [...this.images.values()].reduce((sum, { size }) => sum + size, 0);
    return {
      time: this.#clock.now(),
      mountpoint: '/var/lib/drydock/images',
      usedBytes,
      inodesUsed: this.images.size,
    };
  }

  /** Makes an image present. */
  addImage(name: string, more: Partial<CriImage> = {}): CriImage {
    const image: CriImage = {
      id: `sha256:${name}`,
      repoTags: [name],
      repoDigests: [`${name.replace(/:[^/:]*$/, '')}@sha256:${name}`],
      size: 1_000_000,
      username: '',
      pinned: false,
      ...more,
    };
    this.images.set(name, image);
    return image;
  }

  async #called(call: string, subject: string): Promise<void> {
    this.calls.push(subject === '' ? call : `${call} ${subject}`);
    await this.intercept(call, subject);
  }

  #sandbox(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw new CriError('NOT_FOUND', `sandbox "${id}": not found`);
    return sandbox;
  }

  #container(id: string): ContainerOfFake {
    const container = this.#containers.get(id);
    if (container === undefined) throw new CriError('NOT_FOUND', `container "${id}": not found`);
    return container;
  }

  #end(container: ContainerOfFake, exitCode: number, reason: string): void {
    if (container.state !== 'CONTAINER_RUNNING') return;
    container.state = 'CONTAINER_EXITED';
    container.exitCode = exitCode;
    container.reason = reason;
    container.finishedAt = this.#clock.now();
    container.pid = 0;
    this.#tell('CONTAINER_STOPPED_EVENT', container.id, container.podSandboxId);
  }

  #stop(sandbox: Sandbox, exitCode: number): void {
    for (const container of this.#containers.values())
      if (container.podSandboxId === sandbox.id) this.#end(container, exitCode, 'Error');
    if (sandbox.state === 'SANDBOX_NOTREADY') return;
    sandbox.state = 'SANDBOX_NOTREADY';
    delete sandbox.ip;
    this.#tell('CONTAINER_STOPPED_EVENT', sandbox.id, sandbox.id);
  }

  #tell(type: ContainerEvent['type'], containerId: string, podSandboxId: string): void {
    const podUid = this.#sandboxes.get(podSandboxId)?.metadata.uid ?? '';
    this.#events.fire({ type, containerId, podSandboxId, podUid, time: this.#clock.now() });
  }

  #deadline(seconds: number, command: readonly string[]): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#clock.setTimer(
        () =>
          reject(
            new CriError(
              'DEADLINE_EXCEEDED',
              `failed to exec in container: timeout ${seconds}s exceeded: context deadline exceeded: ${command.join(' ')}`,
            ),
          ),
        seconds * 1000,
      );
    });
  }

  #process({ stdout = '', stderr = '', exitCode = 0 }: FakeExecResult): ProcessIo {
    const encoder = new TextEncoder();
    return {
      output: new ReadableStream({
        start: (controller) => {
          if (stdout !== '')
            controller.enqueue({ stream: 'stdout', bytes: encoder.encode(stdout) });
          if (stderr !== '')
            controller.enqueue({ stream: 'stderr', bytes: encoder.encode(stderr) });
          controller.close();
        },
      }),
      input: new WritableStream(),
      exited: Promise.resolve({ code: exitCode, finishedAt: this.#clock.now() }),
      resize: async () => undefined,
      signal: async () => undefined,
      close: async () => undefined,
    };
  }

  #usage() {
    return {
      time: this.#clock.now(),
      cpu: { usageCoreNanoSeconds: 1_000_000_000 },
      memory: {
        workingSetBytes: 1_000_000,
        usageBytes: 2_000_000,
        rssBytes: 500_000,
        pageFaults: 10,
        majorPageFaults: 1,
      },
      processCount: 1,
    };
  }
}
