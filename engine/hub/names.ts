/** The grammar of what stands in a registry's paths (OCI Distribution 1.1, "Pulling manifests"). */
import { type Digest, isDigest } from './content-digest.ts';
import { RegistryError } from './registry-error.ts';

const namePattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const longestName = 255;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** A repository's name. Throws NAME_INVALID. */
export function checkedName(name: string): string {
  if (name.length > longestName || !namePattern.test(name))
    throw new RegistryError('NAME_INVALID', { name });
  return name;
}

/** Throws DIGEST_INVALID. */
export function checkedDigest(text: string | null): Digest {
  if (text === null || !isDigest(text)) throw new RegistryError('DIGEST_INVALID', { digest: text });
  return text;
}

/** The end of a manifest's path. Throws DIGEST_INVALID or TAG_INVALID. */
export function checkedReference(
  text: string,
): { readonly digest: Digest } | { readonly tag: string } {
  if (text.includes(':')) return { digest: checkedDigest(text) };
  if (!tagPattern.test(text)) throw new RegistryError('TAG_INVALID', { tag: text });
  return { tag: text };
}
