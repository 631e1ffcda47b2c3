import { spawnNodeWorker } from '../rpc/node-worker.node.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** A worker thread for a scheduler (`SchedulerHost`). */
export function spawnNodeScheduler(): WorkerLink {
  return spawnNodeWorker(new URL('../workers/scheduler.worker.node.ts', import.meta.url), {});
}

/** A worker thread for kube-controller-manager (`ControllersHost`). */
function spawnNodeControllers(): WorkerLink {
  return spawnNodeWorker(new URL('../workers/controllers.worker.node.ts', import.meta.url), {});
}

/** A worker thread for cloud-controller-manager (`CloudControllersHost`). */
export function spawnNodeCloudControllers(): WorkerLink {
  return spawnNodeWorker(
    new URL('../workers/cloud-controllers.worker.node.ts', import.meta.url),
    {},
  );
}

/** A worker thread for hollow nodes (`HollowHost`). */
function spawnNodeHollow(): WorkerLink {
  return spawnNodeWorker(new URL('../workers/hollow.worker.node.ts', import.meta.url), {});
}

/** The components that `startCluster` keeps running. */
export const spawnComponents = {
  scheduler: spawnNodeScheduler,
  controllers: spawnNodeControllers,
  hollow: spawnNodeHollow,
};
