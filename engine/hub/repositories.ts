import { z } from 'zod';
import type { PushedRepository } from '../api/hub.ts';
import { KeyedLock } from '../base/keyed-lock.ts';
import { type Digest, isDigest } from './content-digest.ts';
import { getJson, putJson, type Storage } from '../storage/storage.ts';

/** A manifest of a repository. */
export interface ManifestEntry {
  readonly mediaType: string;
  /** bytes */
  readonly size: number;
  /** of an image index: the manifest for clients that do not accept an index */
  readonly defaultManifest?: Digest;
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What can be had under one name. */
export interface Repository {
  readonly name: string;
  readonly tags: ReadonlyMap<string, Digest>;
  readonly manifests: ReadonlyMap<Digest, ManifestEntry>;
  /** configs and layers: digest → bytes */
  readonly blobs: ReadonlyMap<Digest, number>;
}

/** The same, to be changed. */
export interface RepositoryDraft extends Repository {
  readonly tags: Map<string, Digest>;
  readonly manifests: Map<Digest, ManifestEntry>;
  readonly blobs: Map<Digest, number>;
}

const PREFIX = 'repositories/';
/** No part of a repository's name can be called so. */
const RECORD = '/_repository.json';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const recordSchema = z.object({
  tags: z.array(z.tuple([z.string(), digest])),
  manifests: z.array(
    z.tuple([
      digest,
      z.object({
        mediaType: z.string(),
        size: z.number(),
        subject: digest.exactOptional(),
        artifactType: z.string().exactOptional(),
        annotations: z.record(z.string(), z.string()).exactOptional(),
      }),
    ]),
  ),
  blobs: z.array(z.tuple([digest, z.number()])),
});

/**
 * The repositories that were pushed to. A change is one write of one small file, so it is there as a
 * whole or not at all; contents are stored before a repository names them.
 */
export class Repositories {
  readonly #storage: Storage;
  readonly #lock = new KeyedLock();
  readonly #repositories = new Map<string, Repository>();

  private constructor(storage: Storage) {
    this.#storage = storage;
  }

  static async open(storage: Storage): Promise<Repositories> {
    const repositories = new Repositories(storage);
    for (const { name: file } of await storage.list(PREFIX)) {
      const name = file.slice(PREFIX.length, -RECORD.length);
      const record = recordSchema.parse(await getJson(storage, file));
      repositories.#repositories.set(name, {
        name,
        tags: new Map(record.tags),
        manifests: new Map(record.manifests),
        blobs: new Map(record.blobs),
      });
    }
    return repositories;
  }

  names(): readonly string[] {
    return [...this.#repositories.keys()];
  }

  find(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  /**
   * Applies `change` to a copy and keeps it. Resolves when it is durable, with what `change` returned; when that
   * throws, all is as before. An empty repository goes away.
   */
  update<T>(name: string, change: (draft: RepositoryDraft) => T): Promise<T> {
    return this.#lock.run(name, async () => {
      const known = this.#repositories.get(name);
      const draft: RepositoryDraft = {
        name,
        tags: new Map(known?.tags),
        manifests: new Map(known?.manifests),
        blobs: new Map(known?.blobs),
      };
      const result = change(draft);
      const file = PREFIX + name + RECORD;
      if (draft.manifests.size + draft.blobs.size === 0) {
        await this.#storage.remove(file);
        this.#repositories.delete(name);
      } else {
        await putJson(this.#storage, file, {
          tags: [...draft.tags],
          manifests: [...draft.manifests],
          blobs: [...draft.blobs],
        } satisfies z.infer<typeof recordSchema>);
        this.#repositories.set(name, draft);
      }
      return result;
    });
  }

  describe(): readonly PushedRepository[] {
    return [...this.#repositories.values()]
      .map(({ name, tags, manifests, blobs }) => ({
        name,
        tags: [...tags.keys()].sort(),
        size: [...manifests.values(), ...[...blobs.values()].map((size) => ({ size }))].reduce(
          (sum, { size }) => sum + size,
          0,
        ),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Bytes of a blob of any repository. */
  sizeOf(digest: Digest): number | undefined {
    return sizeIn(this.#repositories.values(), digest);
  }

  /** Whether any repository names this content. */
  uses(digest: Digest): boolean {
    for (const { manifests, blobs } of this.#repositories.values())
      if (manifests.has(digest) || blobs.has(digest)) return true;
    return false;
  }
}

/** Bytes of a blob of any of these. */
export function sizeIn(repositories: Iterable<Repository>, digest: Digest): number | undefined {
  for (const { blobs } of repositories) {
    const size = blobs.get(digest);
    if (size !== undefined) return size;
  }
  return undefined;
}
