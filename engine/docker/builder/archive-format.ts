/** Recognises archives among the files of a build context, as Docker does for ADD. */
import { TarReader } from '../../runtime/images/tar-reader.ts';
import { collect } from '../../machine/agent/agent-client.ts';
import { compressionOf, CompressionError, decompressed } from '../archives/compression.ts';

/** The tar inside, when `bytes` is a tar or a compressed one; undefined for any other file. */
export async function unpackTar(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  if (compressionOf(bytes) === 'none') return beginsWithTarHeader(bytes) ? bytes : undefined;
  try {
    const tar = await collect(await decompressed(new Blob([bytes]).stream()));
    return beginsWithTarHeader(tar) ? tar : undefined;
  } catch (error) {
    if (error instanceof CompressionError) return undefined;
    throw error;
  }
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
