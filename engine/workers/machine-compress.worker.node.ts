/**
 * Compresses saved states. In a thread of its own, because it takes seconds, and one a state,
 * because the library does not give back its memory and fails after a few large inputs.
 */
import { compress, init } from '@bokuweb/zstd-wasm';
import type { CompressService } from '../machine/states/compress.node.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

const service: CompressService = {
  async compress(content, level) {
    await init();
    return compress(Buffer.from(content.buffer, content.byteOffset, content.length), level);
  },
};
exposeInNodeWorker(service);
