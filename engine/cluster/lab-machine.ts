import type { MachineStats, TerminalSize } from '../api/agent.ts';
import { dockerEngineOf, type DockerEngineKind } from '../api/docker-engine.ts';
import type {
  AddMachine,
  EngineState,
  LabFiles,
  LabMachine,
  LabTerminal,
  MachineState,
  OpenPort,
  PortRequest,
  PortResponse,
  Stop,
} from '../api/lab.ts';
import type {
  DiskSupply,
  MachineMetrics,
  MachineOptions,
  MachineProgress,
  MachineRest,
  ProfileName,
  SavedMachine,
} from '../api/machine.ts';
import { within } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { httpExchange } from '../http/index.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { startMachine, type MachineClient } from '../machine/worker/machine-client.ts';
import { EngineKeeper } from './engine-keeper.ts';
import { startInFormer } from './former-worker.ts';
import { LabError } from './lab-error.ts';
import { labFiles } from './lab-files.ts';
import type { HubKeeper } from './hub-keeper.ts';
import type { LabHost } from './lab-host.ts';
import { openTerminal, WORK_DIRECTORY } from './lab-terminal.ts';
import { machineFetch } from './machine-fetch.ts';
import { Observable } from './observable.ts';

/** A guest that is too busy to take the engine's records within this time is paused all the same. */
const FLUSH_PATIENCE_MS = 2000;

/** What this page has saved itself: it is as it was, and was never a file. */
const savedHere = new WeakSet<SavedMachine>();

/** What a machine was started from: what its user said, or the rest of one that restarted. */
export type StartedMachine = Omit<AddMachine, 'start'> & {
  /** takes the place of one that was reset: what images that one had are none of its own */
  readonly isReset?: boolean;
  readonly start: AddMachine['start'] | { readonly after: MachineRest };
};

