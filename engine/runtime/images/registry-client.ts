import { isDigest } from '../content-store.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Digest, RegistryFetch } from '../types.ts';
import { familiarName, familiarReference, type Reference } from './reference.ts';
import { digestOf } from '../content-store.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface ImageManifest {
  /** of what the reference names: the index when there is one */
  readonly digest: Digest;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** Docker Hub's registry answers under this name; references say docker.io. */
const HUB_HOST = 'registry-1.docker.io';

interface RawManifest {
  readonly mediaType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly (Descriptor & {
    readonly platform?: { readonly os: string; readonly architecture: string };
  })[];
}

/** The pull side of OCI Distribution v2 for one repository. Failures are RuntimeErrors with Docker's messages. */
export class RegistryClient {
  readonly #fetch: RegistryFetch;
  readonly #reference: Reference;
  readonly #base: string;
  readonly #signal: AbortSignal | undefined;

  constructor(fetch: RegistryFetch, reference: Reference, signal?: AbortSignal) {
    this.#fetch = fetch;
    this.#reference = reference;
    this.#signal = signal;
    const host = reference.domain === 'docker.io' ? HUB_HOST : reference.domain;
    this.#base = `https://${host}/v2/`;
  }

  /** The manifest for `platform` (`linux/386`). */
  async manifest(platform: string): Promise<ImageManifest> {
    const wanted = this.#reference.digest ?? this.#reference.tag ?? 'latest';
    const top = await this.#rawManifest(wanted);
    const { manifest, digest } = top;
    if (manifest.manifests === undefined) return checked(manifest, digest);
    const chosen = manifest.manifests.find(
      (each) =>
        each.platform !== undefined &&
        `${each.platform.os}/${each.platform.architecture}` === platform,
    );
    if (chosen === undefined)
      throw new RuntimeError(
        'NOT_FOUND',
        `no matching manifest for ${platform} in the manifest list entries`,
      );
    return checked((await this.#rawManifest(chosen.digest)).manifest, digest);
  }

  async blob(descriptor: Descriptor): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#get(`blobs/${descriptor.digest}`, '*/*');
    if (response.body === null) throw new RuntimeError('REGISTRY', `unexpected EOF`);
    return response.body;
  }

  async #rawManifest(
    reference: string,
  ): Promise<{ readonly manifest: RawManifest; readonly digest: Digest }> {
    const response = await this.#get(
      `manifests/${reference}`,
      [...MANIFEST_TYPES, ...INDEX_TYPES].join(', '),
    );
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = await digestOf(bytes);
    if (isDigest(reference) && reference !== digest)
      throw new RuntimeError(
        'DIGEST_MISMATCH',
        `manifest verification failed for digest ${reference}`,
      );
    return { manifest: parse(bytes), digest };
  }

  async #get(path: string, accept: string): Promise<Response> {
    const url = `${this.#base}${this.#reference.path}/${path}`;
    let response: Response;
    try {
      response = await this.#fetch(
        new Request(url, {
          headers: { accept },
          ...(this.#signal === undefined ? {} : { signal: this.#signal }),
        }),
      );
    } catch (error) {
      if (this.#signal?.aborted === true || error instanceof RuntimeError) throw error;
      const host = new URL(url).hostname;
      throw new RuntimeError(
        'REGISTRY',
        `Get "${this.#base}": dial tcp: lookup ${host}: no such host`,
        { cause: error },
      );
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw this.#failure(response.status, path);
  }

  #failure(status: number, path: string): RuntimeError {
    const name = familiarName(this.#reference);
    if (status === 404 && path.startsWith('manifests/')) {
      return new RuntimeError(
        'NOT_FOUND',
        `manifest for ${familiarReference(this.#reference)} not found: manifest unknown: manifest unknown`,
      );
    }
    if (status === 404 || status === 401 || status === 403) {
      return new RuntimeError(
        'NOT_FOUND',
        `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      );
    }
    return new RuntimeError('REGISTRY', `received unexpected HTTP status: ${status}`);
  }
}

function parse(bytes: Uint8Array): RawManifest {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as RawManifest;
  } catch (error) {
    throw new RuntimeError('REGISTRY', 'manifest invalid: manifest invalid', { cause: error });
  }
}

function checked(manifest: RawManifest, digest: Digest): ImageManifest {
  const { config, layers } = manifest;
  const isWhole =
    config !== undefined &&
    isDigest(config.digest) &&
    Array.isArray(layers) &&
    layers.every((layer) => isDigest(layer.digest));
  if (!isWhole) throw new RuntimeError('REGISTRY', 'unsupported manifest format');
  return { digest, config, layers };
}
