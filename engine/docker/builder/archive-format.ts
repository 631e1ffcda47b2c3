/** Recognises archives by their first bytes, as Docker does for contexts and for ADD. */
import { decompress as decompressZstd } from 'fzstd';
import { concatenate } from '../../runtime/storage/memory-storage.ts';
import { TarReader } from '../../runtime/images/tar-reader.ts';
import { BuildError } from './build-error.ts';

type Compression = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd';

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

function compressionOf(bytes: Uint8Array): Compression {
  return (
    magics.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0] ?? 'none'
  );
}

/**
 * The decompressed bytes; undefined when nothing is there. bzip2 and xz, which no host decompresses,
 * throw BuildError.
 */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const compression = compressionOf(bytes);
  switch (compression) {
    case 'none':
      return bytes.length === 0 ? undefined : bytes;
    case 'gzip': {
      const chunks: Uint8Array[] = [];
      for await (const chunk of new Blob([bytes])
        .stream()
        .pipeThrough(new DecompressionStream('gzip')))
        chunks.push(chunk);
      return concatenate(chunks);
    }
    case 'zstd':
      return new Uint8Array(decompressZstd(bytes));
    case 'bzip2':
    case 'xz':
      throw new BuildError(
        'FAILED',
        `this engine cannot unpack ${compression} archives: use gzip or zstd, or a plain tar`,
      );
  }
}

/** The tar inside, when `bytes` is a tar or a compressed one; undefined for any other file. */
export async function unpackTar(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const compression = compressionOf(bytes);
  if (compression === 'none' && !beginsWithTarHeader(bytes)) return undefined;
  let tar: Uint8Array<ArrayBuffer> | undefined;
  try {
    tar = await decompress(bytes);
  } catch (error) {
    if (error instanceof BuildError) throw error;
    return undefined;
  }
  return tar && beginsWithTarHeader(tar) ? tar : undefined;
}

function beginsWithTarHeader(bytes: Uint8Array): boolean {
  const header = bytes.subarray(0, 512);
  if (header.length < 512 || header.every((byte) => byte === 0)) return false;
  try {
    new TarReader(() => undefined).push(header);
    return true;
  } catch {
    return false;
  }
}
