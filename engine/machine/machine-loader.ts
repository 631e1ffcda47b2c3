import type { MachineOptions, MachineProgress, ProfileName } from '../api/machine.ts';
import { within } from '../base/clock.ts';
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
import { Emulator, type EmulatorOptions } from './emulator/emulator.ts';
import { V86_VERSION } from './emulator/v86-internals.ts';
import { Machine } from './machine.ts';
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

  async start(options: MachineOptions, onProgress: OnProgress): Promise<Machine> {
    const { source } = this.#host;
    const wasm = this.#compile();
    wasm.catch(() => {});
    const manifest = await readManifest(source);
    const profile = manifest.profiles[options.profile];
    const memory = options.memory ?? profile.memory;
    const artifacts = await artifactHash(manifest, options.profile, V86_VERSION);
    const store = new ChunkStore(source, new ZstdDecoder(await wasm), this.#host.clock);
    const [disks, start] = await Promise.all([
      this.#openDisks(manifest, options.profile, store),
      this.#load(manifest, options, memory, artifacts, store, onProgress),
    ]);
    const rest = options.start.kind === 'cold' ? options.start.after : undefined;
    if (rest !== undefined) {
      disks[0].set_state(rest.disks[0]);
      disks[1].set_state(rest.disks[1]);
    }
    const machine = await this.#create(
      options,
      memory,
      artifacts,
      await wasm,
      disks,
      store,
      start,
      onProgress,
    );
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

  async #create(
    options: MachineOptions,
    memory: number,
    artifacts: string,
    wasm: WebAssembly.Module,
    disks: [CopyOnWriteDisk, CopyOnWriteDisk],
    chunks: ChunkStore,
    start: Start,
    onProgress: OnProgress,
  ): Promise<Machine> {
    const host = this.#host;
    const { clock } = host;
    const trees = new TreeServer({
      clock,
      ...(host.openFile === undefined ? {} : { openFile: host.openFile }),
    });
    if (start.header !== undefined) trees.restore(start.header.trees);
    const cold = 'boot' in start.emulator;
    if (!cold) onProgress({ phase: 'restoring', text: 'Restoring memory', done: 0, total: 1 });
    const emulator = await Emulator.create({
      memory: memory * MIB,
      wasm,
      disks,
      start: start.emulator,
      handle9p: (request) => trees.handle(request),
      clock,
    }).catch((error: unknown) => {
      if (error instanceof RangeError)
        throw new MachineError(
          'OUT_OF_MEMORY',
          `There is no room for a machine of ${memory} MiB.`,
          { cause: error },
        );
      throw error;
    });
    const serial = new SerialLog();
    emulator.onCrash(host.onCrash);
    emulator.onSerialOutput((byte) => serial.append(byte));
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
      profile: options.profile,
      memory,
      artifacts,
      emulator,
      disks,
      chunks,
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
