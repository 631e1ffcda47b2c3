import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { spawnNodeWorker } from '../rpc/node-worker.node.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import type { ClusterHost } from './cluster-host.ts';
import { spawnNodeEtcd } from './etcd/node-etcd.node.ts';
import { spawnNodeCloudControllers, spawnComponents } from './node-components.node.ts';

function spawner(file: string): () => WorkerLink {
  return () => spawnNodeWorker(new URL(`../workers/${file}`, import.meta.url), {});
}

/** Worker threads of this process for what a cluster of machines consists of. */
export const nodeClusterHost: ClusterHost = {
  spawnKubelet: spawner('kubelet.worker.node.ts'),
  spawnComponent: {
    etcd: () => spawnNodeEtcd(),
    'kube-apiserver': spawner('kube-apiserver.worker.node.ts'),
    'kube-controller-manager': spawnComponents.controllers,
    'kube-scheduler': spawnComponents.scheduler,
    'cloud-controller-manager': spawnNodeCloudControllers,
    'kube-proxy': spawner('kube-proxy.worker.node.ts'),
    'drydock-network': spawner('node-network.worker.node.ts'),
  },
  clock: systemClock,
  random: cryptoRandom,
};
