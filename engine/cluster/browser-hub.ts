import { linkBrowserWorker } from '../rpc/browser-worker.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** A worker for the registry, for `HubKeeper`. */
export function spawnBrowserHub(): WorkerLink {
  return linkBrowserWorker(
    new Worker(new URL('../workers/hub.worker.ts', import.meta.url), { type: 'module' }),
  );
}
