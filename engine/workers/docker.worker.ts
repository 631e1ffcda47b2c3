/** The Docker engine of one machine, in a browser's worker. Images are kept in the origin's private file system. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { EngineService } from '../docker/engine-service.ts';
import { exposeInBrowserWorker, linkBrowserWorker } from '../rpc/browser-worker.ts';
import { openBrowserStorage } from '../storage/browser-storage.ts';

exposeInBrowserWorker(
  new EngineService({
    openStorage: ({ machine }) => openBrowserStorage(`drydock-docker-${machine}`, reportError),
    spawnBuild: () =>
      linkBrowserWorker(
        new Worker(new URL('./build.worker.ts', import.meta.url), { type: 'module' }),
      ),
    clock: systemClock,
    random: cryptoRandom,
    onError: reportError,
  }),
);
