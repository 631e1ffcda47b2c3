import type { AppendFile, Storage } from '../../storage/storage.ts';
import { fileName, LOG } from './data-directory.ts';
import { encodeFrame } from './frame.ts';

/** The end of the log. One call at a time. */
export class LogWriter {
  readonly #storage: Storage;
  #file: AppendFile;
  #first: number;
  #next: number;
  #broken = false;

  private constructor(storage: Storage, file: AppendFile, first: number, next: number) {
    this.#storage = storage;
    this.#file = file;
    this.#first = first;
    this.#next = next;
  }

  /** Goes on with the segment `log/first`, of which `validSize` bytes hold records up to `next`. */
  static async open(
    storage: Storage,
    first: number,
    next: number,
    validSize: number,
  ): Promise<LogWriter> {
    const file = await storage.append(fileName(LOG, first));
    if (file.size > validSize) await file.truncate(validSize);
    return new LogWriter(storage, file, first, next);
  }

  /** index of the next record */
  get next(): number {
    return this.#next;
  }

  /** index of the first record of the segment that is written */
  get first(): number {
    return this.#first;
  }

  /** bytes in the segment that is written */
  get size(): number {
    return this.#file.size;
  }

  /** Nothing more can be written: what is stored is not known any more, and must be read again. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Writes records with one flush; they are durable when it resolves. When it rejects they are not
   * in the log, unless it is `broken`: then they may be found there after a restart.
   */
  async append(records: readonly Uint8Array[]): Promise<void> {
    const before = this.#file.size;
    try {
      await this.#file.write(encodeFrame(this.#next, records));
    } catch (error) {
      // A full disk: without what was written in part, the log is as it was.
      await this.#file.truncate(before).catch(() => {
        this.#broken = true;
      });
      throw error;
    }
    try {
      await this.#file.flush();
    } catch (error) {
      // After a failed flush a system may have forgotten what it could not write.
      this.#broken = true;
      throw error;
    }
    this.#next += records.length;
  }

  /** Begins a new segment, unless this one has nothing yet. */
  async roll(): Promise<void> {
    if (this.#next === this.#first) return;
    const file = await this.#storage.append(fileName(LOG, this.#next));
    const old = this.#file;
    this.#file = file;
    this.#first = this.#next;
    await old.close();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
