/** The Docker engine of one machine, in a browser's worker. Images are kept in the origin's private file system. */
import type { DockerEngineOptions } from '../api/docker-engine.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedDockerEngine } from '../docker/hosted-engine.ts';
import { registryNames } from '../docker/registry-names.ts';
import { createHub } from '../hub/hub.ts';
import { fetchSource } from '../hub/hub-source.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { MemoryStorage } from '../runtime/storage/memory-storage.ts';
import { OpfsStorage } from '../runtime/storage/opfs-storage.ts';
import type { Storage } from '../runtime/storage/storage.ts';

/** A worker that was just ended lets go of its directory a moment later; another tab does not. */
const PATIENCE_MS = 2000;

/** False when another tab works with this directory. The lock is held as long as the worker lives. */
function claim(directory: string): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(directory, { signal }, () => {
        resolve(true);
        return new Promise<never>(() => {});
      })
      .catch((error: unknown) => (signal.aborted ? resolve(false) : reject(error as Error)));
  });
}

/** Memory, where the browser keeps nothing (private windows) or another tab owns what is kept. */
async function openStorage({ machine }: DockerEngineOptions): Promise<Storage> {
  const directory = `drydock-docker-${machine}`;
  try {
    if (await claim(directory)) return await OpfsStorage.open(directory);
  } catch (error) {
    reportError(error);
  }
  return new MemoryStorage();
}

exposeInBrowserWorker(
  new HostedDockerEngine({
    openStorage,
    registry: ({ artifacts }) =>
      registryNames(
        createHub(
          fetchSource(new URL('guest/images/', artifacts ?? new URL('/', location.origin)).href),
        ),
      ),
    clock: systemClock,
    random: cryptoRandom,
    onError: (error) => reportError(error),
  }),
);
