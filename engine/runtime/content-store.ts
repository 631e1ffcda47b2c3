import { createSHA256 } from 'hash-wasm';
import type { BlobSource } from '../api/image-tree.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { RuntimeError } from './runtime-error.ts';
import type { Digest } from '../storage/digest.ts';
import { isStorageFull, readRange, type Storage } from '../storage/storage.ts';
import type { BlobInfo, ContentStore } from './types.ts';

const PREFIX = 'blobs/sha256/';

/** Blobs by digest over any `Storage`. */
export class StoredContent implements ContentStore {
  readonly #storage: Storage;
  readonly #commits = new KeyedLock();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== undefined;
  }

  size(digest: Digest): Promise<number | undefined> {
    return this.#storage.size(nameOf(digest));
  }

  async source(digest: Digest): Promise<BlobSource> {
    return (await this.#storage.source(nameOf(digest))) ?? missing(digest);
  }

  async read(
    digest: Digest,
    range: { readonly offset: number; readonly length?: number } = { offset: 0 },
  ): Promise<ReadableStream<Uint8Array>> {
    const size = (await this.size(digest)) ?? missing(digest);
    const end = Math.min(size, range.length === undefined ? size : range.offset + range.length);
    return readRange(this.#storage, nameOf(digest), { start: range.offset, end });
  }

  async readAll(digest: Digest): Promise<Uint8Array> {
    const size = (await this.size(digest)) ?? missing(digest);
    return (await this.#storage.read(nameOf(digest), 0, size)) ?? missing(digest);
  }

  async write(
    content: ReadableStream<Uint8Array> | Uint8Array,
    expected?: Digest,
  ): Promise<BlobInfo> {
    const hash = (await createSHA256()).init();
    const writer = await this.#storage.create();
    let size = 0;
    try {
      for await (const chunk of content instanceof Uint8Array ? [content] : content) {
        hash.update(chunk);
        size += chunk.length;
        await writer.write(chunk);
      }
      const digest: Digest = `sha256:${hash.digest('hex')}`;
      if (expected !== undefined && expected !== digest) {
        throw new RuntimeError(
          'DIGEST_MISMATCH',
          `content has digest ${digest} instead of ${expected}`,
        );
      }
      // A blob that is there stays: machines read from it, and a browser ends that when a file is replaced.
      await this.#commits.run(digest, async () => {
        if ((await this.size(digest)) === size) await writer.abort();
        else await writer.commit(nameOf(digest));
      });
      return { digest, size };
    } catch (error) {
      await writer.abort();
      throw isStorageFull(error)
        ? new RuntimeError('STORAGE', 'write: no space left on device', { cause: error })
        : error;
    }
  }

  remove(digest: Digest): Promise<void> {
    return this.#storage.remove(nameOf(digest));
  }

  async list(): Promise<readonly BlobInfo[]> {
    const found = await this.#storage.list(PREFIX);
    return found.map(({ name, size }) => ({
      digest: `sha256:${name.slice(PREFIX.length)}` as const,
      size,
    }));
  }
}

function nameOf(digest: Digest): string {
  return PREFIX + digest.slice('sha256:'.length);
}

function missing(digest: Digest): never {
  throw new RuntimeError('NOT_FOUND', `content ${digest} not found`);
}
