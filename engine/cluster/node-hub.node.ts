import type { HubWorkerData } from '../hub/hub-worker-data.ts';
import { repositoryDirectories } from '../machine/worker/guest-directories.node.ts';
import { spawnNodeWorker } from '../rpc/node-worker.node.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** A worker thread for the registry, for `HubKeeper`. What is pushed is kept in memory unless `storage` names a directory. */
export function spawnNodeHub(
  data: HubWorkerData = { guest: repositoryDirectories.guest },
): WorkerLink {
  return spawnNodeWorker(new URL('../workers/hub.worker.node.ts', import.meta.url), data);
}
