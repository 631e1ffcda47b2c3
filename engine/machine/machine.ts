import type { MachineIdentity } from '../api/agent.ts';
import type { DiskSupply, MachineMetrics, MachineRest, ProfileName } from '../api/machine.ts';
import type { PublishedTree } from '../api/image-tree.ts';
import { within } from '../base/clock.ts';
import type { Disposable, DisposableStore } from '../base/disposable.ts';
import type { AgentSession } from './agent/agent-session.ts';
import type { ChunkReference, ChunkStore } from './disks/chunk-store.ts';
import type { CopyOnWriteDisk } from './disks/copy-on-write-disk.ts';
import type { Emulator } from './emulator/emulator.ts';
import { MachineError } from './machine-error.ts';
import type { MachineHost } from './machine-host.ts';
import type { SerialLog } from './serial-log.ts';
import type { StateHeader } from './states/state-file.ts';
import type { TreeServer } from './trees/tree-server.ts';
import { warmUp, type WarmUpTarget } from './warm-up.ts';

/** How far the guest's clock may be from the host's, as far as can be told. */
const CLOCK_PRECISION_MS = 5;
/** On a busy computer no two messages need the same time. */
const MOST_CLOCK_ATTEMPTS = 8;
/** How long a guest may take to stand still that is to end. */
const RELEASE_PATIENCE_MS = 1000;

/** What a machine runs on. Another one of the same profile and memory can run on it afterwards. */
export interface Hardware {
  readonly profile: ProfileName;
  /** MiB */
  readonly memory: number;
  readonly emulator: Emulator;
  readonly disks: readonly [CopyOnWriteDisk, CopyOnWriteDisk];
  readonly chunks: ChunkStore;
}

export interface MachineParts {
  readonly host: MachineHost;
  readonly hardware: Hardware;
  /** `artifactHash` of what it runs on */
  readonly artifacts: string;
  /** to what the hardware tells, for as long as the machine lives */
  readonly subscriptions: DisposableStore;
  readonly trees: TreeServer;
  readonly agent: AgentSession;
  readonly serial: SerialLog;
  readonly identity: MachineIdentity;
}

