import type { TaskStats, TerminalSize } from '../api/agent.ts';
import type { MachineService } from '../api/machine.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import { toHex } from '../base/hex.ts';
import type { Random } from '../base/random.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import { Archives } from './containers/archives.ts';
import { changesOf, type WriteOptions } from './containers/container-files.ts';
import { containerPaths } from './containers/container-paths.ts';
import {
  findRecord,
  isRunning,
  runningRecord,
  toContainer,
  userOf,
  type RuntimeContext,
} from './containers/context.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { Lifecycle } from './containers/lifecycle.ts';
import { readLog } from './containers/log-reader.ts';
import { Networking } from './containers/networking.ts';
import { processIo } from './containers/process-io.ts';
import { RecordBook } from './containers/records.ts';
import { Sandboxes } from './containers/sandboxes.ts';
import { TaskWatch } from './containers/task-watch.ts';
import { TreePublisher } from './containers/tree-publisher.ts';
import { VolumeStore } from './containers/volume-store.ts';
import { TarReader, type TarEntry } from './images/tar-reader.ts';
import { NetworkStore } from './network/networks.ts';
import { capabilitiesFor } from './oci/capabilities.ts';
import { cgroupFiles, ociProcess } from './oci/spec.ts';
import { RuntimeError } from './runtime-error.ts';
import type { Storage } from '../storage/storage.ts';
import type {
  Container,
  ContainerConfig,
  ContentStore,
  Digest,
  ExecConfig,
  Images,
  LogEntry,
  LogOptions,
  EndpointConfig,
  Networks,
  PathStat,
  ProcessIo,
  Resources,
  RunningExec,
  Runtime,
  RuntimeEvent,
  Sandbox,
  SandboxConfig,
  StartedContainer,
  StartOptions,
  Volumes,
} from './types.ts';

export interface ContainerRuntimeOptions {
  readonly agent: AgentClient;
  readonly machine: Pick<MachineService, 'publishTree' | 'withdrawTree' | 'agentSettled'>;
  /** name of the machine; its records are kept under it */
  readonly name: string;
  readonly images: Images;
  readonly content: ContentStore;
  readonly storage: Storage;
  /** settles when the images of the containers there are have been fetched again; absent when nobody fetches them */
  readonly imagesArrived?: Promise<unknown>;
  /** Whether the bridges of its networks are there before a container is on them; they are when absent. */
  readonly hasBridges?: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

/** Operations of the agent that make something. */
const MAKING = ['sandbox.create', 'sandbox.connect', 'port.publish', 'task.start'];

/** Containers on one machine, run by crun through the machine's agent. */
export class ContainerRuntime implements Runtime {
  readonly images: Images;
  readonly content: ContentStore;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly events: Event<RuntimeEvent>;
  readonly #context: RuntimeContext;
  readonly #lifecycle: Lifecycle;
  readonly #networking: Networking;
  readonly #archives: Archives;
  readonly #watch: TaskWatch;
  readonly #machine: ContainerRuntimeOptions['machine'];
  readonly #hasBridges: boolean;

