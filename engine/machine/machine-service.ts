import type { PublishedTree } from '../api/image-tree.ts';
import type {
  DiskSupply,
  MachineMetrics,
  MachineOptions,
  MachineProgress,
  MachineRest,
  MachineService,
  OnConnection,
  OpenedStream,
  SavedMachine,
} from '../api/machine.ts';
import type { Machine } from './machine.ts';
import { MachineError } from './machine-error.ts';
import type { MachineHost } from './machine-host.ts';
import { MachineLoader } from './machine-loader.ts';
import { checkSaved, packState } from './states/state-file.ts';

/** One machine at a time behind the contract of its worker. */
export class HostedMachine implements MachineService {
  readonly #host: (options: MachineOptions) => MachineHost;
  #loader: MachineLoader | undefined;
  #machine: Machine | undefined;
  #starting = false;

  /** @param host asked once, when the first machine starts */
  constructor(host: (options: MachineOptions) => MachineHost) {
    this.#host = host;
  }

  async start(
    options: MachineOptions,
    onProgress: (progress: MachineProgress) => void,
  ): Promise<void> {
    if (this.#starting) throw new RangeError('This machine is being started already.');
    this.#starting = true;
    const former = this.#machine;
    this.#machine = undefined;
    // Across workers each report is a call of its own: the last one must have arrived before the answer.
    let reported: unknown;
    const report = (progress: MachineProgress): void => {
      reported = onProgress(progress);
    };
    this.#loader ??= new MachineLoader(this.#host(options));
    this.#machine = await this.#loader.start(options, report, await former?.release());
    await reported;
    this.#starting = false;
  }

  async pause(): Promise<void> {
    await this.#running().pause();
  }

  async resume(): Promise<void> {
    await this.#running().resume();
  }

  async save(onTaken?: () => void, quick = false): Promise<SavedMachine> {
    const machine = this.#running();
    const { header, state } = await machine.snapshot(quick ? undefined : { dropCaches: false });
    onTaken?.();
    const { profile, memory, artifacts } = machine;
    return { profile, memory, artifacts, state: await packState(header, state, quick) };
  }

  check(saved: SavedMachine): Promise<void> {
    return checkSaved(saved, this.#running());
  }

  destroy(): Promise<void> {
    this.#machine?.dispose();
    this.#machine = undefined;
    return Promise.resolve();
  }

  metrics(): Promise<MachineMetrics> {
    return Promise.resolve(this.#running().metrics());
  }

  watchDisk(onSupply: (supply: DiskSupply) => void): Promise<void> {
    this.#running().watchDisk(onSupply);
    return Promise.resolve();
  }

  retryDisk(): Promise<void> {
    this.#running().retryDisk();
    return Promise.resolve();
  }

  watchRestart(onRestart: (rest: MachineRest) => void): Promise<void> {
    this.#running().watchRestart(onRestart);
    return Promise.resolve();
  }

  openSerial(): Promise<ReadableStream<Uint8Array>> {
    return Promise.resolve(this.#running().serial.open());
  }

  connectNetwork(port: MessagePort): Promise<void> {
    this.#running().connectNetwork(port);
    return Promise.resolve();
  }

  async agentCall(op: string, request: object): Promise<unknown> {
    return this.#running().agent.agentCall(op, request);
  }

  async agentSettled(ops: readonly string[]): Promise<void> {
    await this.#running().agent.agentSettled(ops);
  }

  async agentOpen(op: string, request: object): Promise<OpenedStream> {
    return this.#running().agent.agentOpen(op, request);
  }

  async agentListen(request: object, onConnection: OnConnection): Promise<() => Promise<void>> {
    return this.#running().agent.agentListen(request, onConnection);
  }

  publishTree(name: string, tree: PublishedTree): Promise<void> {
    this.#running().publishTree(name, tree);
    return Promise.resolve();
  }

  withdrawTree(name: string): Promise<void> {
    this.#running().withdrawTree(name);
    return Promise.resolve();
  }

  #running(): Machine {
    if (this.#machine === undefined)
      throw new MachineError('NOT_RUNNING', 'The machine is not running.');
    return this.#machine;
  }
}
