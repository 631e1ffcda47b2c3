/**
 * Where somebody is in the course, and the files, packed into a text for addresses and files: a digit for the version, then
 * JSON that is compressed (zlib, with its check sum) in base64url.
 */
import { z } from 'zod';

const VERSION = '1';
/** bytes of the JSON; a text that unpacks to more was not packed here */
const MOST = 1024 * 1024;

/** Relative, without `.` and `..`; without control characters, which can hide where a path leads. */
// oxlint-disable-next-line no-control-regex
const pathBelow = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\0-\x1f\x7f]{1,500}$/s;

/** Whether a file can be shared under this path below /root/work: no other is written where a share is opened. */
export function isSharedPath(path: string): boolean {
  return pathBelow.test(path);
}

const sharedState = z.object({
  lesson: z.string().optional(),
  step: z.string().optional(),
  /** by their paths below /root/work */
  files: z.record(z.string().refine(isSharedPath), z.string()),
});
export type SharedState = z.infer<typeof sharedState>;

class SharedStateError extends Error {
  override readonly name = 'SharedStateError';
  readonly code: 'OTHER_VERSION' | 'DAMAGED' | 'TOO_LARGE';

  constructor(code: SharedStateError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @throws SharedStateError TOO_LARGE */
export async function packState(state: SharedState): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  if (bytes.length > MOST)
    throw new SharedStateError(
      'TOO_LARGE',
      'The files are larger than 1 MB together. Save a checkpoint as a file instead.',
    );
  const packed = await through(bytes, new CompressionStream('deflate'), Infinity);
  const text = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(''));
  return VERSION + text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws SharedStateError OTHER_VERSION, DAMAGED; its message says what to do */
export async function unpackState(packed: string): Promise<SharedState> {
  const text = packed.trim();
  if (/^\d/.test(text) && !text.startsWith(VERSION))
    throw new SharedStateError(
      'OTHER_VERSION',
      'This was shared from another version of Drydock, which this one cannot read. Reload the page to get the newest version, then open the link again. Nothing here was changed.',
    );
  try {
    const binary = atob(text.slice(1).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const json = await through(bytes, new DecompressionStream('deflate'), MOST);
    return sharedState.parse(JSON.parse(new TextDecoder().decode(json)));
  } catch (cause) {
    throw new SharedStateError(
      'DAMAGED',
      'This link is not whole: a part of it was cut off or changed on the way, as some programs do with long links. Ask for it again, or for a file. Nothing here was changed.',
      { cause },
    );
  }
}

/** All that comes out. Rejects when that is more than `most` bytes, or the input is broken. */
async function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new RangeError('It unpacks to more than 1 MB.');
    }
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
