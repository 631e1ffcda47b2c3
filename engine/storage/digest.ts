import { createSHA256 } from 'hash-wasm';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

export async function digestOf(bytes: Uint8Array): Promise<Digest> {
  const hash = (await createSHA256()).init();
  return `sha256:${hash.update(bytes).digest('hex')}`;
}
