/** What a registry must understand of the manifests it keeps (OCI image-spec 1.1; Docker's image manifest v2, schema 2). */
import { z } from 'zod';
import { type Digest, isDigest } from './content-digest.ts';
import { RegistryError } from './registry-error.ts';

/** Bytes of a manifest; the specification asks for at least 4 MB. */
export const largestManifest = 4 * 1024 * 1024;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** A manifest as far as the registry looks into it. */
export interface ManifestFacts {
  readonly mediaType: string;
  /** blobs that must be there, and manifests that must be there, before this one may be */
  readonly blobs: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
  /** what this one says something about; need not be there */
  readonly subject?: Digest;
  /** for referrers */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const descriptorSchema = z.looseObject({
  mediaType: z.string().min(1).max(255),
  digest: z.string().refine(isDigest, 'is not a digest'),
  size: z.int().min(0),
  urls: z.array(z.string()).nullish(),
  platform: z.looseObject({}).nullish(),
});
const common = {
  schemaVersion: z.literal(2),
  mediaType: z.string().nullish(),
  artifactType: z.string().nullish(),
  subject: descriptorSchema.nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
};
const image = z
  .object({ ...common, config: descriptorSchema, layers: z.array(descriptorSchema) })
  .transform((manifest) => ({ ...manifest, manifests: [] }));
const index = z
  .object({ ...common, manifests: z.array(descriptorSchema) })
  .transform((manifest) => ({ ...manifest, config: undefined, layers: [] }));

const schemas = new Map<string, typeof image | typeof index>([
  ['application/vnd.oci.image.manifest.v1+json', image],
  ['application/vnd.docker.distribution.manifest.v2+json', image],
  ['application/vnd.oci.image.index.v1+json', index],
  ['application/vnd.docker.distribution.manifest.list.v2+json', index],
]);

/** Layers of these types are fetched from elsewhere and need not be here. */
const isForeign = (mediaType: string): boolean => /\.(foreign|nondistributable)\./.test(mediaType);

/** Reads a manifest that came under `contentType`. Throws MANIFEST_INVALID with the reason. */
export function readManifest(bytes: Uint8Array, contentType: string | null): ManifestFacts {
  const mediaType = contentType?.split(';')[0]?.trim() ?? '';
  const schema = schemas.get(mediaType);
  if (schema === undefined)
    throw new RegistryError('MANIFEST_INVALID', `unsupported media type: ${mediaType || 'none'}`);
  const result = schema.safeParse(parse(bytes));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new RegistryError(
      'MANIFEST_INVALID',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    );
  }
  const manifest = result.data;
  if ((manifest.mediaType ?? mediaType) !== mediaType)
    throw new RegistryError(
      'MANIFEST_INVALID',
      `mediaType is ${manifest.mediaType}, the content type ${mediaType}`,
    );
  const { config, layers, manifests, subject, annotations } = manifest;
  const artifactType = manifest.artifactType || config?.mediaType;
  return {
    mediaType,
    blobs: [...(config ? [config] : []), ...layers.filter((layer) => !isForeign(layer.mediaType))],
    manifests,
    ...(subject ? { subject: subject.digest } : {}),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations ? { annotations } : {}),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RegistryError('MANIFEST_INVALID', 'not JSON', { cause });
  }
}
