/** An etcd in a browser's worker. It keeps its data in the origin's private file system. */
import { EtcdError, type EtcdHost } from '../api/etcd.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { openEtcd } from '../etcd/etcd-server.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';
import { openClusterStorage } from '../storage/browser-storage.ts';

registerErrorClass('EtcdError', EtcdError);

const host: EtcdHost = {
  async open(name, again) {
    const etcd = await openEtcd({
      storage: await openClusterStorage(`drydock-etcd-${name}`, reportError, again),
      clock: systemClock,
      random: cryptoRandom,
      onError: reportError,
    });
    return exposeOnPort(etcd);
  },
};
exposeInBrowserWorker(host);
