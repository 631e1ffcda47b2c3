/** A node's kubelet and container runtime in a worker thread of Node. Images are kept in memory. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedKubelet } from '../cluster/hosted-kubelet.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';

const log = new ComponentLog(systemClock, 'kubelet', toStandardError('kubelet'));
exposeInNodeWorker(
  log.with(
    new HostedKubelet({
      openStorage: () => Promise.resolve(new MemoryStorage()),
      clock: systemClock,
      random: cryptoRandom,
      onError: log.error,
    }),
  ),
);
