/** The Docker engine of one machine, in a worker thread of Node. `workerData` is a `DockerWorkerData`. */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import type { DockerWorkerData } from '../docker/docker-worker-data.ts';
import { EngineService } from '../docker/engine-service.ts';
import { exposeInNodeWorker, spawnNodeWorker } from '../rpc/node-worker.node.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';

const { storage } = workerData as DockerWorkerData;

exposeInNodeWorker(
  new EngineService({
    openStorage: ({ machine }) =>
      storage === undefined
        ? Promise.resolve(new MemoryStorage())
        : FileStorage.open(path.join(storage, machine)),
    spawnBuild: () => spawnNodeWorker(new URL('build.worker.node.ts', import.meta.url), undefined),
    clock: systemClock,
    random: cryptoRandom,
    onError: toStandardError('docker engine'),
  }),
);
