/** An etcd in a worker thread of Node. `workerData` is an `EtcdWorkerData`. */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { HostedEtcd } from '../cluster/etcd/hosted-etcd.ts';
import type { EtcdWorkerData } from '../etcd/etcd-worker-data.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';

const { storage } = workerData as EtcdWorkerData;
const log = new ComponentLog(systemClock, 'etcd', toStandardError('etcd'));
const etcd = new HostedEtcd({
  openStorage: (name) =>
    storage === undefined
      ? Promise.resolve(new MemoryStorage())
      : FileStorage.open(path.join(storage, name)),
  clock: systemClock,
  random: cryptoRandom,
  log,
});
exposeInNodeWorker(log.with(etcd));
