import type { EtcdWorkerData } from '../../etcd/etcd-worker-data.ts';
import { spawnNodeWorker } from '../../rpc/node-worker.node.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';

/** A worker thread for one etcd, for `EtcdKeeper`. */
export function spawnNodeEtcd(data: EtcdWorkerData = {}): WorkerLink {
  return spawnNodeWorker(new URL('../../workers/etcd.worker.node.ts', import.meta.url), data);
}
