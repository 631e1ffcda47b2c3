/** The Docker engine of one machine, in a worker thread of Node. `workerData` is a `DockerWorkerData`. */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import type { DockerWorkerData } from '../docker/docker-worker-data.ts';
import { HostedDockerEngine } from '../docker/hosted-engine.ts';
import { registryNames } from '../docker/registry-names.ts';
import { fileSource } from '../hub/file-source.node.ts';
import { createHub } from '../hub/hub.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { FileStorage } from '../runtime/storage/file-storage.node.ts';
import { MemoryStorage } from '../runtime/storage/memory-storage.ts';

const { guest, storage } = workerData as DockerWorkerData;

exposeInNodeWorker(
  new HostedDockerEngine({
    openStorage: ({ machine }) =>
      storage === undefined
        ? Promise.resolve(new MemoryStorage())
        : FileStorage.open(path.join(storage, machine)),
    registry: () => registryNames(createHub(fileSource(path.join(guest, 'images')))),
    clock: systemClock,
    random: cryptoRandom,
    onError: (error) =>
      process.stderr.write(
        `docker engine: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      ),
  }),
);
