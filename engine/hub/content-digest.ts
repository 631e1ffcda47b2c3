/** Digests as the registry takes them: both algorithms that OCI's image specification registers. */
import { createSHA256, createSHA512, type IHasher } from 'hash-wasm';

const hashers = { sha256: createSHA256, sha512: createSHA512 } as const;
export type Algorithm = keyof typeof hashers;
export type Digest = `${Algorithm}:${string}`;

export function isDigest(text: string): text is Digest {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}

export function algorithmOf(digest: Digest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** Ready to take bytes. */
export async function createHasher(algorithm: Algorithm): Promise<IHasher> {
  return (await hashers[algorithm]()).init();
}

export function digestFrom(hasher: IHasher, algorithm: Algorithm): Digest {
  return `${algorithm}:${hasher.digest('hex')}`;
}

export async function digestOf(bytes: Uint8Array, algorithm: Algorithm): Promise<Digest> {
  return digestFrom((await createHasher(algorithm)).update(bytes), algorithm);
}
