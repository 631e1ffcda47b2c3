import type { MachineOptions, MachineProgress, ProfileName } from '../api/machine.ts';
import { within } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { readJson } from './artifacts/artifact-source.ts';
import {
  artifactHash,
  openDiskIndex,
  readManifest,
  type GuestManifest,
} from './artifacts/guest-manifest.ts';
import { ZstdDecoder } from './artifacts/zstd-decoder.ts';
import { AgentSession } from './agent/agent-session.ts';
import type { ByteChannel } from './agent/byte-channel.ts';
import { ChunkStore, type ChunkReference } from './disks/chunk-store.ts';
import { ChunkedDisk } from './disks/chunked-disk.ts';
import { CopyOnWriteDisk } from './disks/copy-on-write-disk.ts';
import { PartitionedDisk } from './disks/partitioned-disk.ts';
import { Emulator, type EmulatorOptions, type Handle9p } from './emulator/emulator.ts';
import { V86_VERSION } from './emulator/v86-internals.ts';
import { Machine, type Hardware } from './machine.ts';
import { MachineError } from './machine-error.ts';
import type { MachineHost } from './machine-host.ts';
import { newIdentity } from './machine-identity.ts';
import { SerialLog } from './serial-log.ts';
import {
  checkIdentity,
  stateName,
  PREPARED_VERSION,
  unpackState,
  type PreparedState,
  type StateHeader,
} from './states/state-file.ts';
import { TreeServer } from './trees/tree-server.ts';

export type OnProgress = (progress: MachineProgress) => void;

const MIB = 1024 * 1024;
/** A cold boot takes about 4 s on the reference computer; this scales the progress bar. */
const EXPECTED_BOOT_MS = 4000;
const BOOT_DEADLINE_MS = 240_000;
/** A restored guest answers within milliseconds on an idle computer; a silence this long means the state is bad. */
const RESTORE_DEADLINE_MS = 90_000;
const PROGRESS_INTERVAL_MS = 100;
/** A start is given up when a part of the disk could not be fetched so often: after about 12 s. */
const STARVED_AFTER = 5;
/** How much of the serial log an error shows. */
const LOG_TAIL = 1500;

interface Start {
  readonly emulator: EmulatorOptions['start'];
  readonly header: StateHeader | undefined;
  /** chunks to fetch when the machine is idle */
  readonly laterChunks: readonly ChunkReference[];
}

/** Starts machines of one host: fetches what they need, restores or boots, greets the agent, personalises. */
export class MachineLoader {
  readonly #host: MachineHost;
  #wasm: Promise<WebAssembly.Module> | undefined;

  constructor(host: MachineHost) {
    this.#host = host;
  }

  /** @param former what another machine ran on, and this one is to: of the same profile and memory, and only for a start from a state */
  async start(
    options: MachineOptions,
    onProgress: OnProgress,
    former?: Hardware,
  ): Promise<Machine> {
    const { source } = this.#host;
    const wasm = this.#compile();
    wasm.catch(() => {});
    const manifest = await readManifest(source);
    const profile = manifest.profiles[options.profile];
    const memory = options.memory ?? profile.memory;
    if (former !== undefined && (former.profile !== options.profile || former.memory !== memory))
      throw new TypeError('A machine of another profile or memory ran here.');
    const artifacts = await artifactHash(manifest, options.profile, V86_VERSION);
    const chunks =
      former?.chunks ?? new ChunkStore(source, new ZstdDecoder(await wasm), this.#host.clock);
    const [disks, start] = await Promise.all([
      former?.disks ?? this.#openDisks(manifest, options.profile, chunks),
      this.#load(manifest, options, memory, artifacts, chunks, onProgress),
    ]);
    const rest = options.start.kind === 'cold' ? options.start.after : undefined;
    if (rest !== undefined) {
      disks[0].set_state(rest.disks[0]);
      disks[1].set_state(rest.disks[1]);
    }
    const trees = this.#serveTrees(start.header);
    if (!('boot' in start.emulator))
      onProgress({ phase: 'restoring', text: 'Restoring memory', done: 0, total: 1 });
    const emulator = await this.#emulate(
      { memory: memory * MIB, wasm: await wasm, disks, start: start.emulator },
      trees,
      former?.emulator,
    );
    const hardware = { profile: options.profile, memory, emulator, disks, chunks };
    const machine = await this.#bringUp(options, hardware, artifacts, trees, onProgress);
    try {
      onProgress({
        phase: 'personalising',
        text: 'Giving the machine its identity',
        done: 0,
        total: 1,
      });
      await machine.personalise();
    } catch (error) {
      machine.dispose();
      throw error;
    }
    if (this.#host.warmUp) machine.warmUp(start.laterChunks);
    onProgress({ phase: 'ready', text: 'Ready', done: 1, total: 1 });
    return machine;
  }

  #compile(): Promise<WebAssembly.Module> {
    this.#wasm ??= this.#host.wasm();
    return this.#wasm;
  }

