import { z } from 'zod';
import { digestOf, isDigest, type Digest } from '../../storage/digest.ts';
import { RuntimeError } from '../runtime-error.ts';
import { familiarName, familiarReference, type Reference } from '../images/reference.ts';
import { RegistryFailure } from './registry-failure.ts';
import {
  discard,
  RegistrySession,
  type RegistryAccess,
  type RegistryRequest,
} from './registry-session.ts';

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const MANIFEST_TYPES = ['application/vnd.oci.image.manifest.v1+json', DOCKER_MANIFEST];
const ACCEPT = [...MANIFEST_TYPES, ...INDEX_TYPES].join(', ');
/** Bytes; as much as registries have to take. */
const LARGEST_MANIFEST = 4 * 1024 * 1024;

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  size: z.int().min(0),
});
export type Descriptor = Readonly<z.infer<typeof descriptorSchema>>;

const platformSchema = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});
export type Platform = Readonly<z.infer<typeof platformSchema>>;

const manifestSchema = z.object({
  mediaType: z.string().nullish(),
  config: descriptorSchema.nullish(),
  layers: z.array(descriptorSchema).nullish(),
  manifests: z.array(descriptorSchema.extend({ platform: platformSchema.nullish() })).nullish(),
});
type RawManifest = Readonly<z.infer<typeof manifestSchema>>;

export interface ImageManifest {
  /** of what the reference names: the index when there is one */
  readonly digest: Digest;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** What a reference leads to, before a platform is chosen. */
export interface ResolvedManifest {
  readonly descriptor: Descriptor;
  readonly manifest: RawManifest;
}

/** The pull side of OCI Distribution v2 for one repository. Failures are RuntimeErrors with Docker's messages. */
export class RegistryClient {
  readonly #reference: Reference;
  readonly #session: RegistrySession;

  private constructor(reference: Reference, session: RegistrySession) {
    this.#reference = reference;
    this.#session = session;
  }

  static async open(reference: Reference, access: RegistryAccess): Promise<RegistryClient> {
    const session = await RegistrySession.open({
      ...access,
      domain: reference.domain,
      scopes: [`repository:${reference.path}:pull`],
    });
    return new RegistryClient(reference, session);
  }

  /** The manifest for `platform` (`linux/386`) of the client's reference. */
  async manifest(platform: string): Promise<ImageManifest> {
    const { manifest, descriptor } = await this.resolve();
    if (!manifest.manifests) return checked(manifest, descriptor.digest);
    const chosen = manifest.manifests.find(
      (each) => each.platform && matches(each.platform, platform),
    );
    if (chosen === undefined)
      throw new RuntimeError(
        'NOT_FOUND',
        `no matching manifest for ${platform} in the manifest list entries`,
      );
    const image = await this.#rawManifest(chosen.digest);
    return checked(image.manifest, descriptor.digest);
  }

  /** What the client's reference names. */
  resolve(): Promise<ResolvedManifest> {
    return this.#rawManifest(this.#reference.digest ?? this.#reference.tag ?? 'latest');
  }

  /** Every tag of the repository. */
  async tags(): Promise<readonly string[]> {
    const tags: string[] = [];
    for (let path: string | undefined = 'tags/list'; path !== undefined;) {
      const response = await this.#get({ path });
      const body = z
        .object({ tags: z.array(z.string()).nullish() })
        .parse(await new Response(response.body as BodyInit).json());
      tags.push(...(body.tags ?? []));
      path = /^<([^>]+)>/.exec(response.headers.get('link') ?? '')?.[1];
    }
    return tags;
  }

  async blob(descriptor: Descriptor): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#get({ path: `blobs/${descriptor.digest}` });
    if (body === null) throw new RuntimeError('REGISTRY', 'unexpected EOF');
    return body instanceof Uint8Array ? new Blob([body as Uint8Array<ArrayBuffer>]).stream() : body;
  }

  async #rawManifest(reference: string): Promise<ResolvedManifest> {
    const response = await this.#get({
      path: `manifests/${reference}`,
      headers: { accept: ACCEPT },
    });
    if (Number(response.headers.get('content-length') ?? 0) > LARGEST_MANIFEST) {
      await discard(response);
      throw new RuntimeError('REGISTRY', 'manifest invalid: manifest invalid');
    }
    const bytes = new Uint8Array(await new Response(response.body as BodyInit).arrayBuffer());
    const digest = await digestOf(bytes);
    if (isDigest(reference) && reference !== digest)
      throw new RuntimeError(
        'DIGEST_MISMATCH',
        `manifest verification failed for digest ${reference}`,
      );
    const manifest = parse(bytes);
    const mediaType = manifest.mediaType ?? response.headers.get('content-type') ?? '';
    return { descriptor: { mediaType, digest, size: bytes.length }, manifest };
  }

  async #get(wanted: RegistryRequest): Promise<Awaited<ReturnType<RegistrySession['send']>>> {
    const path = wanted.path.startsWith('/')
      ? wanted.path
      : `/v2/${this.#reference.path}/${wanted.path}`;
    try {
      return await this.#session.send({ ...wanted, path });
    } catch (error) {
      throw error instanceof RegistryFailure ? this.#translate(error) : error;
    }
  }

  /** As dockerd words it for pulls. */
  #translate(failure: RegistryFailure): RuntimeError {
    const options = { cause: failure };
    switch (failure.code) {
      case 'DENIED':
      case 'NAME_UNKNOWN':
        return new RuntimeError(
          'NOT_FOUND',
          `pull access denied for ${familiarName(this.#reference)}, repository does not exist or may require 'docker login': ${failure.message}`,
          options,
        );
      case 'MANIFEST_UNKNOWN':
        return new RuntimeError(
          'NOT_FOUND',
          `manifest for ${familiarReference(this.#reference)} not found: ${failure.message}`,
          options,
        );
      case 'UNAUTHORIZED':
        return new RuntimeError('UNAUTHORIZED', failure.message, options);
      default:
        return new RuntimeError('REGISTRY', failure.message, options);
    }
  }
}

function matches({ os, architecture, variant }: Platform, wanted: string): boolean {
  const [wantedOs, wantedArchitecture, wantedVariant] = wanted.split('/');
  return (
    os === wantedOs &&
    architecture === wantedArchitecture &&
    (wantedVariant === undefined || wantedVariant === variant)
  );
}

function parse(bytes: Uint8Array): RawManifest {
  try {
    return manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new RuntimeError('REGISTRY', 'manifest invalid: manifest invalid', { cause: error });
  }
}

function checked({ config, layers }: RawManifest, digest: Digest): ImageManifest {
  if (!config || !layers) throw new RuntimeError('REGISTRY', 'unsupported manifest format');
  return { digest, config, layers };
}
