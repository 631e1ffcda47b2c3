import type { Random } from '../base/random.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import type { ControlPlaneProgram } from './components/control-plane-programs.ts';
import type { METRICS_SERVER } from './components/metrics-server-program.ts';
import type { NodeProgram } from './components/node-programs.ts';
import type { LabHost } from './lab-host.ts';

/** What a cluster needs from where it runs, beside what its machines need. */
export interface ClusterHost extends Pick<LabHost, 'clock'> {
  /** a worker that serves `KubeletService` */
  spawnKubelet(): WorkerLink;
  /** workers of the components, by name of the program; their contracts are in `engine/api` */
  readonly spawnComponent: Readonly<
    Record<ControlPlaneProgram | NodeProgram | typeof METRICS_SERVER, () => WorkerLink>
  >;
  readonly random: Random;
}
