import { concatBytes } from '../http/index.ts';
import { RegistryError } from './registry-error.ts';

/** A whole body of at most `limit` bytes. Throws TOO_LARGE as soon as it is longer, whatever was announced. */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
  limit: number,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0);
  if (body instanceof Uint8Array) {
    if (body.length > limit) throw new RegistryError('TOO_LARGE');
    return body;
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw new RegistryError('TOO_LARGE');
    parts.push(part);
  }
  return concatBytes(...parts);
}
