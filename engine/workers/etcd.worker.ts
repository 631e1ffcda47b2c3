/** An etcd in a browser's worker. What it keeps under a name is in the origin's private file system. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedEtcd } from '../cluster/etcd/hosted-etcd.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { openClusterStorage } from '../storage/browser-storage.ts';

const log = new ComponentLog(systemClock, 'etcd', reportError);
const etcd = new HostedEtcd({
  openStorage: (name, again) => openClusterStorage(`drydock-etcd-${name}`, reportError, again),
  clock: systemClock,
  random: cryptoRandom,
  log,
});
exposeInBrowserWorker(log.with(etcd));
