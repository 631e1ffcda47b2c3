import { createSHA256 } from 'hash-wasm';
import { isDigest } from '../../storage/digest.ts';
import { RuntimeError } from '../runtime-error.ts';
import { getJson, putJson, type Storage } from '../../storage/storage.ts';
import type { ContentStore, Digest, ImageTree, Layer, TreeOptions } from '../types.ts';
import { mergeLayers } from './merge-layers.ts';
import { MergedTree } from './merged-tree.ts';
import { TarReader, type TarEntry } from './tar-reader.ts';

const PREFIX = 'layers/';
/** Merged trees kept in memory. */
const CACHED_TREES = 8;

interface LayerIndex {
  readonly size: number;
  readonly contentSize: number;
  readonly entries: readonly TarEntry[];
}

/** Uncompressed layers with an index of their entries, made once while the layer is stored. */
export class LayerStore {
  readonly #storage: Storage;
  readonly #content: ContentStore;
  readonly #trees = new Map<string, Promise<ImageTree>>();

  constructor(storage: Storage, content: ContentStore) {
    this.#storage = storage;
    this.#content = content;
  }

  async has(diffId: Digest): Promise<boolean> {
    return (
      (await this.#content.has(diffId)) && (await this.#storage.size(nameOf(diffId))) !== undefined
    );
  }

  /** Throws NOT_FOUND. */
  async get(diffId: Digest): Promise<Layer> {
    const { size, contentSize } = await this.#index(diffId);
    return { diffId, size, contentSize };
  }

  async add(tar: ReadableStream<Uint8Array> | Uint8Array, expected?: Digest): Promise<Layer> {
    const entries: TarEntry[] = [];
    const reader = new TarReader((entry) => entries.push(entry));
    const watched = toStream(tar).pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          reader.push(chunk);
          controller.enqueue(chunk);
        },
        flush: () => reader.end(),
      }),
    );
    const { digest, size } = await this.#content.write(watched, expected);
    const contentSize = entries.reduce((total, entry) => total + entry.size, 0);
    await putJson(this.#storage, nameOf(digest), {
      size,
      contentSize,
      entries,
    } satisfies LayerIndex);
    return { diffId: digest, size, contentSize };
  }

  /** Entries as they stand in the tar. */
  async entries(diffId: Digest): Promise<readonly TarEntry[]> {
    return (await this.#index(diffId)).entries;
  }

  tree(layers: readonly Digest[], options: TreeOptions = {}): Promise<ImageTree> {
    const key = `${String(options.mountPoints)} ${layers.join()}`;
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const merging = this.#merge(layers, options);
    this.#trees.set(key, merging);
    merging.catch(() => this.#trees.delete(key));
    for (const oldest of this.#trees.keys()) {
      if (this.#trees.size <= CACHED_TREES) break;
      this.#trees.delete(oldest);
    }
    return merging;
  }

  async remove(diffId: Digest): Promise<void> {
    // Their sources can be read no more, also when the same layer comes again.
    for (const key of this.#trees.keys()) if (key.includes(diffId)) this.#trees.delete(key);
    await this.#storage.remove(nameOf(diffId));
    await this.#content.remove(diffId);
  }

  async list(): Promise<readonly Digest[]> {
    const found = await this.#storage.list(PREFIX);
    return found
      .map(({ name }) => `sha256:${name.slice(PREFIX.length).replace('.json', '')}`)
      .filter(isDigest);
  }

  async #merge(layers: readonly Digest[], options: TreeOptions): Promise<ImageTree> {
    const indexes = await Promise.all(layers.map((layer) => this.entries(layer)));
    const sources = await Promise.all(layers.map((layer) => this.#content.source(layer)));
    const name = (await chainId(layers)) + (options.mountPoints === true ? '-run' : '');
    return new MergedTree(name, mergeLayers(indexes, sources, options), layers, this.#content);
  }

  async #index(diffId: Digest): Promise<LayerIndex> {
    const index = await getJson(this.#storage, nameOf(diffId));
    if (index === undefined) throw new RuntimeError('NOT_FOUND', `layer does not exist: ${diffId}`);
    return index as LayerIndex;
  }
}

/** Hexadecimal chain id of layers, bottom first (image-spec, config.md, "Layer ChainID"); zeros for no layers. */
async function chainId(layers: readonly Digest[]): Promise<string> {
  const [bottom, ...rest] = layers;
  let chain = bottom ?? `sha256:${'0'.repeat(64)}`;
  for (const layer of rest)
    chain = `sha256:${(await createSHA256()).init().update(`${chain} ${layer}`).digest('hex')}`;
  return chain.slice('sha256:'.length);
}

function nameOf(diffId: Digest): string {
  return `${PREFIX}${diffId.slice('sha256:'.length)}.json`;
}

function toStream(tar: ReadableStream<Uint8Array> | Uint8Array): ReadableStream<Uint8Array> {
  return tar instanceof Uint8Array ? new Blob([tar as Uint8Array<ArrayBuffer>]).stream() : tar;
}
