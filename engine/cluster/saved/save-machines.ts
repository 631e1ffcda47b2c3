import type { WorkerLabMachine } from '../lab-machine.ts';
import type { ClusterNode } from '../node/cluster-node.ts';
import type { SavedCluster, SavedNode } from './saved-cluster.ts';

/** What is beside the machines, as it is at the moment. */
interface Beside {
  readonly etcd: () => SavedCluster['etcd'];
  readonly cloud: () => SavedCluster['cloud'];
}

/**
 * Machines of a cluster and what is beside them, all at one moment: they stand still until the last is saved. What
 * kubelets are in the midst of then is as when they are killed there, and they recover from that.
 */
export async function saveMachines(
  nodes: readonly ClusterNode[],
  isPlugged: (name: string) => boolean,
  beside: Beside,
): Promise<Pick<SavedCluster, 'nodes' | 'etcd' | 'cloud'>> {
  await Promise.all(nodes.filter(({ isAlive }) => isAlive).map(makeReady));
  const holding = await Promise.allSettled(
    nodes.flatMap((node) => machineOf(node) ?? []).map((machine) => machine.hold()),
  );
  try {
    for (const each of holding) if (each.status === 'rejected') throw each.reason;
    const [etcd, cloud] = [beside.etcd(), beside.cloud()];
    const webWorkers = nodes.map((node) => node.webWorkers());
    const saved: SavedNode[] = [];
    for (const [index, node] of nodes.entries()) {
      const { name } = node;
      const machine = machineOf(node);
      const records = webWorkers[index];
      saved.push({
        name,
        plugged: isPlugged(name),
        ...(machine === undefined || records === undefined
          ? {}
          : { running: { machine: await machine.save(), webWorkers: records } }),
      });
    }
    return { nodes: saved, etcd, cloud };
  } finally {
    await Promise.all(
      holding.map((each) => (each.status === 'fulfilled' ? each.value() : undefined)),
    );
  }
}

/** Of a paused machine it is too late for that: it is taken as it stands. */
async function makeReady(node: ClusterNode): Promise<void> {
  await node.flush();
  const agent = await node.machine.agent();
  await agent.call('quiesce', { dropCaches: false, zeroFreeMemory: true });
}

function machineOf(node: ClusterNode): WorkerLabMachine | undefined {
  const { kind } = node.view.value.machine;
  return kind === 'running' || kind === 'paused' ? node.machine : undefined;
}