  constructor(options: ContainerRuntimeOptions) {
    const { agent, clock, images, random } = options;
    const book = new RecordBook(options.storage, options.name, agent, clock);
    const events = new Emitter<RuntimeEvent>();
    const volumes = new VolumeStore(book, agent, clock, random);
    const networks = new NetworkStore(book, agent, clock, random);
    const machine = { hostname: '', resolvConf: '' };
    const layersInUse = (): (readonly Digest[])[] =>
      Object.values(book.records.containers).map((record) => record.layers);
    this.images = images;
    this.content = options.content;
    this.#machine = options.machine;
    this.#hasBridges = options.hasBridges ?? true;
    this.volumes = volumes;
    this.networks = networks;
    networks.inUse = () =>
      new Set(this.sandboxes().flatMap(({ endpoints }) => endpoints.map((one) => one.networkId)));
    this.events = events.event;
    this.#context = {
      agent,
      images,
      clock,
      random,
      book,
      volumes,
      events,
      networks,
      sandboxes: new Sandboxes(agent, networks, machine),
      trees: new TreePublisher(options.machine, images, layersInUse, options.imagesArrived),
      lock: new KeyedLock(),
      machine,
    };
    this.#lifecycle = new Lifecycle(this.#context);
    this.#networking = new Networking(this.#context);
    this.#archives = new Archives(this.#context);
    this.#watch = new TaskWatch(agent, clock, {
      onTasks: (tasks) => this.#lifecycle.reconcile(tasks),
      onEvent: (event) => {
        if (event.type === 'exited') this.#lifecycle.exited(event.id, event.exit);
        else if (event.type === 'oom') events.fire(event);
      },
    });
    images.keepLayers(() => layersInUse().flat());
  }

  get hostname(): string {
    return this.#context.machine.hostname;
  }

  async recover(): Promise<void> {
    const { agent, book, machine, networks, sandboxes, volumes } = this.#context;
    // What a worker before this one was making when it died can be found, and removed, when it is whole.
    await this.#machine.agentSettled(MAKING);
    const [resolvConf, { hostname }] = await Promise.all([
      agent.readTextFile('/etc/resolv.conf'),
      agent.call('hello', {}),
      book.load(),
    ]);
    machine.hostname = hostname;
    machine.resolvConf = resolvConf;
    networks.recover(this.#hasBridges);
    for (const sandbox of this.sandboxes()) sandboxes.adopt(sandbox);
    await this.#watch.start();
    for (const sandbox of await sandboxes.reconcile(this.sandboxes())) {
      if (book.records.sandboxes[sandbox.id] === undefined) continue;
      // What its network plugins do not let go now, they are asked for again when it is removed.
      await sandboxes.remove(sandbox).catch(() => {});
      await this.#markStopped(sandbox);
    }
    await volumes.recover();
  }

  flush(): Promise<void> {
    return this.#context.book.flush();
  }

  async close(): Promise<void> {
    this.#context.book.close();
    await this.#watch.close();
  }

  async createSandbox(config: SandboxConfig): Promise<Sandbox> {
    const { book, sandboxes } = this.#context;
    if (book.records.sandboxes[config.id] !== undefined)
      throw new RuntimeError('CONFLICT', `sandbox ${config.id} exists already`);
    const sandbox = await sandboxes.create(config);
    book.records.sandboxes[config.id] = sandbox;
    await book.save();
    return sandbox;
  }

  async stopSandbox(id: string): Promise<void> {
    const { book, sandboxes } = this.#context;
    const sandbox = book.records.sandboxes[id];
    if (sandbox === undefined || sandbox.stopped === true) return;
    await sandboxes.remove(sandbox);
    await this.#markStopped(sandbox);
  }

  #markStopped(sandbox: Sandbox): Promise<void> {
    const { book } = this.#context;
    book.records.sandboxes[sandbox.id] = { ...sandbox, stopped: true };
    return book.save();
  }

  async removeSandbox(id: string): Promise<void> {
    const { book, sandboxes } = this.#context;
    const sandbox = book.records.sandboxes[id];
    if (sandbox === undefined) return;
    if (sandbox.stopped !== true || sandbox.pod !== undefined) await sandboxes.remove(sandbox);
    delete book.records.sandboxes[id];
    await book.save();
  }

  /** Those made by `createSandbox` and those that containers own. */
  sandboxes(): readonly Sandbox[] {
    const { containers, sandboxes } = this.#context.book.records;
    const own = Object.values(containers).flatMap(({ config, sandbox }) =>
      config.sandbox.kind === 'own' && sandbox !== undefined ? [sandbox] : [],
    );
    return [...Object.values(sandboxes), ...own];
  }

  containers(): readonly Container[] {
    return Object.values(this.#context.book.records.containers).map(toContainer);
  }

  container(id: string): Container {
    return toContainer(findRecord(this.#context, id));
  }

  async createContainer(config: ContainerConfig): Promise<Container> {
    return toContainer(await this.#lifecycle.create(config));
  }

  startContainer(id: string, options: StartOptions = {}): Promise<StartedContainer> {
    return this.#lifecycle.start(id, options);
  }

  stopContainer(
    id: string,
    options: { readonly signal?: string; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    return this.#lifecycle.stop(id, options);
  }

  killContainer(id: string, signal: string): Promise<void> {
    return this.#lifecycle.kill(id, signal);
  }

  waitContainer(id: string, condition: 'not-running' | 'next-exit' | 'removed' = 'not-running') {
    return this.#lifecycle.wait(id, condition);
  }

  pauseContainer(id: string): Promise<void> {
    return this.#lifecycle.pause(id);
  }

  resumeContainer(id: string): Promise<void> {
    return this.#lifecycle.resume(id);
  }

  async updateContainer(id: string, resources: Resources): Promise<void> {
    const { agent, book, clock, events } = this.#context;
    const record = findRecord(this.#context, id);
    if (isRunning(record)) await agent.call('task.update', { id, cgroup: cgroupFiles(resources) });
    book.records.containers[id] = Object.assign(record, {
      config: { ...record.config, resources: { ...record.config.resources, ...resources } },
    });
    await book.save();
    events.fire({ type: 'updated', id, time: clock.now() });
  }

  async labelContainer(id: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const { book } = this.#context;
    const record = findRecord(this.#context, id);
    book.records.containers[id] = Object.assign(record, { config: { ...record.config, labels } });
    await book.save();
  }

  removeContainer(
    id: string,
    options: { readonly force?: boolean; readonly volumes?: boolean } = {},
  ): Promise<void> {
    return this.#lifecycle.remove(id, options);
  }

  async resizeContainer(id: string, size: TerminalSize): Promise<void> {
    runningRecord(this.#context, id);
    await this.#context.agent.call('task.resize', { id, size });
  }

  connectContainer(id: string, endpoint: EndpointConfig): Promise<void> {
    return this.#networking.connect(id, endpoint);
  }

  disconnectContainer(id: string, networkId: string): Promise<void> {
    return this.#networking.disconnect(id, networkId);
  }

  nameContainer(id: string, networkId: string, names: readonly string[]): Promise<void> {
    return this.#networking.name(id, networkId, names);
  }

  moveHost(id: string, name: string, address: string): Promise<void> {
    return this.#networking.moveHost(id, name, address);
  }

  attach(id: string, options: { readonly stdin: boolean }): Promise<ProcessIo> {
    return this.#lifecycle.attach(id, options.stdin);
  }

  async exec(id: string, config: ExecConfig): Promise<RunningExec> {
    const { agent, random, trees } = this.#context;
    const record = runningRecord(this.#context, id);
    if (record.state === 'paused')
      throw new RuntimeError(
        'CONFLICT',
        `Container ${id} is paused, unpause the container before exec`,
      );
    const tree = await trees.publish(record.layers);
    const user = await userOf(this.#context, record, tree, config.user ?? record.config.user ?? '');
    // The agent names a socket after container and process, and a socket's path has 108 bytes at most.
    const execId = toHex(random.bytes(4));
    const process = ociProcess(record.config, {
      args: config.args,
      env: [...(record.added?.env ?? []), ...record.config.env, ...(config.env ?? [])],
      cwd: config.cwd || record.config.cwd || '/',
      terminal: config.tty !== undefined,
      user,
      hostname: record.hostname,
      capabilities: capabilitiesFor(
        config.privileged === true ? { privileged: true } : record.config,
      ),
    });
    const started = await agent.execInTask({
      id,
      execId,
      process,
      ...(config.tty === undefined ? {} : { tty: config.tty }),
    });
    return { ...processIo(started), execId, pid: started.reply.pid };
  }

  async resizeExec(id: string, execId: string, size: TerminalSize): Promise<void> {
    await this.#context.agent.call('task.resize', { id, execId, size });
  }

  async *logs(id: string, options: LogOptions = {}): AsyncGenerator<LogEntry> {
    const record = findRecord(this.#context, id);
    const { log } = record.config;
    if (log === 'none')
      throw new RuntimeError('INVALID', 'configured logging driver does not support reading');
    const ended = isRunning(record) ? this.waitContainer(id, 'not-running') : undefined;
    const source = {
      agent: this.#context.agent,
      path: containerPaths(record.config).log,
      format: log?.format ?? 'json-file',
      files: log?.maxFiles ?? 1,
      ended,
    };
    yield* readLog(source, options);
  }

  async stats(id: string): Promise<TaskStats> {
    runningRecord(this.#context, id);
    return this.#context.agent.call('task.stats', { id });
  }

  async pids(id: string): Promise<readonly number[]> {
    runningRecord(this.#context, id);
    return (await this.#context.agent.call('task.pids', { id })).pids;
  }

  statPath(id: string, path: string): Promise<PathStat> {
    return this.#archives.stat(id, path);
  }

  readArchive(
    id: string,
    path: string,
  ): Promise<{ readonly stat: PathStat; readonly tar: ReadableStream<Uint8Array> }> {
    return this.#archives.read(id, path);
  }

  exportContainer(id: string): Promise<ReadableStream<Uint8Array>> {
    return this.#archives.export(id);
  }

  writeArchive(
    id: string,
    path: string,
    tar: ReadableStream<Uint8Array>,
    options: WriteOptions = {},
  ): Promise<void> {
    return this.#archives.write(id, path, tar, options);
  }

  async changes(
    id: string,
  ): Promise<readonly { readonly path: string; readonly kind: 0 | 1 | 2 }[]> {
    const record = findRecord(this.#context, id);
    const entries: TarEntry[] = [];
    const reader = new TarReader((entry) => entries.push(entry));
    for await (const chunk of await this.layerTar(id)) reader.push(chunk);
    return changesOf(entries, await this.images.tree(record.layers, { mountPoints: true }));
  }

  async layerTar(id: string): Promise<ReadableStream<Uint8Array>> {
    const { agent } = this.#context;
    const { upper } = containerPaths(findRecord(this.#context, id).config);
    await agent.call('file.mkdir', { path: upper });
    return agent.readTar({ path: upper, layer: true });
  }
}
