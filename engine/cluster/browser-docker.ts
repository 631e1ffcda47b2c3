import { linkBrowserWorker } from '../rpc/browser-worker.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** A worker for one Docker engine, for `startDocker`. */
export function spawnBrowserDocker(): WorkerLink {
  return linkBrowserWorker(
    new Worker(new URL('../workers/docker.worker.ts', import.meta.url), { type: 'module' }),
  );
}
