import type { DiskSupply } from '../../api/machine.ts';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { ArtifactSource, ReadOptions } from '../artifacts/artifact-source.ts';
import { sha256 } from '../artifacts/guest-manifest.ts';
import type { ZstdDecoder } from '../artifacts/zstd-decoder.ts';
import { MachineError } from '../machine-error.ts';
import { RecentBytes } from './recent-bytes.ts';

/** Decompressed chunks kept, in bytes. The guest's page cache remembers what it reads; this catches neighbours. */
const CONTENT_CACHE = 16 * 1024 * 1024;
/**
 * Compressed chunks kept, in bytes. A Go program of 50 MB is read in the order of its page faults,
 * which comes back to every chunk: decompressing one again takes 0.5 ms, fetching it from
 * the browser's cache ten times that.
 */
const COMPRESSED_CACHE = 32 * 1024 * 1024;
/** Chunks fetched at once ahead of need: few, so that one that is needed now does not wait long. */
const PREFETCH_STREAMS = 3;
/** Pauses between attempts for a chunk that the guest waits for, in milliseconds; the last one repeats. */
const RETRY_DELAYS = [250, 1000, 3000, 8000, 15_000];
/** So many failures in a row are worth telling: one may be a change of networks. */
const WORTH_TELLING = 2;

/** A chunk by where it is and what it is. */
export interface ChunkReference {
  /** path of the compressed file */
  readonly path: string;
  /** first 32 hexadecimal digits of the SHA-256 of the content */
  readonly hash: string;
  /** bytes of the content */
  readonly size: number;
}

type Attempt = NonNullable<ReadOptions['attempt']>;

/** Fetches, decompresses, verifies and caches the chunks of all disks of a machine. */
export class ChunkStore {
  readonly #source: ArtifactSource;
  readonly #decoder: ZstdDecoder;
  readonly #clock: Clock;
  readonly #contents = new RecentBytes(CONTENT_CACHE);
  /** verified */
  readonly #compressed = new RecentBytes(COMPRESSED_CACHE);
  readonly #loading = new Map<string, Promise<Uint8Array>>();
  readonly #touched = new Map<string, ChunkReference>();
  readonly #supplied = new Emitter<DiskSupply>();
  /** Fires at every change of `supply`. */
  readonly onSupply = this.#supplied.event;
  /** chunks that a read waits for and that failed, by hash */
  readonly #missing = new Map<string, { readonly attempts: number; readonly error: Error }>();
  readonly #tryNow = new Emitter<void>();
  #prefetching = false;
  #disposed = false;

  constructor(source: ArtifactSource, decoder: ZstdDecoder, clock: Clock) {
    this.#source = source;
    this.#decoder = decoder;
    this.#clock = clock;
  }

  get supply(): DiskSupply {
    const [worst] = [...this.#missing.values()].toSorted((a, b) => b.attempts - a.attempts);
    return worst === undefined || worst.attempts < WORTH_TELLING
      ? { kind: 'flowing' }
      : { kind: 'waiting', ...worst };
  }

  /** Fetches now what is waited for. */
  retry(): void {
    this.#tryNow.fire();
  }

  /** Every chunk that was read so far, in the order of first need. Not those that were only prefetched. */
  get touched(): readonly ChunkReference[] {
    return [...this.#touched.values()];
  }

  /** Of a chunk that cannot be fetched it tells by `supply`, and tries again until it can. Rejects only when disposed of. */
  read(chunk: ChunkReference): Uint8Array | Promise<Uint8Array> {
    if (!this.#touched.has(chunk.hash)) this.#touched.set(chunk.hash, chunk);
    const content = this.#contents.get(chunk.hash);
    if (content !== undefined) return content;
    const compressed = this.#compressed.get(chunk.hash);
    if (compressed === undefined) return this.#obtain(chunk);
    const again = this.#decoder.decode(compressed, chunk.size);
    this.#contents.set(chunk.hash, again);
    return again;
  }

  /** Loads chunks in the given order while nothing better is known. Failures are left for the read that needs the chunk. */
  async prefetch(chunks: readonly ChunkReference[]): Promise<void> {
    if (this.#prefetching) return;
    this.#prefetching = true;
    const queue = chunks[Symbol.iterator]();
    const worker = async (): Promise<void> => {
      for (const chunk of queue) {
        if (!this.#prefetching) return;
        if (!this.#compressed.has(chunk.hash)) await this.#load(chunk, 'once').catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: PREFETCH_STREAMS }, worker));
    this.#prefetching = false;
  }

  /** Stops fetching and forgets everything. */
  dispose(): void {
    this.#disposed = true;
    this.#prefetching = false;
    this.#supplied.dispose();
    this.#tryNow.fire();
    this.#contents.clear();
    this.#compressed.clear();
  }

  async #obtain(chunk: ChunkReference): Promise<Uint8Array> {
    for (let attempts = 1; ; attempts++) {
      try {
        const content = await this.#load(chunk, attempts === 1 ? 'once' : 'past-cache');
        if (this.#missing.delete(chunk.hash)) this.#supplied.fire(this.supply);
        return content;
      } catch (error) {
        if (this.#disposed) throw error;
        this.#missing.set(chunk.hash, { attempts, error: error as Error });
        this.#supplied.fire(this.supply);
        await this.#pause(RETRY_DELAYS[Math.min(attempts, RETRY_DELAYS.length) - 1] ?? 0);
      }
    }
  }

  /** Ends early when told to try now. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer.dispose();
        early.dispose();
        resolve();
      };
      const timer = this.#clock.setTimer(go, milliseconds);
      const early = this.#tryNow.event(go);
    });
  }

  #load(chunk: ChunkReference, attempt: Attempt): Promise<Uint8Array> {
    let loading = this.#loading.get(chunk.hash);
    if (loading === undefined) {
      loading = this.#fetch(chunk, attempt).finally(() => this.#loading.delete(chunk.hash));
      this.#loading.set(chunk.hash, loading);
    }
    return loading;
  }

  async #fetch(chunk: ChunkReference, attempt: Attempt): Promise<Uint8Array> {
    const compressed = await this.#source.read(chunk.path, { attempt });
    const content = this.#decoder.decode(compressed, chunk.size);
    if (!(await sha256(content)).startsWith(chunk.hash)) {
      throw new MachineError(
        'ARTIFACT_UNAVAILABLE',
        `${chunk.path} is damaged: its content does not have the hash in its name.`,
      );
    }
    this.#compressed.set(chunk.hash, compressed);
    this.#contents.set(chunk.hash, content);
    return content;
  }
}
