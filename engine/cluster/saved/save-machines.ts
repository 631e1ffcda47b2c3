import type { WorkerLabMachine } from '../lab-machine.ts';
import type { ClusterNode } from '../node/cluster-node.ts';
import type { SavedCluster, SavedNode } from './saved-cluster.ts';

/** What is beside the machines, as it is at the moment. */
interface Beside {
  readonly etcd: () => SavedCluster['etcd'];
  readonly cloud: () => SavedCluster['cloud'];
}

/**
 * Machines of a cluster and what is beside them, all at one moment: they stand still until the last is taken, and go on while
 * that is compressed. What kubelets are in the midst of then is as when they are killed there, and they recover from that.
 * @param quick as in `MachineService.save`
 */
export async function saveMachines(
  nodes: readonly ClusterNode[],
  isPlugged: (name: string) => boolean,
  beside: Beside,
  quick: boolean,
): Promise<Pick<SavedCluster, 'nodes' | 'etcd' | 'cloud'>> {
  await Promise.all(nodes.filter(({ isAlive }) => isAlive).map((node) => makeReady(node, quick)));
  const holding = await Promise.allSettled(
    nodes.flatMap((node) => machineOf(node) ?? []).map((machine) => machine.hold()),
  );
  const saving: Promise<SavedNode>[] = [];
  let stores: Pick<SavedCluster, 'etcd' | 'cloud'>;
  try {
    for (const each of holding) if (each.status === 'rejected') throw each.reason;
    stores = { etcd: beside.etcd(), cloud: beside.cloud() };
    await Promise.all(
      nodes.map(
        (node) =>
          new Promise<void>((resolve, reject) => {
            const whole = saveNode(node, isPlugged(node.name), resolve, quick);
            saving.push(whole);
            whole.then(() => resolve(), reject);
          }),
      ),
    );
  } finally {
    await Promise.all(
      holding.map((each) => (each.status === 'fulfilled' ? each.value() : undefined)),
    );
  }
  return { nodes: await Promise.all(saving), ...stores };
}

/** @param onTaken called once its machine may go on */
async function saveNode(
  node: ClusterNode,
  plugged: boolean,
  onTaken: () => void,
  quick: boolean,
): Promise<SavedNode> {
  const { name } = node;
  const machine = machineOf(node);
  const webWorkers = node.webWorkers();
  if (machine === undefined || webWorkers === undefined) return { name, plugged };
  return { name, plugged, running: { machine: await machine.save(onTaken, quick), webWorkers } };
}

/** Of a paused machine it is too late for that: it is taken as it stands. */
async function makeReady(node: ClusterNode, quick: boolean): Promise<void> {
  await node.flush();
  if (quick) return;
  const agent = await node.machine.agent();
  await agent.call('quiesce', { dropCaches: false });
}

function machineOf(node: ClusterNode): WorkerLabMachine | undefined {
  const { kind } = node.view.value.machine;
  return kind === 'running' || kind === 'paused' ? node.machine : undefined;
}
