/** Test double: a registry over memory with two official images, and a client that gets itself tokens. */
import { createHash } from 'node:crypto';
import type { HttpRequest } from '../api/http-message.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import type { Digest } from '../storage/digest.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { type Hub, openHub } from './hub.ts';
import { type HubSource, HubSourceError } from './hub-source.ts';
import type { ImageIndex } from '../api/image-index.ts';

const encoder = new TextEncoder();
export const indexType = 'application/vnd.oci.image.index.v1+json';
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

export interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: Digest;
  readonly size: number;
}

export function contentOf(text: string | Uint8Array): Content {
  const bytes = typeof text === 'string' ? encoder.encode(text) : new Uint8Array(text);
  const hex = createHash('sha256').update(bytes).digest('hex');
  return { bytes, digest: `sha256:${hex}`, size: bytes.byteLength };
}

export const layer = contentOf('0123456789');
export const manifest = contentOf('{"a manifest":true}');
export const index = contentOf('{"an index":true}');
const entry = { description: '', differences: [], layers: [], sources: [] };
const catalogue: ImageIndex = {
  repositories: {
    'library/busybox': {
      ...entry,
      description: 'Small tools in one program',
      tags: { latest: index.digest, '1.35': index.digest, stable: index.digest },
      manifests: {
        [index.digest]: {
          mediaType: indexType,
          size: index.size,
          defaultManifest: manifest.digest,
        },
        [manifest.digest]: { mediaType: manifestType, size: manifest.size },
      },
      blobs: { [layer.digest]: layer.size },
    },
    'library/empty': { ...entry, tags: {}, manifests: {}, blobs: {} },
    'registry.k8s.io/pause': {
      ...entry,
      tags: { '3.10': manifest.digest },
      manifests: { [manifest.digest]: { mediaType: manifestType, size: manifest.size } },
      blobs: {},
    },
  },
};
const files = new Map([
  ['index.json', encoder.encode(JSON.stringify(catalogue))],
  ...[layer, manifest, index].map(
    ({ digest, bytes }) => [digest.replace('sha256:', 'blobs/sha256/'), bytes] as const,
  ),
]);

/** The files of the official images. */
export const memorySource: HubSource = {
  async open(path, range) {
    const bytes = files.get(path);
    if (!bytes) throw new HubSourceError('ABSENT', `no ${path}`);
    return new Blob([bytes.slice(range?.start, range?.end)]).stream();
  },
};

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>;
}

/** Sends requests as `user`, or as nobody. */
export class HubClient {
  readonly storage: MemoryStorage;
  readonly clock: FakeClock;
  readonly hub: Hub;
  readonly #user: string | undefined;

  private constructor(storage: MemoryStorage, clock: FakeClock, hub: Hub, user?: string) {
    this.storage = storage;
    this.clock = clock;
    this.hub = hub;
    this.#user = user;
  }

  static async open(
    options: {
      readonly source?: HubSource;
      readonly storage?: MemoryStorage;
      readonly clock?: FakeClock;
    } = {},
  ): Promise<HubClient> {
    const {
      source = memorySource,
      storage = new MemoryStorage(),
      clock = new FakeClock(),
    } = options;
    const random = new SeededRandom(1);
    return new HubClient(storage, clock, await openHub({ source, storage, clock, random }));
  }

  as(user: string): HubClient {
    return new HubClient(this.storage, this.clock, this.hub, user);
  }

  /** A request as it is; with a token for what the registry asks for, when it asks. */
  async send(path: string, call: Call = {}): Promise<Response> {
    const first = await this.raw(path, { ...call, ...(isStream(call.body) ? { body: '' } : {}) });
    const challenge = first.headers.get('www-authenticate') ?? '';
    const [, scope] = /scope="([^"]*)"/.exec(challenge) ?? [];
    if (first.status !== 401 || scope === undefined) return first;
    const token = await this.token(scope);
    return this.raw(path, {
      ...call,
      headers: { ...call.headers, authorization: `Bearer ${token}` },
    });
  }

  async token(scope: string, password = 'secret'): Promise<string> {
    const user = this.#user;
    const response = await this.raw(`/token?${new URLSearchParams({ scope })}`, {
      headers: user === undefined ? {} : { authorization: `Basic ${btoa(`${user}:${password}`)}` },
    });
    return ((await response.json()) as { token: string }).token;
  }

  async raw(path: string, { method = 'GET', headers = {}, body }: Call = {}): Promise<Response> {
    const bytes = typeof body === 'string' ? encoder.encode(body) : body;
    const sent = new Headers({ host: 'registry-1.docker.io', ...headers });
    if (bytes instanceof Uint8Array && !sent.has('content-length'))
      sent.set('content-length', String(bytes.length));
    const request: HttpRequest = {
      method,
      url: `http://localhost${path}`,
      headers: sent,
      body: bytes instanceof Uint8Array ? new Blob([bytes.slice()]).stream() : (bytes ?? null),
    };
    const response = await this.hub.handle(request);
    return new Response(response.body as BodyInit | null, response);
  }

  /** Pushes a blob in one request. */
  async putBlob(repository: string, { bytes, digest }: Content): Promise<void> {
    const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
    const { status } = await this.send(path, { method: 'POST', body: bytes });
    if (status !== 201) throw new Error(`${path}: ${status}`);
  }

  /** Pushes an image of these layers under a tag. */
  async putImage(
    repository: string,
    tag: string,
    layers: readonly Content[],
    more: object = {},
  ): Promise<Content> {
    const config = contentOf(JSON.stringify({ layers: layers.map(({ digest }) => digest) }));
    for (const each of [config, ...layers]) await this.putBlob(repository, each);
    const descriptor = (mediaType: string, { digest, size }: Content) => ({
      mediaType,
      digest,
      size,
    });
    const image = contentOf(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: descriptor('application/vnd.oci.image.config.v1+json', config),
        layers: layers.map((each) => descriptor('application/vnd.oci.image.layer.v1.tar', each)),
        ...more,
      }),
    );
    const path = `/v2/${repository}/manifests/${tag}`;
    const { status } = await this.putManifest(path, image.bytes);
    if (status !== 201) throw new Error(`${path}: ${status}`);
    return image;
  }

  putManifest(path: string, body: Uint8Array | string, type = manifestType): Promise<Response> {
    return this.send(path, { method: 'PUT', headers: { 'content-type': type }, body });
  }
}

function isStream(body: Call['body']): boolean {
  return body instanceof ReadableStream;
}

/** Status and code of the first error. */
export async function errorCode(response: Response): Promise<readonly [number, unknown]> {
  const body = (await response.json()) as { errors: { code: string; message: string }[] };
  return [response.status, body.errors[0]?.code];
}
