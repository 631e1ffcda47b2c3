/** An etcd in a worker thread of Node. `workerData` is an `EtcdWorkerData`. */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { EtcdError, type EtcdHost } from '../api/etcd.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { openEtcd } from '../etcd/etcd-server.ts';
import type { EtcdWorkerData } from '../etcd/etcd-worker-data.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';

registerErrorClass('EtcdError', EtcdError);
const { storage } = workerData as EtcdWorkerData;

const host: EtcdHost = {
  async open(name) {
    const etcd = await openEtcd({
      storage:
        storage === undefined
          ? new MemoryStorage()
          : await FileStorage.open(path.join(storage, name)),
      clock: systemClock,
      random: cryptoRandom,
      onError: (error) => process.stderr.write(`etcd: ${String(error)}\n`),
    });
    return exposeOnPort(etcd);
  },
};
exposeInNodeWorker(host);
