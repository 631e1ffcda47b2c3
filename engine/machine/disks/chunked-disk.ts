import type { DiskIndex } from '../artifacts/guest-manifest.ts';
import type { ChunkReference, ChunkStore } from './chunk-store.ts';
import type { DiskContent } from './disk.ts';

/** A disk whose content is fetched in chunks when it is first read. */
export class ChunkedDisk implements DiskContent {
  readonly size: number;
  readonly #index: DiskIndex;
  readonly #directory: string;
  readonly #store: ChunkStore;

  /** @param directory where `<hash>.zst` files are */
  constructor(index: DiskIndex, directory: string, store: ChunkStore) {
    this.size = index.size;
    this.#index = index;
    this.#directory = directory;
    this.#store = store;
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    const { chunkSize } = this.#index;
    const first = Math.floor(offset / chunkSize);
    const last = Math.floor((offset + length - 1) / chunkSize);
    const start = offset - first * chunkSize;
    if (first === last) {
      const chunk = this.#chunk(first);
      return chunk instanceof Uint8Array
        ? chunk.subarray(start, start + length)
        : chunk.then((content) => content.subarray(start, start + length));
    }
    const chunks = Array.from({ length: last - first + 1 }, (_, index) =>
      this.#chunk(first + index),
    );
    const join = (parts: readonly Uint8Array[]): Uint8Array => {
      const result = new Uint8Array(length);
      for (const [index, part] of parts.entries()) {
        const position = index * chunkSize - start;
        if (position < 0) result.set(part.subarray(-position));
        else result.set(part.subarray(0, length - position), position);
      }
      return result;
    };
    const ready = chunks.filter((chunk) => chunk instanceof Uint8Array);
    return ready.length === chunks.length ? join(ready) : Promise.all(chunks).then(join);
  }

  #chunk(index: number): Uint8Array | Promise<Uint8Array> {
    const hash = this.#index.chunks[index];
    if (hash === undefined)
      throw new RangeError(`Chunk ${index} is beyond the end of ${this.#directory}.`);
    const size = Math.min(this.#index.chunkSize, this.size - index * this.#index.chunkSize);
    if (hash === null) return new Uint8Array(size);
    const reference: ChunkReference = { path: `${this.#directory}/${hash}.zst`, hash, size };
    return this.#store.read(reference);
  }
}
