import type { Lab } from '../api/lab.ts';
import { systemClock } from '../base/clock.ts';
import { repositoryDirectories } from '../machine/worker/guest-directories.node.ts';
import { spawnNodeMachine } from '../machine/worker/node-machine.node.ts';
import { WorkerLab } from './lab.ts';
import { spawnNodeDocker } from './node-docker.node.ts';
import { spawnNodeHub } from './node-hub.node.ts';

/**
 * The lab of `openLab` in worker threads of this process. Images are kept in the directory `storage`;
 * without it each engine keeps them in memory, and they go with it.
 */
export function openNodeLab(storage?: string): Lab {
  return openNodeWorkerLab(storage);
}

/** The same, with what a cluster needs of it. */
export function openNodeWorkerLab(storage?: string): WorkerLab {
  return new WorkerLab({
    spawnMachine: () => spawnNodeMachine(),
    spawnDocker: () => spawnNodeDocker(storage === undefined ? {} : { storage }),
    spawnHub: () => spawnNodeHub({ guest: repositoryDirectories.guest }),
    clock: systemClock,
  });
}
