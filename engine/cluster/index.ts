/** The facade for pages. */
import type { Lab } from '../api/lab.ts';
import { systemClock } from '../base/clock.ts';
import { spawnBrowserMachine } from '../machine/client/browser-machine.ts';
import { spawnBrowserDocker } from './browser-docker.ts';
import { WorkerLab } from './lab.ts';

/** A lab without machines. The machines' parts are fetched from beside the page. */
export function openLab(): Lab {
  return new WorkerLab({
    spawnMachine: spawnBrowserMachine,
    spawnDocker: spawnBrowserDocker,
    artifacts: new URL('./', location.href).href,
    clock: systemClock,
  });
}
