/**
 * A cluster's API server in a browser's worker, over an etcd in a worker of its own. The origin's
 * private file system keeps the cluster's keys beside etcd's data, so tokens and certificates stay good.
 */
import type { ApiServerHost } from '../api/api-server-host.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import { systemClock } from '../base/clock.ts';
import { spawnBrowserEtcd } from '../cluster/etcd/browser-etcd.ts';
import { clusterApiServer, transportTo } from '../cluster/cluster-api-server.ts';
import { EtcdKeeper } from '../cluster/etcd/etcd-keeper.ts';
import { loadClusterPki } from '../cluster/load-cluster-pki.ts';
import { httpServiceOf } from '../http/index.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { openClusterStorage } from '../storage/browser-storage.ts';

/** kube-apiserver's own */
const PORT = 6443;

let running: { readonly server: ApiServer; readonly etcd: EtcdKeeper } | undefined;

const host: ApiServerHost = {
  async start(name, again) {
    const etcd = new EtcdKeeper({ spawn: spawnBrowserEtcd, name, again, clock: systemClock });
    await etcd.start();
    const keys = await openClusterStorage(`drydock-kubernetes-${name}`, reportError, again);
    const server = clusterApiServer({
      etcd,
      pki: await loadClusterPki(keys),
      port: PORT,
      onError: reportError,
    });
    await server.start();
    running = { server, etcd };
  },
  request(user, request) {
    if (running === undefined) throw new Error('The API server was not started.');
    return httpServiceOf(transportTo(running.server, user)).request(request);
  },
  async stop() {
    running?.server.dispose();
    await running?.etcd.close();
  },
};
exposeInBrowserWorker(host);
