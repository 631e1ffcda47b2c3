/** The page of cluster.e2e.ts: machines of a cluster in workers of this page. */
import type { ClusterState } from '../../../engine/api/cluster.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { browserClusterHost } from '../../../engine/cluster/browser-cluster-host.ts';
import { spawnBrowserDocker } from '../../../engine/cluster/browser-docker.ts';
import { spawnBrowserHub } from '../../../engine/cluster/browser-hub.ts';
import { WorkerLab } from '../../../engine/cluster/lab.ts';
import { MachineCluster } from '../../../engine/cluster/machine-cluster.ts';
import { spawnBrowserMachine } from '../../../engine/machine/worker/browser-machine.ts';

declare global {
  interface Window {
    /** Starts a cluster; resolves to the milliseconds until every node was ready. @param artifacts URL of the folder of `guest/` and `states/` */
    startCluster(nodes: number, artifacts: string): Promise<number>;
    clusterState(): ClusterState['kind'];
    /** What a command prints in the machine of a node. */
    runOnNode(node: string, command: string): Promise<string>;
  }
}

let cluster: MachineCluster | undefined;

window.startCluster = async (nodes, artifacts) => {
  const lab = new WorkerLab({
    spawnMachine: spawnBrowserMachine,
    spawnDocker: spawnBrowserDocker,
    spawnHub: spawnBrowserHub,
    artifacts,
    clock: systemClock,
  });
  cluster = new MachineCluster({ nodes, host: browserClusterHost, lab, onError: reportError });
  const began = performance.now();
  await cluster.start();
  return performance.now() - began;
};
window.clusterState = () => cluster?.state().kind ?? 'starting';
window.runOnNode = async (node, command) => {
  if (cluster === undefined) throw new Error('There is no cluster.');
  return cluster.run(node, command);
};
