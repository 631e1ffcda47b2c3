import type { Lab } from '../api/lab.ts';
import { systemClock } from '../base/clock.ts';
import {
  repositoryDirectories,
  type GuestDirectories,
} from '../machine/client/guest-directories.node.ts';
import { spawnNodeMachine } from '../machine/client/node-machine.node.ts';
import { WorkerLab } from './lab.ts';
import { spawnNodeDocker } from './node-docker.node.ts';

/** The lab of `openLab` in worker threads of this process. Images are kept in memory. */
export function openNodeLab(directories: GuestDirectories = repositoryDirectories): Lab {
  return new WorkerLab({
    spawnMachine: () => spawnNodeMachine(directories),
    spawnDocker: () => spawnNodeDocker({ guest: directories.guest }),
    clock: systemClock,
  });
}
