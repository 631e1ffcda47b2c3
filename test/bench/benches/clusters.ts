/** Clusters of machines, as a page and `cluster start` have them. */
import { prove, type Bench, type BenchMachineCluster, type Sample } from '../bench.ts';

const ROUNDS = 3;
/** The control plane's, and two for Pods. */
const MACHINES = 3;

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: number; readonly result: T }> {
  const began = performance.now();
  const result = await work();
  return { value: performance.now() - began, result };
}

/** A command in the control plane's machine, as in a shell of its user. */
async function inShell({ cluster }: BenchMachineCluster, command: string): Promise<string> {
  const { stdout, stderr } = await cluster
    .machine('control-plane')
    .run(['bash', '-lc', `export HOME=/root; ${command}`]);
  return stdout + stderr;
}

/** kubectl's first run in the machine of a new cluster. */
async function firstKubectl(started: BenchMachineCluster): Promise<void> {
  const nodes = await inShell(started, 'kubectl get nodes --no-headers');
  prove(nodes.split(/ Ready /).length === MACHINES + 1, nodes);
}

/** Names of Services are answered, by a CoreDNS that runs. */
async function proveDns(started: BenchMachineCluster): Promise<void> {
  const said = await inShell(
    started,
    'kubectl rollout status -n kube-system deployment/coredns --timeout=3m',
  );
  prove(said.includes('successfully rolled out'), `CoreDNS does not serve: ${said}`);
}

/** From nothing to a cluster whose nodes are ready. */
export const clusterReady: Bench = {
  name: 'cluster-ready',
  unit: 'ms',
  async run(host) {
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { value, result } = await timed(() => host.startMachineCluster(MACHINES));
      await proveDns(result);
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
    await proveDns(first);
    const saved = await first.cluster.save();
    await first.close();
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { value, result } = await timed(() => host.startMachineCluster(saved));
      await proveDns(result);
      await result.close();
      samples.push({ value });
    }
    return samples;
  },
};

/** From a cluster that runs to the one that it was before: what was done since then is undone. */
export const clusterReset: Bench = {
  name: 'cluster-reset',
  unit: 'ms',
  only: 'chromium',
  async run(host) {
    let now = await host.startMachineCluster(MACHINES);
    await proveDns(now);
    const saved = await now.cluster.save(true);
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const made = await inShell(now, 'kubectl create configmap since-then');
      prove(made.includes('created'), made);
      const { value, result } = await timed(() => now.goBackTo(saved));
      now = result;
      const left = await inShell(now, 'kubectl get configmap since-then');
      prove(left.includes('NotFound'), left);
      await proveDns(now);
      samples.push({ value });
    }
    await now.close();
    return samples;
  },
};
