/** The contract of a machine's worker, and what it takes to start one. */
import type { ByteStream } from './byte-stream.ts';
import type { PublishedTree } from './image-tree.ts';

export type ProfileName = 'docker' | 'docker-reference' | 'node' | 'bare';

export interface MachineOptions {
  readonly profile: ProfileName;
  /** MiB; the profile's own when absent. A saved state restores only into the size it was saved with. */
  readonly memory?: number;
  /** `restore` the profile's prepared state or another one that was prepared of it, `cold` boot from the BIOS (with the disks of a machine that restarts), or a state saved earlier with `save`. */
  readonly start:
    | { readonly kind: 'restore'; readonly state?: string }
    | { readonly kind: 'cold'; readonly after?: MachineRest }
    | { readonly kind: 'saved'; readonly state: SavedMachine };
  readonly hostname: string;
  /** of eth0, such as `10.0.0.11/24` */
  readonly address?: string;
  /** absolute URL, ending in a slash, of the folder that holds `guest/` and `states/`; the origin's root when absent. Node reads files instead. */
  readonly artifacts?: string;
}

/** Everything written to a disk: block numbers, masks and data, one after the other. */
export type DiskWrites = readonly [
  size: number,
  numbers: Uint32Array,
  masks: Uint32Array,
  data: Uint8Array,
];

/** What outlives a restart of a machine: its disks, and who it is. */
export interface MachineRest {
  /** MiB */
  readonly memory: number;
  readonly disks: readonly [DiskWrites, DiskWrites];
  readonly machineId: string;
  readonly mac: string;
}

/** Progress of a start. `done` and `total` share a unit (bytes while fetching, milliseconds expected while booting). */
export interface MachineProgress {
  readonly phase:
    | 'fetching'
    | 'decompressing'
    | 'restoring'
    | 'booting'
    | 'personalising'
    | 'ready';
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

/** A machine at rest. Structured-cloneable and storable. */
export interface SavedMachine {
  readonly profile: ProfileName;
  readonly memory: number;
  /** identifies the guest artifacts it was saved with; a state is refused when they differ */
  readonly artifacts: string;
  /** emulator state and everything written to the disks */
  readonly state: Blob;
  /** images of its Docker engine, which are kept outside of the machine */
  readonly images?: Blob;
}

/** What a file holds that a machine was saved to. */
export interface MachineFile {
  /** given by the one who saved it */
  readonly name: string;
  /** UNIX time in milliseconds */
  readonly savedAt: number;
  readonly saved: SavedMachine;
}

export interface MachineMetrics {
  /** guest instructions executed since the worker began */
  readonly instructions: number;
  /** share of one core over the last second, 0 to 1 */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly diskReadBytes: number;
  readonly diskWrittenBytes: number;
  readonly fetchedBytes: number;
  readonly networkReceivedBytes: number;
  readonly networkSentBytes: number;
  readonly treeRequests: number;
  readonly paused: boolean;
}

/** Whether the content of the disks comes in as the guest needs it. */
export type DiskSupply =
  | { readonly kind: 'flowing' }
  /** A read of the guest waits for a part that could not be fetched; further attempts follow by themselves. */
  | { readonly kind: 'waiting'; readonly attempts: number; readonly error: Error };

/** A stream to the agent with the reply to its opening request. */
export interface OpenedStream {
  readonly reply: unknown;
  readonly stream: ByteStream;
}

/** A connection to a listener in the guest. @param certificates what the client has shown, if it was asked: DER, leaf first */
export type OnConnection = (
  remote: string,
  stream: ByteStream,
  certificates: readonly Uint8Array<ArrayBuffer>[],
) => unknown;

/**
 * What a machine's worker offers. Errors are `MachineError` (code `ARTIFACT_UNAVAILABLE`,
 * `STATE_MISMATCH`, `STATE_DAMAGED`, `BOOT_FAILED`, `OUT_OF_MEMORY`, `NOT_RUNNING`) or `AgentError`.
 */
export interface MachineService {
  /**
   * Called again it starts another machine of the same profile and memory, from a state: in place of the one that runs, which ends,
   * and on the same emulator, whose code is compiled already. When that fails the worker is of no use any more.
   */
  start(options: MachineOptions, onProgress: (progress: MachineProgress) => void): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Without `images`. Afterwards, and from `onTaken` on, the machine runs or is paused as before.
   * @param quick At once, as it stands, and not compressed: for one that is gone back to soon, if at all. Several times as large.
   */
  save(onTaken?: () => void, quick?: boolean): Promise<SavedMachine>;
  /** Rejects with the error that a start from `saved` would end with, as far as that can be told without one. */
  check(saved: SavedMachine): Promise<void>;
  destroy(): Promise<void>;
  metrics(): Promise<MachineMetrics>;
  /** Tells at once and at every change. */
  watchDisk(onSupply: (supply: DiskSupply) => void): Promise<void>;
  /** Fetches now what the guest waits for. */
  retryDisk(): Promise<void>;
  /**
   * Tells when the guest resets its processor, as `reboot` does. This machine has ended then; another
   * one goes on with what is told.
   */
  watchRestart(onRestart: (rest: MachineRest) => void): Promise<void>;
  /** Kernel messages and boot output: the serial console from the beginning. */
  openSerial(): Promise<ReadableStream<Uint8Array>>;
  /** Joins eth0 to an Ethernet: whole frames travel over the port in both directions. */
  connectNetwork(port: MessagePort): Promise<void>;

  /** One of `AgentCalls`. Prefer `AgentClient`, which types it. */
  agentCall(op: string, request: object): Promise<unknown>;
  /**
   * Resolves when the calls of these operations that are under way now have been answered, whoever made them: what
   * somebody asked for who has died since is done, or it has failed.
   */
  agentSettled(ops: readonly string[]): Promise<void>;
  /** One of `AgentStreams`. */
  agentOpen(op: string, request: object): Promise<OpenedStream>;
  /** Listens in the guest (`AgentStreams.listen`); each connection is handed to `onConnection`. Ends when the returned function is called. */
  agentListen(request: object, onConnection: OnConnection): Promise<() => Promise<void>>;

  /** Makes a read-only tree appear at `/run/drydock/images/<name>` in the guest, over 9p. */
  publishTree(name: string, tree: PublishedTree): Promise<void>;
  withdrawTree(name: string): Promise<void>;
}
