/** A node's kubelet and container runtime in a browser's worker. Images are kept in the origin's private file system. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedKubelet } from '../cluster/hosted-kubelet.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { openBrowserStorage } from '../storage/browser-storage.ts';

const log = new ComponentLog(systemClock, 'kubelet', reportError);
exposeInBrowserWorker(
  log.with(
    new HostedKubelet({
      openStorage: (node, again) => openBrowserStorage(`drydock-node-${node}`, reportError, again),
      clock: systemClock,
      random: cryptoRandom,
      onError: log.error,
    }),
  ),
);
