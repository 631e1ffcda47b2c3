import type { Digest } from './content-digest.ts';
import type { HubSource } from './hub-source.ts';
import type { ImageIndex, RepositoryEntry } from '../api/image-index.ts';
import { type Repository, sizeIn } from './repositories.ts';

export interface BuiltInRepository extends Repository {
  readonly description: string;
}

/** The official images: `library/…`, which come with Drydock and cannot be pushed to. */
export class BuiltInImages {
  readonly #source: HubSource;
  #index: Promise<ImageIndex> | undefined;
  #repositories: ReadonlyMap<string, BuiltInRepository> | undefined;

  constructor(source: HubSource) {
    this.#source = source;
  }

  /** Read once, at the first call; a failure to read is tried again at the next. Throws `HubSourceError`. */
  index(): Promise<ImageIndex> {
    this.#index ??= this.#read();
    const reading = this.#index;
    reading.catch(() => {
      if (this.#index === reading) this.#index = undefined;
    });
    return reading;
  }

  /** By name. Throws as `index`. */
  async all(): Promise<ReadonlyMap<string, BuiltInRepository>> {
    const { repositories } = await this.index();
    this.#repositories ??= new Map(
      Object.entries(repositories).map(([name, entry]) => [name, asRepository(name, entry)]),
    );
    return this.#repositories;
  }

  /** Also without the prefix that stands for "official". */
  async find(name: string): Promise<BuiltInRepository | undefined> {
    const all = await this.all();
    return all.get(name) ?? all.get(`library/${name}`);
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    return sizeIn((await this.all()).values(), digest);
  }

  async #read(): Promise<ImageIndex> {
    const stream = await this.#source.open('index.json');
    const body = stream as ReadableStream<Uint8Array<ArrayBuffer>>;
    return (await new Response(body).json()) as ImageIndex;
  }
}

function asRepository(name: string, entry: RepositoryEntry): BuiltInRepository {
  return {
    name,
    description: entry.description,
    tags: new Map(Object.entries(entry.tags)),
    manifests: new Map(entriesOf(entry.manifests)),
    blobs: new Map(entriesOf(entry.blobs)),
  };
}

function entriesOf<T>(record: Readonly<Record<Digest, T>>): [Digest, T][] {
  return Object.entries(record) as [Digest, T][];
}
