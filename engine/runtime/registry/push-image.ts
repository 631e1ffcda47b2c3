import { createSHA256 } from 'hash-wasm';
import type { HttpResponse } from '../../api/http-message.ts';
import { digestOf, type Digest } from '../../storage/digest.ts';
import {
  familiarName,
  familiarReference,
  parseReference,
  type Reference,
} from '../images/reference.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ContentStore, Image, Layer, PushEvent } from '../types.ts';
import type { LayerOrigin, LayerOrigins } from './layer-origins.ts';
import { shortId } from './pull-contents.ts';
import { type Descriptor, DOCKER_MANIFEST } from './registry-client.ts';
import { RegistryFailure } from './registry-failure.ts';
import {
  discard,
  RegistrySession,
  type RegistryAccess,
  type RegistryRequest,
} from './registry-session.ts';

/** Layers sent at a time, as dockerd's default has it. */
const CONCURRENT_LAYERS = 5;
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

interface PushSources {
  readonly content: ContentStore;
  readonly origins: LayerOrigins;
  readonly onProgress: (event: PushEvent) => void;
}

export interface PushContext extends PushSources {
  readonly session: RegistrySession;
}

/** What a push of this reference sends: one tag, or all of a name. Throws in dockerd's words when it names nothing. */
export function pushTargets(
  images: readonly Image[],
  reference: Reference,
): readonly { readonly image: Image; readonly tag: string }[] {
  const name = familiarName(reference);
  if (reference.digest !== undefined)
    throw new RuntimeError('INVALID', 'cannot push a digest reference');
  const all = images.flatMap((image) =>
    image.tags
      .map((tag) => parseReference(tag))
      .filter((tagged) => familiarName(tagged) === name)
      .map(({ tag = 'latest' }) => ({ image, tag })),
  );
  if (all.length === 0)
    throw new RuntimeError('NOT_FOUND', `An image does not exist locally with the tag: ${name}`);
  const wanted = all.filter(({ tag }) => reference.tag === undefined || reference.tag === tag);
  if (wanted.length === 0)
    throw new RuntimeError('NOT_FOUND', `tag does not exist: ${familiarReference(reference)}`);
  return wanted;
}

/** A session that may write to a repository and read from those of the same registry that hold some of the `layers`. */
export async function openPush(
  { domain, path }: Reference,
  options: PushSources & RegistryAccess & { readonly layers: readonly Layer[] },
): Promise<PushContext> {
  const { content, origins, onProgress, layers, ...access } = options;
  const known = await Promise.all(layers.map(({ diffId }) => origins.of(diffId)));
  const sources = known
    .flat()
    .filter(({ repository }) => repository.startsWith(`${domain}/`))
    .map(({ repository }) => repository.slice(domain.length + 1))
    .filter((source) => source !== path);
  const scopes = [
    `repository:${path}:pull,push`,
    ...[...new Set(sources)].map((source) => `repository:${source}:pull`),
  ];
  const session = await RegistrySession.open({ ...access, domain, scopes });
  return { session, content, origins, onProgress };
}

/**
 * Sends an image under a tag of a repository, as dockerd does: layers that the registry has stay, those
 * of other repositories there are mounted, the rest is compressed and uploaded; the manifest comes last.
 * Throws `RegistryFailure`.
 */
export async function pushImage(
  image: Image,
  target: Reference & { readonly tag: string },
  context: PushContext,
): Promise<Descriptor> {
  const push = new ImagePush(target, context);
  const layers = await push.layers(image.layers);
  const config = await push.config(image);
  // Three spaces, as Go's distribution client indents, so that sizes and digests are those that dockerd would get.
  const manifest = new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: DOCKER_MANIFEST, config, layers }, null, '   '),
  );
  await push.manifest(manifest);
  const digest = await digestOf(manifest);
  const { tag } = target;
  context.onProgress({ kind: 'pushed', tag, digest, size: manifest.length });
  return { mediaType: DOCKER_MANIFEST, digest, size: manifest.length };
}

class ImagePush {
  readonly #target: Reference & { readonly tag: string };
  readonly #repository: string;
  readonly #context: PushContext;

  constructor(target: Reference & { readonly tag: string }, context: PushContext) {
    this.#target = target;
    this.#repository = `${target.domain}/${target.path}`;
    this.#context = context;
  }

