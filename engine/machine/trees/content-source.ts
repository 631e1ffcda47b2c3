import type { BlobSource } from '../../api/image-tree.ts';
import type { ContentSource } from './served-node.ts';

/** Reads a range of a file. Supplied in Node only. */
interface FileReader {
  read(offset: number, length: number): Uint8Array;
  close(): void;
}
export type OpenFile = (path: string) => FileReader;

/** Size of a cached block: one read-ahead of the guest (its msize is about this) and one read of the browser's storage. */
const BLOCK_BYTES = 256 * 1024;

/** Blocks of blobs kept in memory, oldest use thrown out first. Shared by all trees of a machine. */
export class BlockCache {
  readonly #limit: number;
  readonly #blocks = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    const block = this.#blocks.get(key);
    if (block !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, block);
    }
    return block;
  }

  set(key: string, block: Uint8Array): void {
    this.#bytes += block.length - (this.#blocks.get(key)?.length ?? 0);
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    for (const [oldest, dropped] of this.#blocks) {
      if (this.#bytes <= this.#limit) break;
      this.#blocks.delete(oldest);
      this.#bytes -= dropped.length;
    }
  }

  forget(prefix: string): void {
    for (const [key, block] of this.#blocks) {
      if (!key.startsWith(prefix)) continue;
      this.#blocks.delete(key);
      this.#bytes -= block.length;
    }
  }
}

let nextSourceId = 0;

/** Opens a blob for reading. @throws TypeError for a `file` without `openFile` */
export function openContent(
  source: BlobSource,
  cache: BlockCache,
  openFile?: OpenFile,
): ContentSource {
  switch (source.kind) {
    case 'bytes':
      return {
        read: (offset, length) => source.bytes.subarray(offset, offset + length),
        close() {},
      };
    case 'file': {
      if (openFile === undefined) throw new TypeError('This host cannot read files by path');
      return openFile(source.path);
    }
    case 'blob':
      return new BlobContent(source.blob, cache);
  }
}

/**
 * A Blob, in blocks through the cache. A browser's worker reads blocks synchronously: a millisecond, and
 * the guest has its answer before it goes to sleep. Elsewhere blocks come later, with the one after them.
 */
class BlobContent implements ContentSource {
  readonly #blob: Blob;
  readonly #cache: BlockCache;
  readonly #prefix = `${nextSourceId++}:`;
  readonly #loading = new Map<number, Promise<Uint8Array>>();
  readonly #synchronous = typeof FileReaderSync === 'undefined' ? undefined : new FileReaderSync();

  constructor(blob: Blob, cache: BlockCache) {
    this.#blob = blob;
    this.#cache = cache;
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    const end = Math.min(offset + length, this.#blob.size);
    if (end <= offset) return new Uint8Array(0);
    const first = Math.floor(offset / BLOCK_BYTES);
    const last = Math.floor((end - 1) / BLOCK_BYTES);
    const blocks: (Uint8Array | Promise<Uint8Array>)[] = [];
    for (let index = first; index <= last; index++) blocks.push(this.#block(index));
    if (blocks.every((block) => block instanceof Uint8Array))
      return slice(blocks, offset - first * BLOCK_BYTES, end - offset);
    this.#readAhead(last + 1);
    return Promise.all(blocks).then((loaded) =>
      slice(loaded, offset - first * BLOCK_BYTES, end - offset),
    );
  }

  close(): void {
    this.#cache.forget(this.#prefix);
  }

  #readAhead(index: number): void {
    if (index * BLOCK_BYTES >= this.#blob.size) return;
    const block = this.#block(index);
    // A failure here shows when the block itself is asked for.
    if (!(block instanceof Uint8Array)) block.catch(() => {});
  }

  #block(index: number): Uint8Array | Promise<Uint8Array> {
    const cached = this.#cache.get(this.#prefix + index);
    if (cached !== undefined) return cached;
    if (this.#synchronous !== undefined) {
      return this.#keep(index, this.#synchronous.readAsArrayBuffer(this.#slice(index)));
    }
    const loading = this.#loading.get(index);
    if (loading !== undefined) return loading;
    const started = this.#load(index).finally(() => this.#loading.delete(index));
    this.#loading.set(index, started);
    return started;
  }

  async #load(index: number): Promise<Uint8Array> {
    return this.#keep(index, await this.#slice(index).arrayBuffer());
  }

  #slice(index: number): Blob {
    return this.#blob.slice(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
  }

  #keep(index: number, buffer: ArrayBuffer): Uint8Array {
    const block = new Uint8Array(buffer);
    this.#cache.set(this.#prefix + index, block);
    return block;
  }
}

/** `length` bytes from `skip` in blocks that follow each other. */
function slice(blocks: readonly Uint8Array[], skip: number, length: number): Uint8Array {
  const [only] = blocks;
  if (blocks.length === 1 && only !== undefined) return only.subarray(skip, skip + length);
  const result = new Uint8Array(length);
  let at = -skip;
  for (const block of blocks) {
    const from = Math.max(0, -at);
    result.set(block.subarray(from, Math.min(block.length, length - at)), Math.max(0, at));
    at += block.length;
  }
  return result;
}
