import type { ClusterFacade } from '../api/cluster.ts';
import { browserClusterHost } from './browser-cluster-host.ts';
import type { WorkerLab } from './lab.ts';
import { MachineCluster } from './machine-cluster.ts';

/** A cluster whose machines are added to a lab of this page. What goes wrong in it is in the logs of its components. */
export function openBrowserCluster(lab: WorkerLab, nodes: number): ClusterFacade {
  return new MachineCluster({ nodes, lab, host: browserClusterHost, onError: reportError });
}