  /** Told from the top layer down; returned bottom first. */
  async layers(layers: readonly Layer[]): Promise<readonly Descriptor[]> {
    const distinct = [...new Map(layers.map((layer) => [layer.diffId, layer])).values()].reverse();
    for (const layer of distinct) this.#tell(layer, 'preparing');
    for (const layer of distinct.slice(CONCURRENT_LAYERS)) this.#tell(layer, 'waiting');
    const done = new Map<Digest, Descriptor>();
    const queue = distinct.values();
    let failed = false;
    const work = async (): Promise<void> => {
      for (const layer of queue) {
        if (failed) return;
        try {
          done.set(layer.diffId, await this.#layer(layer));
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_LAYERS }, work));
    return layers.flatMap(({ diffId }) => done.get(diffId) ?? []);
  }

  async config({ id, configBytes }: Image): Promise<Descriptor> {
    if (!(await this.#has(id))) await this.#upload(configBytes, () => id);
    return { mediaType: DOCKER_CONFIG, size: configBytes.length, digest: id };
  }

  async manifest(bytes: Uint8Array): Promise<void> {
    const path = `manifests/${this.#target.tag}`;
    const headers = { 'content-type': DOCKER_MANIFEST };
    await discard(await this.#send({ method: 'PUT', path, headers, body: bytes }));
  }

  async #layer(layer: Layer): Promise<Descriptor> {
    const { origins } = this.#context;
    const known = await origins.of(layer.diffId);
    const here = await this.#find(known);
    if (here !== undefined) {
      this.#tell(layer, 'exists');
      return this.#remember(layer, here);
    }
    for (const origin of known) {
      const from = this.#pathHere(origin);
      if (from === undefined || !(await this.#mount(origin.digest, from))) continue;
      this.#tell(layer, 'mounted', { from });
      return this.#remember(layer, origin);
    }
    return this.#remember(layer, await this.#compressAndUpload(layer));
  }

  /** The first of these that the target repository has. */
  async #find(origins: readonly LayerOrigin[]): Promise<LayerOrigin | undefined> {
    for (const origin of new Map(origins.map((each) => [each.digest, each])).values())
      if (await this.#has(origin.digest)) return origin;
    return undefined;
  }

  /** Path of another repository of the same registry. */
  #pathHere({ repository }: LayerOrigin): string | undefined {
    const prefix = `${this.#target.domain}/`;
    return repository.startsWith(prefix) && repository !== this.#repository
      ? repository.slice(prefix.length)
      : undefined;
  }

  async #remember(
    { diffId }: Layer,
    { digest, size }: Pick<LayerOrigin, 'digest' | 'size'>,
  ): Promise<Descriptor> {
    await this.#context.origins.add(diffId, { repository: this.#repository, digest, size });
    return { mediaType: DOCKER_LAYER, size, digest };
  }

  async #compressAndUpload(layer: Layer): Promise<Pick<LayerOrigin, 'digest' | 'size'>> {
    const hash = (await createSHA256()).init();
    let read = 0;
    let size = 0;
    const body = (await this.#context.content.read(layer.diffId))
      .pipeThrough(
        watching((bytes) => {
          read += bytes.length;
          this.#tell(layer, 'pushing', { current: read });
        }),
      )
      // lib.dom types the pair over BufferSource; both ends carry Uint8Array.
      .pipeThrough(
        new CompressionStream('gzip') as unknown as TransformStream<Uint8Array, Uint8Array>,
      )
      .pipeThrough(
        watching((bytes) => {
          hash.update(bytes);
          size += bytes.length;
        }),
      );
    const digest = await this.#upload(body, () => `sha256:${hash.digest('hex')}`);
    this.#tell(layer, 'pushed', { current: layer.size });
    return { digest, size };
  }

  async #has(digest: Digest): Promise<boolean> {
    try {
      await discard(await this.#send({ method: 'HEAD', path: `blobs/${digest}` }));
      return true;
    } catch (error) {
      if (error instanceof RegistryFailure && error.status === 404) return false;
      throw error;
    }
  }

  /** False when the registry would rather have it uploaded. */
  async #mount(digest: Digest, from: string): Promise<boolean> {
    const query = new URLSearchParams({ mount: digest, from });
    const answer = await this.#send({ method: 'POST', path: `blobs/uploads/?${query}` });
    await discard(answer);
    if (answer.status === 201) return true;
    await discard(await this.#send({ method: 'DELETE', path: locationOf(answer) }));
    return false;
  }

  /** `digestAfter` is asked once all has been read. */
  async #upload(
    body: ReadableStream<Uint8Array> | Uint8Array,
    digestAfter: () => Digest,
  ): Promise<Digest> {
    const begun = await this.#send({ method: 'POST', path: 'blobs/uploads/' });
    await discard(begun);
    const headers = { 'content-type': 'application/octet-stream' };
    const sent = await this.#send({ method: 'PATCH', path: locationOf(begun), headers, body });
    await discard(sent);
    const digest = digestAfter();
    const location = locationOf(sent);
    const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
    await discard(await this.#send({ method: 'PUT', path }));
    return digest;
  }

  #send(wanted: RegistryRequest): Promise<HttpResponse> {
    const isRelative = !/^(?:\/|https?:)/.test(wanted.path);
    const path = isRelative ? `/v2/${this.#target.path}/${wanted.path}` : wanted.path;
    return this.#context.session.send({ ...wanted, path });
  }

  #tell(
    { diffId, size }: Layer,
    state: Extract<PushEvent, { kind: 'layer' }>['state'],
    more: { readonly current?: number; readonly from?: string } = {},
  ): void {
    this.#context.onProgress({
      kind: 'layer',
      id: shortId(diffId),
      state,
      current: 0,
      total: size,
      ...more,
    });
  }
}

function locationOf({ headers }: HttpResponse): string {
  const location = headers.get('location');
  if (location === null) throw new RuntimeError('REGISTRY', 'missing location header in response');
  return location;
}

function watching(watch: (bytes: Uint8Array) => void): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(bytes, controller) {
      watch(bytes);
      controller.enqueue(bytes);
    },
  });
}