/** A running guest with everything attached to it. Made by `MachineLoader`. */
export class Machine implements Disposable {
  readonly profile: ProfileName;
  readonly memory: number;
  readonly artifacts: string;
  readonly serial: SerialLog;
  readonly #parts: MachineParts;
  readonly #hardware: Hardware;
  readonly #store: DisposableStore;
  #network: Disposable | undefined;
  #paused = false;
  /** its hardware is another's, or about to be */
  #isLeaving = false;
  #receivedFrames = 0;
  #sentFrames = 0;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#hardware = parts.hardware;
    this.#store = parts.subscriptions;
    this.profile = parts.hardware.profile;
    this.memory = parts.hardware.memory;
    this.artifacts = parts.artifacts;
    this.serial = parts.serial;
  }

  /** The agent, for as long as the guest is not paused. */
  get agent(): AgentSession {
    if (this.#store.disposed) throw new MachineError('NOT_RUNNING', 'The machine is destroyed.');
    return this.#parts.agent;
  }

  /** Disk chunks the guest needed so far, in order. */
  get touchedChunks(): readonly ChunkReference[] {
    return this.#hardware.chunks.touched;
  }

  async personalise(): Promise<void> {
    await this.agent.agentCall('personalise', this.#parts.identity);
    await this.#setClock();
  }

  /**
   * Sets the guest's clock to the host's. A message needs its time to get there, and the first one after a restore
   * far longer than the next: half of a round trip is added, and it is set again when it took another time than that.
   */
  async #setClock(): Promise<void> {
    const { clock } = this.#parts.host;
    let way = 0;
    for (let attempt = 0; attempt < MOST_CLOCK_ATTEMPTS; attempt++) {
      const sent = clock.monotonic();
      await this.agent.agentCall('clock.set', { time: Math.round(clock.now() + way) });
      const passed = (clock.monotonic() - sent) / 2;
      if (Math.abs(passed - way) < CLOCK_PRECISION_MS) return;
      way = passed;
    }
  }

  /** Warms the profile's tools up in idle time (`warm-up.ts`), until the machine is disposed of. `chunks` are fetched first. */
  warmUp(chunks: readonly ChunkReference[]): void {
    const { agent, host } = this.#parts;
    const { emulator, chunks: store } = this.#hardware;
    const stop = new AbortController();
    this.#store.add({ dispose: () => stop.abort() });
    const target: WarmUpTarget = {
      get busy() {
        return emulator.busy;
      },
      fetch: () => store.prefetch(chunks),
      run: (argv) => agent.agentCall('run', { argv, login: true }),
    };
    // It fails when the machine ends meanwhile, and is missed by nobody.
    warmUp(target, this.profile, host.clock, stop.signal).catch(() => {});
  }

  /** Tells at once and at every change, for as long as the machine lives. */
  watchDisk(onSupply: (supply: DiskSupply) => void): void {
    const { chunks } = this.#hardware;
    this.#store.add(chunks.onSupply(onSupply));
    onSupply(chunks.supply);
  }

  retryDisk(): void {
    this.#hardware.chunks.retry();
  }

  /** Tells when the guest has reset its processor. Nothing but `dispose` makes sense then. */
  watchRestart(onRestart: (rest: MachineRest) => void): void {
    const { emulator, disks, memory } = this.#hardware;
    const { machineId, mac } = this.#parts.identity;
    const [first, second] = disks;
    this.#store.add(
      emulator.onReset(() =>
        onRestart({ memory, disks: [first.get_state(), second.get_state()], machineId, mac }),
      ),
    );
  }

  async pause(): Promise<void> {
    if (this.#paused) return;
    this.#paused = true;
    await this.#hardware.emulator.pause();
  }

  /** Goes on and sets the guest's clock, which stood still. */
  async resume(): Promise<void> {
    if (!this.#paused || this.#isLeaving) return;
    this.#paused = false;
    this.#hardware.emulator.run();
    await this.#setClock();
  }

  /**
   * Everything that `MachineLoader` needs to go on from here; afterwards it runs or is paused as before, also when this fails.
   * @param quiesce Flush the guest's files first. A paused machine is taken as it stands, as any is without this.
   */
  async snapshot(quiesce?: {
    readonly dropCaches: boolean;
  }): Promise<{ header: StateHeader; state: ArrayBuffer }> {
    const { trees, agent } = this.#parts;
    const wasPaused = this.#paused;
    if (!wasPaused && quiesce !== undefined) await agent.agentCall('quiesce', quiesce);
    await this.pause();
    try {
      await this.#settle();
      const state = await this.#hardware.emulator.saveState();
      return { header: { trees: trees.state() }, state };
    } finally {
      if (!wasPaused) await this.resume();
    }
  }

  metrics(): MachineMetrics {
    const { host, trees } = this.#parts;
    const { emulator, disks, memory } = this.#hardware;
    const sum = (value: (disk: CopyOnWriteDisk) => number): number =>
      disks.reduce((total, disk) => total + value(disk), 0);
    return {
      instructions: emulator.instructions,
      cpu: emulator.cpuShare,
      memoryBytes: memory * 1024 * 1024 + sum((disk) => disk.memoryBytes),
      diskReadBytes: sum((disk) => disk.readBytes),
      diskWrittenBytes: sum((disk) => disk.writtenBytes),
      fetchedBytes: host.source.fetchedBytes,
      networkReceivedBytes: this.#receivedFrames,
      networkSentBytes: this.#sentFrames,
      treeRequests: trees.requests,
      paused: this.#paused,
    };
  }

  /** Joins eth0 to an Ethernet; leaves the one before. */
  connectNetwork(port: MessagePort): void {
    this.#network?.dispose();
    const { emulator } = this.#hardware;
    const onMessage = (event: MessageEvent<unknown>): void => {
      if (!(event.data instanceof Uint8Array) || this.#paused) return;
      this.#receivedFrames += event.data.length;
      emulator.sendFrame(event.data);
    };
    port.addEventListener('message', onMessage);
    port.start();
    const outgoing = emulator.onFrame((frame) => {
      this.#sentFrames += frame.length;
      const copy = frame.slice();
      port.postMessage(copy, [copy.buffer]);
    });
    const leave: Disposable = {
      dispose() {
        outgoing.dispose();
        port.removeEventListener('message', onMessage);
        port.close();
      },
    };
    this.#network = leave;
    this.#store.add(leave);
  }

  publishTree(name: string, tree: PublishedTree): void {
    this.#parts.trees.publish(name, tree);
  }

  withdrawTree(name: string): void {
    this.#parts.trees.withdraw(name);
  }

  /** Ends, and leaves its hardware to another machine. Rejects when that is not possible: then there is only `dispose`. */
  async release(): Promise<Hardware> {
    this.#isLeaving = true;
    this.#paused = true;
    const { clock } = this.#parts.host;
    const { emulator } = this.#hardware;
    await within(clock, RELEASE_PATIENCE_MS, emulator.pause());
    this.#end();
    return this.#hardware;
  }

  dispose(): void {
    if (this.#store.disposed) return;
    this.#end();
    this.#hardware.emulator.dispose();
    this.#hardware.chunks.dispose();
  }

  #end(): void {
    this.#store.dispose();
    this.#parts.agent.dispose();
  }

  /** Answers to 9P and disk requests still on their way are delivered to the paused guest. */
  async #settle(): Promise<void> {
    const { emulator, disks, chunks } = this.#hardware;
    const pollMs = 5;
    while (!emulator.isQuiet || disks.some((disk) => disk.pending > 0)) {
      if (chunks.supply.kind === 'waiting')
        throw new MachineError(
          'ARTIFACT_UNAVAILABLE',
          'The machine waits for a part of its disk that cannot be fetched now. Save it when the connection is back.',
          { cause: chunks.supply.error },
        );
      await new Promise<void>((resolve) => this.#parts.host.clock.setTimer(resolve, pollMs));
    }
  }
}
