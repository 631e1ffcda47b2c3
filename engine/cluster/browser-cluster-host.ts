import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { linkBrowserWorker } from '../rpc/browser-worker.ts';
import type { ClusterHost } from './cluster-host.ts';
import { spawnBrowserEtcd } from './etcd/browser-etcd.ts';

/** Workers of this page for what a cluster of machines consists of. */
export const browserClusterHost: ClusterHost = {
  spawnKubelet: () =>
    linkBrowserWorker(
      new Worker(new URL('../workers/kubelet.worker.ts', import.meta.url), { type: 'module' }),
    ),
  spawnComponent: {
    etcd: spawnBrowserEtcd,
    'kube-apiserver': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/kube-apiserver.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
    'kube-controller-manager': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/controllers.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
    'kube-scheduler': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/scheduler.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
    'cloud-controller-manager': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/cloud-controllers.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
    'kube-proxy': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/kube-proxy.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
    'drydock-network': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/node-network.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
    'metrics-server': () =>
      linkBrowserWorker(
        new Worker(new URL('../workers/metrics-server.worker.ts', import.meta.url), {
          type: 'module',
        }),
      ),
  },
  clock: systemClock,
  random: cryptoRandom,
};
