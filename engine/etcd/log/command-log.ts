import { EtcdError } from '../../api/etcd.ts';
import { Emitter } from '../../base/emitter.ts';
import { runSoon } from '../../base/run-soon.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Command } from '../state/command.ts';
import type { Identity, Outcome, StateMachine } from '../state/state-machine.ts';
import type { Version } from '../store/version.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { encodeCommand } from '../wire/command-codec.ts';
import { HEADER_BYTES, MAX_PAYLOAD } from './frame.ts';
import type { LogWriter } from './log-writer.ts';
import { recover, removeOld, writeSnapshot } from './recovery.ts';
import { captureSnapshot } from './snapshot.ts';

/** Bytes of commands that share a flush. */
const BATCH_BYTES = MAX_PAYLOAD / 4;
/** Bytes of log that make a snapshot worth its while. */
const SNAPSHOT_BYTES = 16 * 1024 * 1024;

export interface CommandLogOptions {
  /** for an empty storage */
  readonly newIdentity: () => Identity;
  readonly onError: (error: unknown) => void;
  readonly snapshotBytes?: number;
}

interface Proposal {
  readonly command: Command;
  readonly record: Uint8Array;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts commands in order, makes them durable, then applies them: nothing is seen, by anybody,
 * that a crash could take back. All that are proposed while a flush is under way share the next.
 * For one member the log is its own; several members would agree on it here (Raft).
 */
export class CommandLog {
  readonly machine: StateMachine;
  readonly #storage: Storage;
  readonly #writer: LogWriter;
  readonly #options: CommandLogOptions;
  readonly #applied = new Emitter<readonly Version[]>();
  readonly #batch = new Emitter<void>();
  readonly #failed = new Emitter<void>();
  readonly #encoder = new ByteWriter();
  #queue: Proposal[] = [];
  #pump: Promise<void> | undefined;
  #state: 'open' | 'closed' | 'failed' = 'open';
  /** the one that is being written */
  #snapshot: Promise<void> | undefined;
  #snapshotDue = false;
  #snapshotSize = 0;
  #snapshotWaiters: Waiter[] = [];

  private constructor(
    storage: Storage,
    machine: StateMachine,
    writer: LogWriter,
    options: CommandLogOptions,
  ) {
    this.#storage = storage;
    this.machine = machine;
    this.#writer = writer;
    this.#options = options;
  }

  /** @throws EtcdError `CORRUPT` */
  static async open(storage: Storage, options: CommandLogOptions): Promise<CommandLog> {
    const { machine, log } = await recover(storage, options.newIdentity);
    return new CommandLog(storage, machine, log, options);
  }

  /** Fires for each revision, in order, when it can be read. */
  readonly onApplied = this.#applied.event;
  /** Fires after the revisions of one flush, before their proposals resolve. */
  readonly onBatch = this.#batch.event;
  /** Fires when nothing can be stored any more: whoever owns this has to open it again. */
  readonly onFailed = this.#failed.event;

  get lastIndex(): number {
    return this.#writer.next - 1;
  }

  /** @throws EtcdError `STOPPED` */
  checkOpen(): void {
    if (this.#state !== 'open') throw new EtcdError('STOPPED');
  }

  /**
   * Resolves with what the command did, when it is durable and done.
   * @param maxBytes of the command
   * @throws EtcdError what the command failed with, `REQUEST_TOO_LARGE`, `NO_SPACE`, `STOPPED`
   */
  propose(command: Command, maxBytes: number): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.checkOpen();
      const record = encodeCommand(this.#encoder, command);
      if (record.length > maxBytes) throw new EtcdError('REQUEST_TOO_LARGE');
      this.#queue.push({ command, record, resolve, reject });
      this.#wake();
    });
  }