/** A machine of a lab, from the page's side. */
export class WorkerLabMachine implements LabMachine {
  readonly name: string;
  readonly profile: ProfileName;
  readonly options: StartedMachine;
  readonly files: LabFiles;
  readonly #host: LabHost;
  readonly #hub: HubKeeper;
  readonly #state: Observable<MachineState>;
  readonly #engine = new Observable<EngineState>({ kind: 'absent' });
  readonly #ports = new Observable<readonly OpenPort[]>([]);
  readonly #disk = new Observable<DiskSupply>({ kind: 'flowing' });
  readonly #giveUp = new AbortController();
  #client: MachineClient | undefined;
  #watching: Disposable | undefined;
  #agent: AgentClient | undefined;
  #keeper: EngineKeeper | undefined;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(host: LabHost, hub: HubKeeper, options: StartedMachine) {
    this.#host = host;
    this.#hub = hub;
    this.options = options;
    this.name = options.name;
    this.profile = options.profile;
    this.files = labFiles(() => this.#running());
    this.#state = new Observable<MachineState>({
      kind: 'starting',
      progress: { phase: 'fetching', text: 'Getting ready', done: 0, total: 1 },
    });
  }

  /**
   * Resolves when the agent answers and the learner's files are there. The engine goes on starting.
   * @param former the worker of a machine that has given way to this one
   */
  async start(
    address: string,
    joinNetwork: (client: MachineClient) => Promise<void>,
    former?: MachineClient,
  ): Promise<void> {
    const kind = dockerEngineOf(this.profile);
    const keeper = kind === undefined ? undefined : this.#keepEngine(kind);
    try {
      const client = await this.#begin(address, former);
      this.#client = client;
      this.#watching = client.onDeath((error) => this.#died(error));
      await client.service.watchDisk((supply) => this.#disk.set(supply));
      const agent = new AgentClient(client.service);
      await Promise.all([joinNetwork(client), this.#isNew ? this.#putFiles(agent) : undefined]);
      this.#agent = agent;
      this.#state.set({ kind: 'running' });
      void keeper?.start(client);
    } catch (error) {
      void keeper?.close();
      const failure = error instanceof Error ? error : new Error(String(error));
      if (this.#state.value.kind !== 'stopped') this.#state.set({ kind: 'failed', error: failure });
      throw failure;
    }
  }

  state(): MachineState {
    return this.#state.value;
  }

  onState(listener: (state: MachineState) => void): Stop {
    return this.#state.observe(listener);
  }

  engine(): EngineState {
    return this.#engine.value;
  }

  onEngine(listener: (state: EngineState) => void): Stop {
    return this.#engine.observe(listener);
  }

  /** Speaks to its agent, once it runs. Errors: `LabError`. */
  agent(): Promise<AgentClient> {
    return this.#running();
  }

  /** Leads to its `MachineService`, for another worker. */
  openPort(): Promise<MessagePort> {
    return this.#started().openPort();
  }

  async openTerminal(size: TerminalSize): Promise<LabTerminal> {
    return openTerminal(await this.#running(), size);
  }

  /** Ports that lead into it by other ways than its Docker engine's, such as a cluster's. */
  showPorts(ports: readonly OpenPort[]): void {
    this.#ports.set(ports);
  }

  ports(): readonly OpenPort[] {
    return this.#ports.value;
  }

  onPorts(listener: (ports: readonly OpenPort[]) => void): Stop {
    return this.#ports.observe(listener);
  }

  async fetch(port: number, request: PortRequest): Promise<PortResponse> {
    const open = this.#ports.value.find((one) => one.port === port && one.protocol === 'tcp');
    return machineFetch(await this.#running(), port, request, open?.address);
  }

  async run(argv: readonly string[]): ReturnType<LabMachine['run']> {
    return (await this.#running()).call('run', { argv });
  }

  async docker(request: PortRequest): Promise<PortResponse> {
    await this.#running();
    const connection = await this.#keeper?.connect();
    if (connection === undefined)
      throw new LabError('NOT_RUNNING', `The machine ${this.name} has no Docker engine.`);
    return httpExchange(connection, request);
  }

  disk(): DiskSupply {
    return this.#disk.value;
  }

  onDisk(listener: (supply: DiskSupply) => void): Stop {
    return this.#disk.observe(listener);
  }

  retryDisk(): Promise<void> {
    return this.#started().service.retryDisk();
  }

  async onStats(intervalMs: number, listener: (stats: MachineStats) => void): Promise<Stop> {
    const readings = await (await this.#running()).messages('stats.watch', { intervalMs });
    void (async () => {
      try {
        for await (const reading of readings) listener(reading);
      } catch {
        // The machine has gone; its state says so.
      }
    })();
    return () => void readings.close();
  }

  async metrics(): Promise<MachineMetrics> {
    return this.#started().service.metrics();
  }

  serial(): Promise<ReadableStream<Uint8Array>> {
    return this.#started().service.openSerial();
  }

  /** The engine's records reach the guest's disk first: a paused guest could not take them when it is saved. */
  async pause(): Promise<void> {
    this.#started();
    if (this.#keeper !== undefined)
      await within(this.#host.clock, FLUSH_PATIENCE_MS, this.#keeper.flush()).catch(() => {});
    // It may have ended meanwhile, and another one may run in its worker.
    await this.#started().service.pause();
    this.#state.set({ kind: 'paused' });
  }

  async resume(): Promise<void> {
    await this.#started().service.resume();
    this.#state.set({ kind: 'running' });
  }

  /**
   * Stands still until the returned function is called; nobody is told that it pauses. With it, several machines
   * are saved as they are at one moment.
   */
  async hold(): Promise<() => Promise<void>> {
    const { service } = this.#started();
    if (this.#state.value.kind !== 'running') return () => Promise.resolve();
    await service.pause();
    return () => service.resume();
  }

  /**
   * One after another: a machine that is being saved stands still, and would be taken for one that is paused.
   * @param onTaken called once the machine is as it is saved: what is left is to compress it, and it may go on
   * @param quick as in `MachineService.save`
   */
  save(onTaken: () => void = () => {}, quick = false): Promise<SavedMachine> {
    const turn = this.#saving.then(() => this.#save(onTaken, quick));
    this.#saving = turn.catch(() => {});
    return turn;
  }

  async #save(onTaken: () => void, quick: boolean): Promise<SavedMachine> {
    this.#started();
    if (this.#state.value.kind === 'running') await this.#keeper?.flush();
    const state = await this.#started().service.save(onTaken, quick);
    // One that has ended meanwhile has no images any more.
    this.#started();
    const images = await this.#keeper?.saveImages();
    const saved = images === undefined ? state : { ...state, images };
    savedHere.add(saved);
    return saved;
  }

  /** Rejects with the error that a start from `saved` would end with. What this page has saved itself is read once only, when it starts. */
  async check(saved: SavedMachine): Promise<void> {
    if (!savedHere.has(saved)) await this.#started().service.check(saved);
  }

  async destroy(): Promise<void> {
    this.#state.set({ kind: 'stopped' });
    this.#giveUp.abort(new LabError('NOT_RUNNING', `The machine ${this.name} was destroyed.`));
    try {
      await this.#keeper?.close();
    } finally {
      await this.#client?.destroy();
    }
  }

  /**
   * Ends as `destroy` does, but not its worker, in which another machine of its profile and memory can start much sooner.
   * Undefined when it does not run: then it is destroyed.
   */
  async giveWay(): Promise<MachineClient | undefined> {
    const { kind } = this.#state.value;
    const client = this.#client;
    if (client === undefined || (kind !== 'running' && kind !== 'paused')) {
      await this.destroy();
      return undefined;
    }
    this.#state.set({ kind: 'stopped' });
    // The worker is another's from now on.
    this.#watching?.dispose();
    this.#client = undefined;
    client.service.pause().catch(() => {});
    try {
      await this.#keeper?.close();
    } catch (error) {
      await client.destroy();
      throw error;
    }
    return client;
  }

  /** In the worker of the machine that gave way, or in a new one when that cannot be. */
  async #begin(address: string, former: MachineClient | undefined): Promise<MachineClient> {
    const options = this.#machineOptions(address);
    const { signal } = this.#giveUp;
    const onProgress = (progress: MachineProgress): void => {
      if (this.#client === undefined) this.#state.set({ kind: 'starting', progress });
    };
    const { clock } = this.#host;
    const client = former && (await startInFormer(former, { options, onProgress, signal, clock }));
    return client ?? startMachine(this.#host.spawnMachine(), options, onProgress, signal);
  }

  /** Not one that a learner has used, who may have deleted the files it starts with. */
  get #isNew(): boolean {
    return typeof this.options.start === 'string';
  }

  #machineOptions(address: string): MachineOptions {
    const { start } = this.options;
    const { artifacts } = this.#host;
    return {
      profile: this.profile,
      hostname: this.name,
      address,
      ...startOf(start),
      ...(artifacts === undefined ? {} : { artifacts }),
    };
  }

  async #putFiles(agent: AgentClient): Promise<void> {
    await agent.call('file.mkdir', { path: WORK_DIRECTORY });
    for (const [name, content] of Object.entries(this.options.files ?? {})) {
      const path = `${WORK_DIRECTORY}/${name}`;
      const exists = await agent.call('file.stat', { path }).then(
        () => true,
        () => false,
      );
      if (!exists) await agent.writeFile(path, content, { makeParents: true });
    }
  }

  #keepEngine(kind: DockerEngineKind): EngineKeeper {
    const images = imagesOf(this.options);
    const keeper = new EngineKeeper(this.#host, this.#hub, {
      machine: this.name,
      kind,
      ...(images === undefined ? {} : { images }),
    });
    this.#keeper = keeper;
    keeper.state.observe((state) => this.#engine.set(state));
    keeper.ports.observe((ports) => this.#ports.set(ports));
    return keeper;
  }

  #died(error: Error): void {
    if (this.#state.value.kind === 'stopped') return;
    this.#state.set({ kind: 'failed', error });
    void this.#keeper?.close();
  }

  #started(): MachineClient {
    const { kind } = this.#state.value;
    if (this.#client === undefined || kind === 'stopped' || kind === 'failed') {
      throw new LabError('NOT_RUNNING', `The machine ${this.name} does not run.`);
    }
    return this.#client;
  }

  /** Waits for a machine that is starting. */
  async #running(): Promise<AgentClient> {
    const state = await this.#state.until(({ kind }) => kind !== 'starting');
    if (this.#agent !== undefined && (state.kind === 'running' || state.kind === 'paused'))
      return this.#agent;
    const options = state.kind === 'failed' ? { cause: state.error } : undefined;
    throw new LabError('NOT_RUNNING', `The machine ${this.name} does not run.`, options);
  }
}

function imagesOf({ start, isReset }: StartedMachine): Blob | 'none' | undefined {
  if (typeof start === 'string') return isReset === true ? 'none' : undefined;
  return 'images' in start ? start.images : undefined;
}

function startOf(start: StartedMachine['start']): Pick<MachineOptions, 'start' | 'memory'> {
  if (typeof start === 'string') return { start: { kind: start } };
  if ('prepared' in start) return { start: { kind: 'restore', state: start.prepared } };
  if ('after' in start)
    return { start: { kind: 'cold', after: start.after }, memory: start.after.memory };
  return { start: { kind: 'saved', state: start }, memory: start.memory };
}
