import type { Clock } from '../base/clock.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

/** What a lab needs from where it runs: a browser's page, or Node. */
export interface LabHost {
  spawnMachine(): WorkerLink;
  spawnDocker(): WorkerLink;
  spawnHub(): WorkerLink;
  /** absolute URL, ending in a slash, of the folder that holds `guest/` and `states/`; Node reads files instead */
  readonly artifacts?: string;
  readonly clock: Clock;
}
