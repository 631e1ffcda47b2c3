import type { MachineStats, TerminalSize } from '../api/agent.ts';
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
import type { MachineMetrics, MachineOptions, ProfileName, SavedMachine } from '../api/machine.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { startMachine, type MachineClient } from '../machine/client/machine-client.ts';
import { EngineKeeper } from './engine-keeper.ts';
import { LabError } from './lab-error.ts';
import { labFiles } from './lab-files.ts';
import type { LabHost } from './lab-host.ts';
import { openTerminal, WORK_DIRECTORY } from './lab-terminal.ts';
import { machineFetch } from './machine-fetch.ts';
import { Observable } from './observable.ts';

/** A machine of a lab, from the page's side. */
export class WorkerLabMachine implements LabMachine {
  readonly name: string;
  readonly profile: ProfileName;
  readonly options: AddMachine;
  readonly files: LabFiles;
  readonly #host: LabHost;
  readonly #state: Observable<MachineState>;
  readonly #engine = new Observable<EngineState>({ kind: 'absent' });
  readonly #ports = new Observable<readonly OpenPort[]>([]);
  readonly #giveUp = new AbortController();
  #client: MachineClient | undefined;
  #agent: AgentClient | undefined;
  #keeper: EngineKeeper | undefined;

  constructor(host: LabHost, options: AddMachine) {
    this.#host = host;
    this.options = options;
    this.name = options.name;
    this.profile = options.profile;
    this.files = labFiles(() => this.#running());
    this.#state = new Observable<MachineState>({
      kind: 'starting',
      progress: { phase: 'fetching', text: 'Starting', done: 0, total: 1 },
    });
  }

  /** Resolves when the agent answers and the learner's files are there. The engine goes on starting. */
  async start(
    address: string,
    joinNetwork: (client: MachineClient) => Promise<void>,
  ): Promise<void> {
    try {
      const client = await startMachine(
        this.#host.spawnMachine(),
        this.#machineOptions(address),
        (progress) => {
          if (this.#client === undefined) this.#state.set({ kind: 'starting', progress });
        },
        this.#giveUp.signal,
      );
      this.#client = client;
      client.onDeath((error) => this.#died(error));
      const agent = new AgentClient(client.service);
      await Promise.all([joinNetwork(client), this.#putFiles(agent)]);
      this.#agent = agent;
      this.#state.set({ kind: 'running' });
      if (this.profile === 'docker') this.#keepEngine(client);
    } catch (error) {
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

  async openTerminal(size: TerminalSize): Promise<LabTerminal> {
    return openTerminal(await this.#running(), size);
  }

  ports(): readonly OpenPort[] {
    return this.#ports.value;
  }

  onPorts(listener: (ports: readonly OpenPort[]) => void): Stop {
    return this.#ports.observe(listener);
  }

  async fetch(port: number, request: PortRequest): Promise<PortResponse> {
    return machineFetch(await this.#running(), port, request);
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

  metrics(): Promise<MachineMetrics> {
    return this.#started().service.metrics();
  }

  serial(): Promise<ReadableStream<Uint8Array>> {
    return this.#started().service.openSerial();
  }

  async pause(): Promise<void> {
    await this.#started().service.pause();
    this.#state.set({ kind: 'paused' });
  }

  async resume(): Promise<void> {
    await this.#started().service.resume();
    this.#state.set({ kind: 'running' });
  }

  async save(): Promise<SavedMachine> {
    const client = this.#started();
    await this.#keeper?.flush();
    return client.service.save();
  }

  async destroy(): Promise<void> {
    this.#state.set({ kind: 'stopped' });
    this.#giveUp.abort(new LabError('NOT_RUNNING', `The machine ${this.name} was destroyed.`));
    await this.#keeper?.close();
    await this.#client?.destroy();
  }

  #machineOptions(address: string): MachineOptions {
    const { start } = this.options;
    const { artifacts } = this.#host;
    return {
      profile: this.profile,
      hostname: this.name,
      address,
      start: typeof start === 'string' ? { kind: start } : { kind: 'saved', state: start },
      ...(typeof start === 'string' ? {} : { memory: start.memory }),
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

  #keepEngine(client: MachineClient): void {
    const keeper = new EngineKeeper(this.#host, client, this.name);
    this.#keeper = keeper;
    keeper.state.observe((state) => this.#engine.set(state));
    keeper.ports.observe((ports) => this.#ports.set(ports));
    void keeper.start();
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
  #running(): Promise<AgentClient> {
    return new Promise((resolve, reject) => {
      const check = (state: MachineState): boolean => {
        if (state.kind === 'stopped' || state.kind === 'failed') {
          const options = state.kind === 'failed' ? { cause: state.error } : undefined;
          reject(new LabError('NOT_RUNNING', `The machine ${this.name} does not run.`, options));
        } else if (this.#agent !== undefined) resolve(this.#agent);
        else return false;
        return true;
      };
      if (check(this.#state.value)) return;
      const stop = this.#state.observe((state) => {
        if (check(state)) stop();
      });
    });
  }
}
