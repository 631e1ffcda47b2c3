/** Clusters of machines, as a page and `cluster start` have them. */
import { prove, type Bench, type BenchMachineCluster, type Sample } from '../bench.ts';

const ROUNDS = 3;
/** The control plane's, and two for Pods. */
const MACHINES = 3;
const DNS = [
  'get',
  'deployment',
  '-n',
  'kube-system',
  'coredns',
  '-o',
  'jsonpath={.status.readyReplicas}',
];

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: number; readonly result: T }> {
  const began = performance.now();
  const result = await work();
  return { value: performance.now() - began, result };
}

/** kubectl's first run in the machine of a new cluster. It finds that names of Services are answered. */
async function firstKubectl({ cluster }: BenchMachineCluster): Promise<void> {
  const { stdout, stderr } = await cluster
    .machine('control-plane')
    .run(['bash', '-lc', `export HOME=/root; kubectl ${DNS.join(' ')}`]);
  prove(stdout === '1', `CoreDNS does not serve: ${stdout}${stderr}`);
}

/** From nothing to a cluster whose nodes are ready. */
export const clusterReady: Bench = {
  name: 'cluster-ready',
  unit: 'ms',
  async run(host) {
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { value, result } = await timed(() => host.startMachineCluster(MACHINES));
      await firstKubectl(result);
      await result.close();
      samples.push({ value });
    }
    return samples;
  },
};

/** To what the first kubectl prints. */
export const clusterFirstKubectl: Bench = {
  name: 'cluster-first-kubectl',
  unit: 'ms',
  async run(host) {
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = await host.startMachineCluster(MACHINES);
      samples.push({ value: (await timed(() => firstKubectl(started))).value });
      await started.close();
    }
    return samples;
  },
};

/** From what was saved of a cluster to one whose nodes are ready again. */
export const clusterResume: Bench = {
  name: 'cluster-resume',
  unit: 'ms',
  async run(host) {
    const first = await host.startMachineCluster(MACHINES);
    await firstKubectl(first);
    const saved = await first.cluster.save();
    await first.close();
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { value, result } = await timed(() => host.startMachineCluster(saved));
      await firstKubectl(result);
      await result.close();
      samples.push({ value });
    }
    return samples;
  },
};
