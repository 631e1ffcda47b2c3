import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import { isDigest } from '../../storage/digest.ts';
import { RuntimeError } from '../runtime-error.ts';
import { getJson, putJson, type Storage } from '../../storage/storage.ts';
import type {
  ContentStore,
  Digest,
  Image,
  ImageConfig,
  ImageDeletion,
  ImageEvent,
  Images,
  ImageTree,
  ImageUse,
  Layer,
  NewImage,
  PullEvent,
  PushEvent,
  RegistryFetch,
  RegistryOptions,
  TreeOptions,
} from '../types.ts';
import { packImages, unpackImages, type ImageRecord } from './image-archive.ts';
import { imageConflict, untagConflict } from './image-conflicts.ts';
import { LayerStore } from './layer-store.ts';
import { LayerOrigins } from '../registry/layer-origins.ts';
import { pullContents } from '../registry/pull-contents.ts';
import { openPush, pushImage, pushTargets } from '../registry/push-image.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import type { RegistryAccess } from '../registry/registry-session.ts';
import {
  familiarName,
  familiarReference,
  fullName,
  parseReference,
  type Reference,
} from './reference.ts';

const RECORDS = 'records/images.json';
/** What these machines can run. */
const PLATFORM = 'linux/386';

export interface ImageStoreOptions {
  readonly storage: Storage;
  readonly content: ContentStore;
  readonly registry: RegistryFetch;
  readonly clock: Clock;
}

/** Images by id; every tag and digest belongs to at most one of them. */
export class ImageStore implements Images {
  readonly #options: ImageStoreOptions;
  readonly #layers: LayerStore;
  readonly #origins: LayerOrigins;
  readonly #images = new Map<Digest, Image>();
  readonly #pulling = new KeyedLock();
  readonly #events = new Emitter<ImageEvent>();
  readonly events = this.#events.event;
  #saving: Promise<void> = Promise.resolve();
  #neededElsewhere: () => Iterable<Digest> = () => [];

