import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { fileSource } from './file-source.node.ts';
import type { HubOptions } from './hub.ts';
import type { HubWorkerData } from './hub-worker-data.ts';

/** A registry in Node. */
export async function nodeHubOptions({ guest, storage }: HubWorkerData): Promise<HubOptions> {
  return {
    source: fileSource(path.join(guest, 'images')),
    storage: storage === undefined ? new MemoryStorage() : await FileStorage.open(storage),
    clock: systemClock,
    random: cryptoRandom,
    onError: (error) =>
      process.stderr.write(
        `registry: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      ),
  };
}
