import type { IHasher } from 'hash-wasm';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { fromHex, toHex } from '../base/hex.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Random } from '../base/random.ts';
import { uuid } from '../base/uuid.ts';
import {
  type Algorithm,
  algorithmOf,
  createHasher,
  type Digest,
  digestFrom,
} from './content-digest.ts';
import { getJson, putJson, readRange, type Storage } from '../storage/storage.ts';
import { contentPath, type Contents } from './contents.ts';
import { RegistryError } from './registry-error.ts';

/** Bytes of a blob: far above any image that these machines could run, below what fills a disk by mistake. */
const LARGEST_BLOB = 2 * 1024 ** 3;
/** An upload that nobody went on with for this long is given up. */
const PATIENCE_MS = 24 * 60 * 60 * 1000;
const PREFIX = 'uploads/';
const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** As it is stored. `hash` is the state of the SHA-256 over all parts, so that none is read again. */
const recordSchema = z.object({
  repository: z.string(),
  touchedAt: z.number(),
  parts: z.array(z.number()),
  hash: z.string(),
});
type UploadRecord = Readonly<z.infer<typeof recordSchema>>;

export interface UploadOptions {
  readonly storage: Storage;
  readonly contents: Contents;
  readonly clock: Clock;
  readonly random: Random;
}

/** A piece of an upload as it arrives. */
export interface Piece {
  readonly body: ReadableStream<Uint8Array> | null;
  /** what the client announced, in bytes */
  readonly length?: number;
  /** the first byte's place in the whole; at its present end when absent */
  readonly start?: number;
}