  async #openDisks(
    manifest: GuestManifest,
    profile: ProfileName,
    store: ChunkStore,
  ): Promise<[CopyOnWriteDisk, CopyOnWriteDisk]> {
    const names = [...manifest.profiles[profile].partitions, 'scratch'];
    const contents = await Promise.all(
      names.map(async (name) => {
        const { index, chunks } = await openDiskIndex(this.#host.source, manifest, name);
        return new ChunkedDisk(index, chunks, store);
      }),
    );
    const scratch = contents.pop();
    if (scratch === undefined) throw new RangeError('The guest has no scratch disk.');
    return [new CopyOnWriteDisk(new PartitionedDisk(contents)), new CopyOnWriteDisk(scratch)];
  }

  async #load(
    manifest: GuestManifest,
    options: MachineOptions,
    memory: number,
    artifacts: string,
    store: ChunkStore,
    onProgress: OnProgress,
  ): Promise<Start> {
    switch (options.start.kind) {
      case 'cold':
        return {
          emulator: { boot: await this.#loadBoot(manifest, options.profile, onProgress) },
          header: undefined,
          laterChunks: [],
        };
      case 'restore': {
        const name =
          options.start.state ??
          stateName(options.profile, memory, manifest.profiles[options.profile].memory);
        return this.#loadPrepared(name, artifacts, store, onProgress);
      }
      case 'saved': {
        const { state: saved } = options.start;
        checkIdentity(saved, { profile: options.profile, memory, artifacts });
        onProgress({
          phase: 'decompressing',
          text: 'Unpacking the saved machine',
          done: 0,
          total: 1,
        });
        const { header, state } = await unpackState(saved.state);
        return { emulator: { state }, header, laterChunks: [] };
      }
    }
  }

  async #loadBoot(
    manifest: GuestManifest,
    profile: ProfileName,
    onProgress: OnProgress,
  ): Promise<Extract<Start['emulator'], { boot: unknown }>['boot']> {
    const files = [manifest.bios, manifest.vgaBios, manifest.kernel];
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const done = files.map(() => 0);
    const [bios, vgaBios, kernel] = await Promise.all(
      files.map(async (file, index) => {
        const content = await this.#host.source.read(`guest/${file.path}`, {
          onProgress: (bytes) => {
            done[index] = bytes;
            onProgress({
              phase: 'fetching',
              text: 'Fetching the kernel',
              done: done.reduce((sum, part) => sum + part, 0),
              total,
            });
          },
        });
        return content.buffer;
      }),
    );
    if (bios === undefined || vgaBios === undefined || kernel === undefined)
      throw new RangeError('The guest manifest lacks boot files.');
    return { bios, vgaBios, kernel, cmdline: manifest.profiles[profile].cmdline };
  }

  async #loadPrepared(
    name: string,
    artifacts: string,
    store: ChunkStore,
    onProgress: OnProgress,
  ): Promise<Start> {
    const { source } = this.#host;
    const prepared = await readJson<PreparedState>(source, `states/${name}.json`);
    if (prepared.formatVersion !== PREPARED_VERSION || prepared.artifacts !== artifacts) {
      throw new MachineError(
        'STATE_MISMATCH',
        `The prepared state of ${name} is older than the guest: prepare it again (npm start does).`,
      );
    }
    void store.prefetch(prepared.chunks);
    const { size, stateSize, header, laterChunks } = prepared;
    const content = await source.read(`states/${prepared.file}`, {
      onProgress: (done) =>
        onProgress({ phase: 'fetching', text: 'Fetching the machine', done, total: size }),
    });
    onProgress({
      phase: 'decompressing',
      text: 'Unpacking the machine',
      done: 0,
      total: stateSize,
    });
    // A decoder of its own, because it needs twice the state's size, which it gives back only as a whole.
    const state = new ZstdDecoder(await this.#compile()).decode(content, stateSize);
    return { emulator: { state: state.buffer }, header, laterChunks };
  }

  #serveTrees(header: StateHeader | undefined): TreeServer {
    const { clock, openFile } = this.#host;
    const trees = new TreeServer({ clock, ...(openFile === undefined ? {} : { openFile }) });
    if (header !== undefined) trees.restore(header.trees);
    return trees;
  }

  async #emulate(
    parts: Omit<EmulatorOptions, 'handle9p' | 'clock'>,
    trees: TreeServer,
    former: Emulator | undefined,
  ): Promise<Emulator> {
    const handle9p: Handle9p = (request) => trees.handle(request);
    try {
      if (former === undefined)
        return await Emulator.create({ ...parts, handle9p, clock: this.#host.clock });
      if ('boot' in parts.start) throw new TypeError('A machine that boots has a new emulator.');
      former.become(parts.start.state, handle9p);
      return former;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const text = `There is no room for a machine of ${parts.memory / MIB} MiB.`;
      throw new MachineError('OUT_OF_MEMORY', text, { cause: error });
    }
  }

  /** Sets it going, and waits for its agent. */
  async #bringUp(
    options: MachineOptions,
    hardware: Hardware,
    artifacts: string,
    trees: TreeServer,
    onProgress: OnProgress,
  ): Promise<Machine> {
    const host = this.#host;
    const { clock } = host;
    const { emulator, chunks } = hardware;
    const cold = options.start.kind === 'cold';
    const subscriptions = new DisposableStore();
    const serial = new SerialLog();
    subscriptions.add(emulator.onCrash(host.onCrash));
    subscriptions.add(emulator.onSerialOutput((byte) => serial.append(byte)));
    const channel: ByteChannel = {
      send: (bytes) => emulator.channel.send(bytes),
      onReceive(listener) {
        const subscription = emulator.channel.onOutput(listener);
        return () => subscription.dispose();
      },
    };
    emulator.run();
    const agent = new AgentSession(channel, { clock, random: host.random });
    const began = clock.monotonic();
    let panic: (error: Error) => void = () => {};
    const panicked = new Promise<never>((_resolve, reject) => (panic = reject));
    const starving = chunks.onSupply((supply) => {
      if (supply.kind === 'waiting' && supply.attempts >= STARVED_AFTER) panic(supply.error);
    });
    const report = (): void => {
      const line = serial.tail(200).trimEnd().split('\n').at(-1) ?? '';
      if (line.includes('Kernel panic')) panic(new Error(line));
      onProgress({
        phase: 'booting',
        text: line,
        done: Math.min(clock.monotonic() - began, EXPECTED_BOOT_MS),
        total: EXPECTED_BOOT_MS,
      });
      ticking = clock.setTimer(report, PROGRESS_INTERVAL_MS);
    };
    let ticking = cold ? clock.setTimer(report, PROGRESS_INTERVAL_MS) : undefined;
    try {
      await within(
        clock,
        cold ? BOOT_DEADLINE_MS : RESTORE_DEADLINE_MS,
        Promise.race([agent.ready(), panicked]),
      );
    } catch (error) {
      subscriptions.dispose();
      agent.dispose();
      emulator.dispose();
      chunks.dispose();
      if (error instanceof MachineError) throw error;
      throw new MachineError(
        'BOOT_FAILED',
        `The machine did not come up. Its last messages:\n${serial.tail(LOG_TAIL)}`,
        { cause: error },
      );
    } finally {
      ticking?.dispose();
      starving.dispose();
    }
    return new Machine({
      host,
      hardware,
      artifacts,
      subscriptions,
      trees,
      agent,
      serial,
      identity: newIdentity(
        options,
        options.start.kind === 'cold' ? options.start.after : undefined,
        host.random,
        clock,
      ),
    });
  }
}
