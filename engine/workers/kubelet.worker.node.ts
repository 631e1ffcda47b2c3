/** A node's kubelet and container runtime in a worker thread of Node. `workerData` names the directory of its images. */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedKubelet } from '../cluster/hosted-kubelet.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { FileStorage } from '../storage/file-storage.node.ts';

const directory = workerData as string;
const log = new ComponentLog(systemClock, 'kubelet', toStandardError('kubelet'));
exposeInNodeWorker(
  log.with(
    new HostedKubelet({
      openStorage: (node) => FileStorage.open(path.join(directory, node)),
      clock: systemClock,
      random: cryptoRandom,
      onError: log.error,
    }),
  ),
);
