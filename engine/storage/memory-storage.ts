import type { BlobSource } from '../api/image-tree.ts';
import type { AppendFile, Storage, StorageWriter } from './storage.ts';

/** Grows as a list of chunks; becomes one Blob when it is looked at. */
class MemoryAppendFile implements AppendFile {
  #parts: (Blob | Uint8Array<ArrayBuffer>)[];
  size: number;

  constructor(content: Blob) {
    this.#parts = [content];
    this.size = content.size;
  }

  get blob(): Blob {
    const blob = new Blob(this.#parts);
    this.#parts = [blob];
    return blob;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#parts.push(bytes.slice());
    this.size += bytes.length;
    return Promise.resolve();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  truncate(size: number): Promise<void> {
    this.#parts = [this.blob.slice(0, size)];
    this.size = size;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * For tests, and for browsers that give no storage (private windows). Objects are Blobs: the browser
 * keeps them outside the worker's memory, and they cross to another worker without a copy.
 */
export class MemoryStorage implements Storage {
  readonly #objects: Map<string, Blob | MemoryAppendFile>;

  /** @param files what it holds at first, as `files` gave it */
  constructor(files: Readonly<Record<string, Blob>> = {}) {
    this.#objects = new Map(Object.entries(files));
  }

  /** Everything by name, as it is now: what a crash at this moment would leave. */
  files(): Readonly<Record<string, Blob>> {
    return Object.fromEntries(
      [...this.#objects.keys()].map((name) => [name, this.#blob(name) ?? new Blob()]),
    );
  }

  #blob(name: string): Blob | undefined {
    const found = this.#objects.get(name);
    return found instanceof MemoryAppendFile ? found.blob : found;
  }

  size(name: string): Promise<number | undefined> {
    return Promise.resolve(this.#objects.get(name)?.size);
  }

  source(name: string): Promise<BlobSource | undefined> {
    const blob = this.#blob(name);
    return Promise.resolve(blob === undefined ? undefined : { kind: 'blob', blob });
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const part = this.#blob(name)?.slice(offset, offset + length);
    return part === undefined ? undefined : new Uint8Array(await part.arrayBuffer());
  }

  create(): Promise<StorageWriter> {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    return Promise.resolve({
      write: (bytes) => Promise.resolve(void chunks.push(bytes.slice())),
      commit: (name) => Promise.resolve(void this.#objects.set(name, new Blob(chunks))),
      abort: () => Promise.resolve(void chunks.splice(0)),
    });
  }

  append(name: string): Promise<AppendFile> {
    const file = new MemoryAppendFile(this.#blob(name) ?? new Blob());
    this.#objects.set(name, file);
    return Promise.resolve(file);
  }

  rename(from: string, to: string): Promise<void> {
    const blob = this.#blob(from);
    if (blob === undefined) return Promise.reject(new Error(`there is no ${from}`));
    this.#objects.delete(from);
    this.#objects.set(to, blob);
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.#objects.delete(name);
    return Promise.resolve();
  }

  list(prefix: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const found = [...this.#objects].filter(([name]) => name.startsWith(prefix));
    return Promise.resolve(
      found
        .map(([name, blob]) => ({ name, size: blob.size }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }
}

export function concatenate(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}
