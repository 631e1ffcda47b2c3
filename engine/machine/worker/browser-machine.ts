import { linkBrowserWorker } from '../../rpc/browser-worker.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';

/** A worker for one machine, for `startMachine`. */
export function spawnBrowserMachine(): WorkerLink {
  return linkBrowserWorker(
    new Worker(new URL('../../workers/machine.use-scheduling-api.worker.ts', import.meta.url), {
      type: 'module',
    }),
  );
}
