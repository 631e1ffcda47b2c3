import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { spawnNodeWorker } from '../rpc/node-worker.node.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import type { ClusterHost } from './cluster-host.ts';
import { spawnNodeEtcd } from './etcd/node-etcd.node.ts';
import { spawnNodeCloudControllers, spawnComponents } from './node-components.node.ts';

/** Of all nodes of this process; it goes with it. A kubelet that is started again finds there what the one before it had. */
let images: string | undefined;

function imagesDirectory(): string {
  if (images !== undefined) return images;
  const made = mkdtempSync(path.join(tmpdir(), 'drydock-nodes-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  images = made;
  return made;
}

function spawner(file: string): () => WorkerLink {
  return () => spawnNodeWorker(new URL(`../workers/${file}`, import.meta.url), {});
}

/** Worker threads of this process for what a cluster of machines consists of. */
export const nodeClusterHost: ClusterHost = {
  spawnKubelet: () =>
    spawnNodeWorker(
      new URL('../workers/kubelet.worker.node.ts', import.meta.url),
      imagesDirectory(),
    ),
  spawnComponent: {
    etcd: () => spawnNodeEtcd(),
    'kube-apiserver': spawner('kube-apiserver.worker.node.ts'),
    'kube-controller-manager': spawnComponents.controllers,
    'kube-scheduler': spawnComponents.scheduler,
    'cloud-controller-manager': spawnNodeCloudControllers,
    'kube-proxy': spawner('kube-proxy.worker.node.ts'),
    'drydock-network': spawner('node-network.worker.node.ts'),
    'metrics-server': spawner('metrics-server.worker.node.ts'),
  },
  clock: systemClock,
  random: cryptoRandom,
};