  /** Replaces the log by a snapshot of now. */
  snapshot(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.checkOpen();
      this.#snapshotWaiters.push({ resolve, reject });
      this.#wake();
    });
  }

  /** Finishes what was proposed and lets go of the storage. */
  async close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closed';
    while (this.#pump !== undefined || this.#snapshot !== undefined) {
      await this.#pump;
      await this.#snapshot;
    }
    await this.#writer.close();
  }

  #wake(): void {
    this.#pump ??= this.#run();
  }

  async #run(): Promise<void> {
    // Messages from other workers that have arrived get in too. Where a flush holds up the whole
    // worker (the browser's file system), nothing else would bring them together.
    await nextTurn();
    while (this.#state !== 'failed' && (this.#queue.length > 0 || this.#wantsSnapshot)) {
      if (this.#wantsSnapshot) await this.#beginSnapshot();
      const batch = this.#takeBatch();
      if (batch.length > 0) await this.#commit(batch);
    }
    // In the same turn as the last look at the queue: what comes later starts anew.
    this.#pump = undefined;
  }

  get #wantsSnapshot(): boolean {
    // One that is under way may be older than who waits.
    const wanted = this.#snapshotDue || this.#snapshotWaiters.length > 0;
    return wanted && this.#snapshot === undefined;
  }

  #takeBatch(): Proposal[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += record.length + HEADER_BYTES;
      if (count > 0 && bytes > BATCH_BYTES) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Proposal[]): Promise<void> {
    try {
      await this.#writer.append(batch.map(({ record }) => record));
    } catch (error) {
      const failure = this.#writer.broken ? stopped(error) : noSpace(error);
      for (const proposal of batch) proposal.reject(failure);
      if (this.#writer.broken) this.#fail(error);
      return;
    }
    const outcomes = batch.map(({ command }) => {
      const { outcome, changes } = this.machine.apply(command);
      if (changes.length > 0) this.#applied.fire(changes);
      return outcome;
    });
    this.#batch.fire();
    batch.forEach(({ resolve, reject }, position) => {
      const outcome = outcomes[position] as Outcome | EtcdError;
      if (outcome instanceof EtcdError) reject(outcome);
      else resolve(outcome);
    });
    const enough = Math.max(this.#options.snapshotBytes ?? SNAPSHOT_BYTES, this.#snapshotSize);
    if (this.#writer.size > enough) this.#snapshotDue = true;
  }

  /** Everything that waits fails, and everything later. */
  #fail(error: unknown): void {
    this.#state = 'failed';
    for (const { reject } of [...this.#queue.splice(0), ...this.#snapshotWaiters.splice(0)])
      reject(stopped(error));
    this.#options.onError(error);
    this.#failed.fire();
  }

  /** The log goes on in a new segment while the state as of now is written. */
  async #beginSnapshot(): Promise<void> {
    this.#snapshotDue = false;
    const waiters = this.#snapshotWaiters.splice(0);
    const failed = (error: unknown): void => {
      // Without a snapshot the log is longer; nothing is lost.
      this.#options.onError(error);
      for (const { reject } of waiters) reject(error);
    };
    try {
      await this.#writer.roll();
    } catch (error) {
      failed(error);
      return;
    }
    this.#snapshot = this.#writeSnapshot()
      .then(() => {
        for (const { resolve } of waiters) resolve();
      }, failed)
      .finally(() => {
        this.#snapshot = undefined;
        if (this.#wantsSnapshot) this.#wake();
      });
  }

  /** Begins before anything else is applied. */
  async #writeSnapshot(): Promise<void> {
    const { appliedIndex } = this.machine;
    const { first } = this.#writer;
    const frames = captureSnapshot(this.machine);
    let size = 0;
    await writeSnapshot(
      this.#storage,
      appliedIndex,
      inTurns(frames, (bytes) => (size += bytes)),
    );
    this.#snapshotSize = size;
    await removeOld(this.#storage, appliedIndex, first);
  }
}

/** Lets others have their turn between frames. */
async function* inTurns(
  frames: Iterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (const frame of frames) {
    onBytes(frame.length);
    yield frame;
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => runSoon(resolve));
}

function noSpace(cause: unknown): EtcdError {
  return new EtcdError('NO_SPACE', undefined, { cause });
}

function stopped(cause: unknown): EtcdError {
  return new EtcdError('STOPPED', undefined, { cause });
}
