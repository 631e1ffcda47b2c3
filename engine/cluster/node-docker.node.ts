import type { DockerWorkerData } from '../docker/docker-worker-data.ts';
import { spawnNodeWorker } from '../rpc/node-worker.node.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** A worker thread for one Docker engine, for `startDocker`. Images are kept in memory unless `storage` names a directory. */
export function spawnNodeDocker(data: DockerWorkerData = {}): WorkerLink {
  return spawnNodeWorker(new URL('../workers/docker.worker.node.ts', import.meta.url), data);
}
