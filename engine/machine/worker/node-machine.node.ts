import { spawnNodeWorker } from '../../rpc/node-worker.node.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';
import { repositoryDirectories, type GuestDirectories } from './guest-directories.node.ts';

/** A worker thread for one machine, for `startMachine`. */
export function spawnNodeMachine(
  directories: GuestDirectories = repositoryDirectories,
): WorkerLink {
  return spawnNodeWorker(
    new URL('../../workers/machine.worker.node.ts', import.meta.url),
    directories,
  );
}
