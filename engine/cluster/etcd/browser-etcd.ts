import { linkBrowserWorker } from '../../rpc/browser-worker.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';

/** A worker for one etcd, for `EtcdKeeper`. */
export function spawnBrowserEtcd(): WorkerLink {
  return linkBrowserWorker(
    new Worker(new URL('../../workers/etcd.worker.ts', import.meta.url), { type: 'module' }),
  );
}
