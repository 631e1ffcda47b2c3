import type { Random } from '../../base/random.ts';
import type { BlobSource } from '../../api/image-tree.ts';
import type { AppendFile, Storage, StorageWriter } from '../../storage/storage.ts';
import { concatenate } from '../../storage/memory-storage.ts';

/** Power was lost. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

interface File {
  durable: Uint8Array<ArrayBuffer>;
  /** written since the last flush */
  volatile: Uint8Array<ArrayBuffer>;
}

/**
 * A storage that loses power at its nth step. Steps are all that changes what is stored; the one
 * that the crash interrupts happens in part. `survivors` is what a restart finds.
 */
export class CrashStorage implements Storage {
  readonly #files: Map<string, File>;
  /** files that were removed but may come back */
  readonly #removed = new Map<string, File>();
  readonly #random: Random;
  readonly #crashAt: number;
  #steps = 0;

  constructor(random: Random, crashAt = Number.POSITIVE_INFINITY, files = new Map<string, File>()) {
    this.#random = random;
    this.#crashAt = crashAt;
    this.#files = files;
  }

  get steps(): number {
    return this.#steps;
  }

  get crashed(): boolean {
    return this.#steps >= this.#crashAt;
  }

  /** What a machine that lost power finds: of what was not durable any part, in any state. */
  survivors(crashAt?: number): CrashStorage {
    const files = new Map<string, File>();
    for (const [name, file] of this.#removed)
      if (this.#random.next() < 0.5) files.set(name, { ...file });
    for (const [name, { durable, volatile }] of this.#files) {
      const part = volatile.slice(0, Math.floor(this.#random.next() * (volatile.length + 1)));
      // Some systems grow a file before they write to it.
      const zeros = this.#random.next() < 0.3 ? volatile.length - part.length : 0;
      const found = concatenate([durable, part, new Uint8Array(zeros)]);
      files.set(name, { durable: found, volatile: new Uint8Array() });
    }
    return new CrashStorage(this.#random, crashAt, files);
  }

  /** Changes a byte of what is stored. */
  damage(name: string, offset: number): void {
    const { durable } = this.#files.get(name) as File;
    durable[offset] = (durable[offset] as number) ^ 0x40;
  }

  /** One step; `partly` is what a crash in the middle leaves. Resolves later, as hosts do. */
  async #step(whole: () => void, partly: () => void = () => {}): Promise<void> {
    if (this.crashed) throw new CrashError();
    this.#steps++;
    if (this.crashed) {
      partly();
      throw new CrashError();
    }
    await Promise.resolve();
    whole();
  }

  size(name: string): Promise<number | undefined> {
    const file = this.#files.get(name);
    return Promise.resolve(
      file === undefined ? undefined : file.durable.length + file.volatile.length,
    );
  }

  source(): Promise<BlobSource | undefined> {
    return Promise.resolve(undefined);
  }

  read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const file = this.#files.get(name);
    if (file === undefined) return Promise.resolve(undefined);
    const bytes = concatenate([file.durable, file.volatile]);
    return Promise.resolve(bytes.slice(offset, offset + length));
  }

  list(prefix: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const found = [...this.#files].filter(([name]) => name.startsWith(prefix));
    return Promise.resolve(
      found
        .map(([name, file]) => ({ name, size: file.durable.length + file.volatile.length }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  create(): Promise<StorageWriter> {
    const chunks: Uint8Array[] = [];
    return Promise.resolve({
      write: (bytes) => this.#step(() => void chunks.push(bytes.slice())),
      commit: (name) => {
        const place = (): void => {
          this.#files.set(name, { durable: concatenate(chunks), volatile: new Uint8Array() });
        };
        return this.#step(place, () => {
          if (this.#random.next() < 0.5) place();
        });
      },
      abort: () => Promise.resolve(),
    });
  }

  async append(name: string): Promise<AppendFile> {
    const empty = (): File => ({ durable: new Uint8Array(), volatile: new Uint8Array() });
    if (!this.#files.has(name)) await this.#step(() => void this.#files.set(name, empty()));
    const file = this.#files.get(name) as File;
    const size = (): number => file.durable.length + file.volatile.length;
    const flush = (): void => {
      file.durable = concatenate([file.durable, file.volatile]);
      file.volatile = new Uint8Array();
    };
    return {
      get size() {
        return size();
      },
      write: (bytes) => {
        const write = (part: Uint8Array): void => {
          file.volatile = concatenate([file.volatile, part]);
        };
        return this.#step(
          () => write(bytes),
          () => write(bytes.subarray(0, Math.floor(this.#random.next() * bytes.length))),
        );
      },
      flush: () => this.#step(flush, () => void (this.#random.next() < 0.5 && flush())),
      truncate: (length) =>
        this.#step(() => {
          flush();
          file.durable = file.durable.slice(0, length);
        }),
      close: () => Promise.resolve(),
    };
  }

  rename(): Promise<void> {
    return Promise.reject(new Error('etcd renames nothing'));
  }

  remove(name: string): Promise<void> {
    return this.#step(() => {
      const file = this.#files.get(name);
      if (file !== undefined) this.#removed.set(name, file);
      this.#files.delete(name);
    });
  }
}
