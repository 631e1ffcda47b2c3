import { KeyedLock } from '../base/keyed-lock.ts';
import { algorithmOf, createHasher, type Digest, digestFrom } from './content-digest.ts';
import { type ByteRange, readRange, type Storage } from '../storage/storage.ts';
import type { HubSource } from './hub-source.ts';

const PREFIX = 'blobs/';

/** Where the registry keeps the content of a digest; the same path in its storage and beside the built-in catalogue. */
export function contentPath(digest: Digest): string {
  return PREFIX + digest.replace(':', '/');
}

/** Bytes by digest: what was pushed from the storage, what Drydock brings along from its files. */
export class Contents {
  readonly #storage: Storage;
  readonly #source: HubSource;
  readonly #lock = new KeyedLock();

  constructor(storage: Storage, source: HubSource) {
    this.#storage = storage;
    this.#source = source;
  }

  /** Storing and naming, or finding unnamed and removing: never two of these at a time for one digest. */
  exclusively<T>(digest: Digest, action: () => Promise<T>): Promise<T> {
    return this.#lock.run(digest, action);
  }

  async isStored(digest: Digest): Promise<boolean> {
    return (await this.#storage.size(contentPath(digest))) !== undefined;
  }

  /** Throws `HubSourceError`. */
  async open(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const path = contentPath(digest);
    const size = await this.#storage.size(path);
    if (size === undefined) return this.#source.open(path, range);
    return readRange(this.#storage, path, range ?? { start: 0, end: size });
  }

  /** Copies what Drydock brings along to the storage: what learners push must outlive the next version of it. */
  async keep(digest: Digest): Promise<void> {
    if (await this.isStored(digest)) return;
    const writer = await this.#storage.create();
    const hash = await createHasher(algorithmOf(digest));
    try {
      for await (const bytes of await this.#source.open(contentPath(digest))) {
        hash.update(bytes);
        await writer.write(bytes);
      }
      if (digestFrom(hash, algorithmOf(digest)) !== digest)
        throw new Error(`${contentPath(digest)} is not what its name says`);
      await writer.commit(contentPath(digest));
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  /** Removes the content unless it is `used`. */
  forget(digest: Digest, used: (digest: Digest) => boolean): Promise<void> {
    return this.exclusively(digest, async () => {
      if (!used(digest)) await this.#storage.remove(contentPath(digest));
    });
  }

  /** Removes what is stored and not `used`: leftovers of a crash between storing and naming. */
  async collect(used: (digest: Digest) => boolean): Promise<void> {
    for (const { name } of await this.#storage.list(PREFIX))
      await this.forget(name.slice(PREFIX.length).replace('/', ':') as Digest, used);
  }
}