  private constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#layers = new LayerStore(options.storage, options.content);
    this.#origins = new LayerOrigins(options.storage);
  }

  /**
   * Makes a storage hold the images of `pack`, and only these. Before `open`; layers that nobody needs
   * any more go with the next `collectLayers`. Errors as of `unpackImages`: then it holds what it held.
   */
  static async unpack(
    tar: ReadableStream<Uint8Array>,
    { storage, content }: Pick<ImageStoreOptions, 'storage' | 'content'>,
  ): Promise<void> {
    const records = await unpackImages(tar, content, new LayerStore(storage, content));
    await replaceRecords(records, { storage, content });
  }

  /** Makes a storage hold no images. Before `open`; their layers go with the next `collectLayers`. */
  static async clear(stores: Pick<ImageStoreOptions, 'storage' | 'content'>): Promise<void> {
    await replaceRecords([], stores);
  }

  /** Reads what is stored; an image whose contents are not whole is forgotten. */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const store = new ImageStore(options);
    for (const record of await readRecords(options.storage)) {
      try {
        store.#images.set(record.id, await store.#load(record));
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error;
      }
    }
    return store;
  }

  list(): readonly Image[] {
    return [...this.#images.values()];
  }

  get(reference: string): Image {
    const image = this.find(reference);
    if (image !== undefined) return image;
    const isId = isDigest(reference) || /^[0-9a-f]{64}$/.test(reference);
    throw new RuntimeError(
      'NOT_FOUND',
      `No such image: ${isId ? reference : familiarReference(parseReference(reference))}`,
    );
  }

  find(text: string): Image | undefined {
    if (isDigest(text)) return this.#images.get(text);
    if (!/^[0-9a-f]{64}$/.test(text)) {
      const reference = familiarReference(parseReference(text));
      const named = this.list().find(
        (image) => image.tags.includes(reference) || image.repoDigests.includes(reference),
      );
      if (named !== undefined) return named;
    }
    const prefix = text.replace(/^sha256:/, '');
    if (!/^[0-9a-f]+$/.test(prefix)) return undefined;
    const matches = this.list().filter((image) => image.id.startsWith(`sha256:${prefix}`));
    return matches.length === 1 ? matches[0] : undefined;
  }

  async add(image: NewImage): Promise<Image> {
    if (image.layers.join() !== image.config.rootfs.diff_ids.join()) {
      throw new RuntimeError('INVALID', 'layers and rootfs.diff_ids of the configuration differ');
    }
    const bytes = new TextEncoder().encode(JSON.stringify(image.config));
    const { id } = await this.#store(bytes, image.parent);
    for (const tag of image.tags ?? []) this.#setTag(id, parseReference(tag));
    await this.#save();
    return this.#image(id);
  }

  async load(configBytes: Uint8Array): Promise<Image> {
    const { id } = await this.#store(configBytes);
    await this.#save();
    return this.#image(id);
  }

  async tag(source: string, target: string): Promise<void> {
    const { id } = this.get(source);
    const reference = parseReference(target);
    if (reference.digest !== undefined)
      throw new RuntimeError('INVALID', 'refusing to create a tag with a digest reference');
    this.#setTag(id, reference, this.#options.clock.now());
    await this.#save();
    this.#fire('tag', id, familiarReference(reference));
  }

  async pull(
    text: string,
    options: RegistryOptions & {
      readonly onProgress?: (event: PullEvent) => void;
      readonly platform?: string;
    } = {},
  ): Promise<Image> {
    const reference = parseReference(text);
    const onProgress = options.onProgress ?? (() => {});
    onProgress({
      kind: 'resolving',
      repository: reference.path,
      reference: reference.digest ?? reference.tag ?? 'latest',
    });
    const client = await RegistryClient.open(reference, this.#access(options));
    const manifest = await client.manifest(options.platform ?? PLATFORM);
    const id = manifest.config.digest;
    const before = this.find(text);
    const present = this.#images.has(id);
    await pullContents(manifest, {
      client,
      content: this.#options.content,
      hasLayer: (diffId) => this.#layers.has(diffId),
      addLayer: (tar, expected) => this.#layers.add(tar, expected),
      onLayer: (diffId, { digest, size }) =>
        this.#origins.add(diffId, { repository: fullName(reference), digest, size }),
      // Of an image that is there already, dockerd tells no layers.
      onProgress: present ? () => {} : onProgress,
      pulling: this.#pulling,
    });
    const known = this.#images.get(id);
    const { tags = [], repoDigests = [] } = known ?? {};
    this.#images.set(id, await this.#load({ ...known, id, tags, repoDigests }));
    this.#addDigest(id, reference, manifest.digest);
    if (reference.digest === undefined) this.#setTag(id, reference);
    await this.#save();
    onProgress({
      kind: 'resolved',
      digest: manifest.digest,
      upToDate: before?.id === id,
    });
    this.#fire('pull', id, familiarReference(reference));
    return this.#image(id);
  }

  async remoteTags(text: string, options: RegistryOptions = {}): Promise<readonly string[]> {
    const client = await RegistryClient.open(parseReference(text), this.#access(options));
    return client.tags();
  }

  async push(
    text: string,
    options: RegistryOptions & { readonly onProgress?: (event: PushEvent) => void } = {},
  ): Promise<void> {
    const reference = parseReference(text);
    const targets = pushTargets(this.list(), reference);
    const context = await openPush(reference, {
      ...this.#access(options),
      layers: targets.flatMap(({ image }) => image.layers),
      content: this.#options.content,
      origins: this.#origins,
      onProgress: options.onProgress ?? (() => {}),
    });
    for (const { image, tag } of targets) {
      const { digest } = await pushImage(image, { ...reference, tag }, context);
      this.#addDigest(image.id, reference, digest);
      await this.#save();
      this.#fire('push', image.id, `${familiarName(reference)}:${tag}`);
    }
  }

  async remove(
    text: string,
    options: {
      readonly force?: boolean;
      readonly noPrune?: boolean;
      readonly inUse?: readonly ImageUse[];
    } = {},
  ): Promise<readonly ImageDeletion[]> {
    const image = this.get(text);
    const uses = (options.inUse ?? []).filter((use) => use.image === image.id);
    const force = options.force === true;
    const done: ImageDeletion[] = [];
    const reference = this.#nameIn(image, text);
    if (reference !== undefined) {
      if (!force && image.tags.length <= 1) untagConflict(text, image, uses);
      this.#untag(image.id, reference, done);
      const left = this.#image(image.id);
      const repository = familiarName(parseReference(text));
      if (!left.tags.some((tag) => familiarName(parseReference(tag)) === repository)) {
        for (const digest of left.repoDigests.filter((each) => each.startsWith(`${repository}@`)))
          this.#untag(image.id, digest, done);
      }
      const { tags, repoDigests } = this.#image(image.id);
      const goes =
        tags.length + repoDigests.length === 0 &&
        !uses.some(({ running }) => running || !force) &&
        this.children(image.id).length === 0;
      if (goes) await this.#delete(image.id, options.noPrune === true, done);
    } else {
      imageConflict(image, uses, this.children(image.id), force);
      for (const tag of image.tags) this.#untag(image.id, tag, done);
      for (const digest of image.repoDigests) this.#untag(image.id, digest, done);
      await this.#delete(image.id, options.noPrune === true, done);
    }
    await this.#save();
    return done;
  }

  children(id: Digest): readonly Image[] {
    const direct = this.list().filter((image) => image.parent === id);
    return direct.flatMap((image) => [...this.children(image.id), image]);
  }

  tree(layers: readonly Digest[], options: TreeOptions = {}): Promise<ImageTree> {
    return this.#layers.tree(layers, options);
  }

  keepLayers(needed: () => Iterable<Digest>): void {
    this.#neededElsewhere = needed;
  }

  addLayer(tar: ReadableStream<Uint8Array> | Uint8Array): Promise<Layer> {
    return this.#layers.add(tar);
  }

  async dropLayers(layers: readonly Digest[]): Promise<void> {
    const needed = new Set(this.#neededLayers());
    for (const layer of layers) if (!needed.has(layer)) await this.#layers.remove(layer);
  }

  async collectLayers(keep: readonly Digest[] = []): Promise<void> {
    const needed = new Set([...keep, ...this.#neededLayers()]);
    for (const diffId of await this.#layers.list()) {
      if (!needed.has(diffId)) await this.#layers.remove(diffId);
    }
  }

  /** Every image, and the layers that outlive theirs. A tar for `unpack`. */
  pack(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return packImages(this.#records(), this.#neededLayers(), this.#options.content);
  }

  /** Makes known the image with exactly this configuration, with the names it may have already. */
  async #store(configBytes: Uint8Array, parent?: Digest): Promise<Image> {
    const { digest: id } = await this.#options.content.write(configBytes);
    const known = this.#images.get(id);
    const inherited = parent ?? known?.parent;
    const image = await this.#load({
      id,
      tags: known?.tags ?? [],
      repoDigests: known?.repoDigests ?? [],
      ...(inherited === undefined ? {} : { parent: inherited }),
    });
    this.#images.set(id, image);
    return image;
  }

  async #delete(id: Digest, noPrune: boolean, done: ImageDeletion[]): Promise<void> {
    const image = this.#image(id);
    this.#images.delete(id);
    await this.#options.content.remove(id);
    done.push({ deleted: id });
    this.#fire('delete', id, id);
    const needed = new Set(this.#neededLayers());
    for (const { diffId } of image.layers.toReversed()) {
      if (needed.has(diffId)) continue;
      await this.#layers.remove(diffId);
      done.push({ deleted: diffId });
    }
    const parent = image.parent === undefined ? undefined : this.#images.get(image.parent);
    const parentGoes =
      parent !== undefined &&
      parent.tags.length + parent.repoDigests.length === 0 &&
      this.children(parent.id).length === 0;
    if (parentGoes && !noPrune) await this.#delete(parent.id, noPrune, done);
  }

  #neededLayers(): Digest[] {
    return [
      ...this.#neededElsewhere(),
      ...this.list().flatMap((image) => image.layers.map((layer) => layer.diffId)),
    ];
  }

  #untag(id: Digest, reference: string, done: ImageDeletion[]): void {
    const image = this.#image(id);
    this.#images.set(id, {
      ...image,
      tags: image.tags.filter((tag) => tag !== reference),
      repoDigests: image.repoDigests.filter((digest) => digest !== reference),
    });
    done.push({ untagged: reference });
    this.#fire('untag', id, id);
  }

  #access({ credentials, signal }: RegistryOptions): RegistryAccess {
    const { registry, clock } = this.#options;
    return {
      fetch: registry,
      clock,
      ...(credentials === undefined ? {} : { credentials }),
      ...(signal === undefined ? {} : { signal }),
    };
  }

  #addDigest(id: Digest, reference: Reference, digest: Digest): void {
    const image = this.#image(id);
    const repoDigest = `${familiarName(reference)}@${digest}`;
    this.#images.set(id, {
      ...image,
      repoDigests: [...new Set([...image.repoDigests, repoDigest])],
    });
  }

  /** @param time when somebody gave the image this name; a pull does not count */
  #setTag(id: Digest, reference: Reference, time?: number): void {
    const tag = familiarReference(reference);
    for (const other of this.list()) {
      if (other.tags.includes(tag))
        this.#images.set(other.id, { ...other, tags: other.tags.filter((each) => each !== tag) });
    }
    const image = this.#image(id);
    this.#images.set(id, {
      ...image,
      tags: [...image.tags, tag],
      ...(time === undefined ? {} : { taggedAt: time }),
    });
  }

  /** The tag or digest of the image that `text` means; undefined when it means the image by its id. */
  #nameIn({ tags, repoDigests }: Image, text: string): string | undefined {
    if (isDigest(text) || /^[0-9a-f]{64}$/.test(text)) return undefined;
    const reference = familiarReference(parseReference(text));
    return tags.includes(reference) || repoDigests.includes(reference) ? reference : undefined;
  }

  #image(id: Digest): Image {
    const image = this.#images.get(id);
    if (image === undefined) throw new RuntimeError('NOT_FOUND', `No such image: ${id}`);
    return image;
  }

  async #load(record: ImageRecord): Promise<Image> {
    const { content } = this.#options;
    const configBytes = await content.readAll(record.id);
    const config = JSON.parse(new TextDecoder().decode(configBytes)) as ImageConfig;
    const layers = await Promise.all(
      config.rootfs.diff_ids.map((diffId) => this.#layers.get(diffId)),
    );
    const { id, tags, repoDigests, parent, taggedAt } = record;
    return {
      id,
      config,
      configBytes,
      layers,
      tags,
      repoDigests,
      ...(parent === undefined ? {} : { parent }),
      ...(taggedAt === undefined ? {} : { taggedAt }),
      size: layers.reduce((total, layer) => total + layer.contentSize, 0),
    };
  }

  /** Writes follow each other, so that the last state is the one that stays. */
  #save(): Promise<void> {
    const write = (): Promise<void> => putJson(this.#options.storage, RECORDS, this.#records());
    this.#saving = this.#saving.then(write, write);
    return this.#saving;
  }

  #records(): readonly ImageRecord[] {
    return this.list().map(({ id, tags, repoDigests, parent, taggedAt }) => ({
      id,
      tags,
      repoDigests,
      ...(parent === undefined ? {} : { parent }),
      ...(taggedAt === undefined ? {} : { taggedAt }),
    }));
  }

  #fire(action: ImageEvent['action'], id: Digest, name: string): void {
    this.#events.fire({ action, id, name, time: this.#options.clock.now() });
  }
}

async function readRecords(storage: Storage): Promise<readonly ImageRecord[]> {
  return ((await getJson(storage, RECORDS)) ?? []) as readonly ImageRecord[];
}

async function replaceRecords(
  records: readonly ImageRecord[],
  { storage, content }: Pick<ImageStoreOptions, 'storage' | 'content'>,
): Promise<void> {
  const kept = new Set(records.map(({ id }) => id));
  const before = await readRecords(storage);
  await putJson(storage, RECORDS, records);
  for (const { id } of before) if (!kept.has(id)) await content.remove(id);
}