/**
 * Uploads in progress. Each piece is a part of its own, durable when its request is answered: an upload goes on
 * where it stood after a broken connection, a reload or a crash. The whole becomes a blob by a rename.
 */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #lock = new KeyedLock();

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** Begins an upload; returns its id. */
  async start(repository: string): Promise<string> {
    const id = uuid(this.#options.random);
    const hash = await createHasher('sha256');
    await this.#save(id, { repository, touchedAt: 0, parts: [], hash: toHex(hash.save()) });
    return id;
  }

  /** Bytes received so far. Throws BLOB_UPLOAD_UNKNOWN. */
  async size(repository: string, id: string): Promise<number> {
    return sizeOf(await this.#load(repository, id));
  }

  /**
   * Adds a piece at the end; returns the size of the whole. Of a body that breaks off, what arrived is kept.
   * Throws BLOB_UPLOAD_UNKNOWN, RANGE_INVALID, SIZE_INVALID, TOO_LARGE.
   */
  append(repository: string, id: string, piece: Piece): Promise<number> {
    return this.#lock.run(id, async () =>
      sizeOf(await this.#append(id, await this.#load(repository, id), piece)),
    );
  }

  /**
   * Adds the last piece, checks the digest, stores the blob and calls `onStored` with its size, which makes it known.
   * An upload with a wrong digest is over. Throws as `append`, and DIGEST_INVALID.
   */
  finish(
    repository: string,
    id: string,
    piece: Piece,
    digest: Digest,
    onStored: (size: number) => Promise<void>,
  ): Promise<void> {
    const { contents } = this.#options;
    return this.#lock.run(id, async () => {
      const upload = await this.#append(id, await this.#load(repository, id), piece);
      const found = await this.#digestOf(id, upload, algorithmOf(digest));
      if (found !== digest) {
        await this.#remove(id);
        throw new RegistryError('DIGEST_INVALID', { digest, found });
      }
      await contents.exclusively(digest, async () => {
        // A blob that is there stays: somebody may be reading it.
        if (!(await contents.isStored(digest))) await this.#store(id, upload, contentPath(digest));
        await onStored(sizeOf(upload));
      });
      await this.#remove(id);
    });
  }

  async cancel(repository: string, id: string): Promise<void> {
    await this.#lock.run(id, async () => {
      await this.#load(repository, id);
      await this.#remove(id);
    });
  }

  /** Removes what was given up long ago. */
  async collect(): Promise<void> {
    const { storage, clock } = this.#options;
    const ids = new Set(
      (await storage.list(PREFIX)).map(({ name }) =>
        name.slice(PREFIX.length).replace(/\..*$/, ''),
      ),
    );
    for (const id of ids) {
      const record = recordSchema.safeParse(await getJson(storage, recordName(id)));
      if (!record.success || clock.now() - record.data.touchedAt > PATIENCE_MS)
        await this.#remove(id);
    }
  }

  async #append(id: string, upload: UploadRecord, piece: Piece): Promise<UploadRecord> {
    const size = sizeOf(upload);
    if (piece.start !== undefined && piece.start !== size) {
      throw new RegistryError('RANGE_INVALID', undefined, {
        headers: { range: rangeOf(size) },
      });
    }
    if (size + (piece.length ?? 0) > LARGEST_BLOB) throw new RegistryError('TOO_LARGE');
    if (piece.body === null) {
      if ((piece.length ?? 0) > 0) throw new RegistryError('SIZE_INVALID');
      return upload;
    }
    const hash = await hasherOf(upload);
    const writer = await this.#options.storage.create();
    let received = 0;
    let broken: unknown;
    try {
      const reader = piece.body.getReader();
      for (;;) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          broken = error;
          return { done: true, value: undefined } as const;
        });
        if (done) break;
        received += value.length;
        if (size + received > LARGEST_BLOB) {
          await reader.cancel();
          throw new RegistryError('TOO_LARGE');
        }
        hash.update(value);
        await writer.write(value);
      }
      if (broken === undefined && piece.length !== undefined && piece.length !== received)
        throw new RegistryError('SIZE_INVALID');
      if (received === 0) await writer.abort();
      else await writer.commit(partName(id, upload.parts.length));
    } catch (error) {
      await writer.abort();
      throw error;
    }
    const longer: UploadRecord = {
      ...upload,
      parts: received === 0 ? upload.parts : [...upload.parts, received],
      hash: toHex(hash.save()),
    };
    await this.#save(id, longer);
    if (broken !== undefined)
      throw new RegistryError('BLOB_UPLOAD_INVALID', undefined, { cause: broken });
    return longer;
  }

  /** SHA-256 was counted along; another algorithm, which few clients use, reads all parts again. */
  async #digestOf(id: string, upload: UploadRecord, algorithm: Algorithm): Promise<Digest> {
    if (algorithm === 'sha256') return digestFrom(await hasherOf(upload), algorithm);
    const hash = await createHasher(algorithm);
    for await (const bytes of this.#read(id, upload)) hash.update(bytes);
    return digestFrom(hash, algorithm);
  }

  async *#read(id: string, { parts }: UploadRecord): AsyncGenerator<Uint8Array> {
    for (const [part, end] of parts.entries())
      yield* readRange(this.#options.storage, partName(id, part), { start: 0, end });
  }

  /** One part gets the blob's name; several are written one after another. */
  async #store(id: string, upload: UploadRecord, path: string): Promise<void> {
    const { storage } = this.#options;
    if (upload.parts.length === 1) return storage.rename(partName(id, 0), path);
    const writer = await storage.create();
    try {
      for await (const bytes of this.#read(id, upload)) await writer.write(bytes);
      await writer.commit(path);
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async #load(repository: string, id: string): Promise<UploadRecord> {
    const record = idPattern.test(id)
      ? recordSchema.safeParse(await getJson(this.#options.storage, recordName(id)))
      : undefined;
    if (record?.success !== true || record.data.repository !== repository)
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid: id });
    return record.data;
  }

  #save(id: string, record: UploadRecord): Promise<void> {
    const { storage, clock } = this.#options;
    return putJson(storage, recordName(id), { ...record, touchedAt: clock.now() });
  }

  /** The record first: without it the parts are nothing. */
  async #remove(id: string): Promise<void> {
    const { storage } = this.#options;
    await storage.remove(recordName(id));
    for (const { name } of await storage.list(PREFIX))
      if (name.startsWith(`${PREFIX}${id}.`)) await storage.remove(name);
  }
}

/** The `Range` header that tells how much has arrived; of nothing, too, the specification's clients expect `0-0`. */
export function rangeOf(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}

function sizeOf({ parts }: UploadRecord): number {
  return parts.reduce((sum, part) => sum + part, 0);
}

/** Throws BLOB_UPLOAD_UNKNOWN for a state that another version of the library saved. */
async function hasherOf({ hash }: UploadRecord): Promise<IHasher> {
  const hasher = await createHasher('sha256');
  try {
    return hasher.load(fromHex(hash));
  } catch (cause) {
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN', undefined, { cause });
  }
}

function recordName(id: string): string {
  return `${PREFIX}${id}.json`;
}

function partName(id: string, part: number): string {
  return `${PREFIX}${id}.${part}`;
}
