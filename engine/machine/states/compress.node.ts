import { spawnNodeWorker } from '../../rpc/node-worker.node.ts';
import { connectWorker } from '../../rpc/rpc-client.ts';

/** What the worker thread offers. */
export interface CompressService {
  /** zstd, levels 1 to 19 */
  compress(content: Uint8Array, level: number): Promise<Uint8Array>;
}

/** Compresses with zstd in a thread of its own. */
export async function compressZstd(content: Uint8Array, level: number): Promise<Uint8Array> {
  const url = new URL('../../workers/machine-compress.worker.node.ts', import.meta.url);
  const client = await connectWorker<CompressService>(spawnNodeWorker(url, null));
  try {
    return await client.service.compress(content, level);
  } finally {
    await client.dispose();
  }
}
