import type { BlobSource } from '../../api/image-tree.ts';
import type { Storage, StorageWriter } from './storage.ts';

/**
 * For tests, and for browsers that give no storage (private windows). Objects are Blobs: the browser
 * keeps them outside the worker's memory, and they cross to another worker without a copy.
 */
export class MemoryStorage implements Storage {
  readonly #objects = new Map<string, Blob>();

  size(name: string): Promise<number | undefined> {
    return Promise.resolve(this.#objects.get(name)?.size);
  }

  source(name: string): Promise<BlobSource | undefined> {
    const blob = this.#objects.get(name);
    return Promise.resolve(blob === undefined ? undefined : { kind: 'blob', blob });
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const part = this.#objects.get(name)?.slice(offset, offset + length);
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
