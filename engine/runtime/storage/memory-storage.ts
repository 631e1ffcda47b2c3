import type { BlobSource } from '../../api/image-tree.ts';
import type { Storage, StorageWriter } from './storage.ts';

/** For tests, and for browsers that give no storage (private windows). */
export class MemoryStorage implements Storage {
  readonly #objects = new Map<string, Uint8Array>();

  size(name: string): Promise<number | undefined> {
    return Promise.resolve(this.#objects.get(name)?.length);
  }

  source(name: string): Promise<BlobSource | undefined> {
    const bytes = this.#objects.get(name);
    // A Blob crosses to another worker without a copy; bytes would be cloned.
    return Promise.resolve(
      bytes === undefined ? undefined : { kind: 'blob', blob: new Blob([bytes.slice()]) },
    );
  }

  read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#objects.get(name)?.slice(offset, offset + length));
  }

  create(): Promise<StorageWriter> {
    const chunks: Uint8Array[] = [];
    return Promise.resolve({
      write: (bytes) => Promise.resolve(void chunks.push(bytes.slice())),
      commit: (name) => Promise.resolve(void this.#objects.set(name, concatenate(chunks))),
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
        .map(([name, bytes]) => ({ name, size: bytes.length }))
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
