/** What is done in a cluster of three machines that is there. These benches share one, which the first of them starts. */
import { systemClock } from '../../../engine/base/clock.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Deployment } from '../../../engine/objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { loadsAtRest } from '../at-rest.ts';
import {
  prove,
  sleep,
  type Bench,
  type BenchGroup,
  type BenchHost,
  type Sample,
} from '../bench.ts';

const MACHINES = 3;
const WORKERS = ['worker-1', 'worker-2'] as const;
const WARM_UPS = 2;
const ROUNDS = 5;
const REPLICAS = 10;
const IMAGE = 'registry.k8s.io/pause:3.10';
const namespace = 'default';

interface Cluster {
  readonly client: Client;
  /** Standard output of a command typed in the machine of a node. It must succeed. */
  typed(node: string, command: string): Promise<string>;
  close(): Promise<void>;
}

let shared: Promise<Cluster> | undefined;

const group: BenchGroup = {
  name: 'cluster',
  async close() {
    const ending = shared;
    shared = undefined;
    await ending?.then(
      (cluster) => cluster.close(),
      () => {},
    );
  },
};

function pod(name: string, image: string, spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app: name } },
    spec: { containers: [{ name: 'c', image }], terminationGracePeriodSeconds: 1, ...spec },
  };
}

const scaled: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name: 'scaled' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'scaled' } },
    template: {
      metadata: { labels: { app: 'scaled' } },
      spec: { containers: [{ name: 'c', image: IMAGE }], terminationGracePeriodSeconds: 1 },
    },
  },
};

/** The Pod, when it is as wanted. */
async function podWhen(
  { client }: Cluster,
  name: string,
  isWanted: (pod: Pod) => boolean,
): Promise<Pod> {
  const stop = new AbortController();
  const fieldSelector = `metadata.name=${name}`;
  try {
    for await (const { object } of client.watch(resources.pods, {
      namespace,
      fieldSelector,
      signal: stop.signal,
    }))
      if (isWanted(object)) return object;
  } finally {
    stop.abort();
  }
  throw new Error(`The watch of Pod ${name} ended.`);
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ??
  false;
const isRunning = ({ status }: Pod): boolean =>
  status?.phase === 'Running' &&
  (status.containerStatuses ?? []).every(({ state }) => state?.running !== undefined);

/** Ends a Pod, and resolves when it has gone. */
async function remove({ client }: Cluster, name: string): Promise<void> {
  const stop = new AbortController();
  const events = client.watch(resources.pods, {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    signal: stop.signal,
  });
  await client.delete(resources.pods, { namespace, name });
  for await (const { type } of events) if (type === 'DELETED') break;
  stop.abort();
}

/** Scales and resolves when so many replicas are ready, and no other is left. */
async function scaleTo({ client }: Cluster, replicas: number): Promise<readonly Pod[]> {
  const name = 'scaled';
  const stop = new AbortController();
  const patch = { spec: { replicas } };
  await client.patch(resources.deployments, { namespace, name }, { type: 'merge', patch });
  for await (const { object } of client.watch(resources.deployments, {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    signal: stop.signal,
  })) {
    const { observedGeneration = 0, ...counts } = object.status ?? {};
    const isSeen = observedGeneration >= (object.metadata.generation ?? 0);
    if (
      isSeen &&
      (counts.replicas ?? 0) === replicas &&
      (counts.readyReplicas ?? 0) === replicas &&
      (counts.terminatingReplicas ?? 0) === 0
    )
      break;
  }
  stop.abort();
  return (await client.list(resources.pods, { namespace, labelSelector: 'app=scaled' })).items;
}

/** A cluster whose images are on both workers, with a Pod that asks and one that answers. */
async function begin(host: BenchHost): Promise<Cluster> {
  const { cluster, close } = await host.startMachineCluster(MACHINES);
  const client = new Client({
    transport: (request) => cluster.api(request),
    clock: systemClock,
    userAgent: 'bench/1',
  });
  const ready: Cluster = {
    client,
    async typed(node, command) {
      const { exit, stdout, stderr } = await cluster
        .machine(node)
        .run(['bash', '-lc', `export HOME=/root; ${command}`]);
      prove(exit.code === 0, `${command}: exit ${exit.code} ${stdout}${stderr}`);
      return stdout;
    },
    close,
  };
  const forever = { command: ['sleep', '1000000'] };
  await client.create(resources.deployments, scaled);
  await client.create(resources.pods, pod('answers', 'whoami', { nodeName: 'worker-1' }));
  const asks = [{ name: 'c', image: 'curlimages/curl', ...forever }];
  await client.create(resources.pods, pod('asks', '', { nodeName: 'worker-2', containers: asks }));
  for (const name of ['answers', 'asks']) await podWhen(ready, name, isReady);
  for (const nodeName of WORKERS) {
    await client.create(resources.pods, pod(`first-${nodeName}`, IMAGE, { nodeName }));
    await podWhen(ready, `first-${nodeName}`, isReady);
    await remove(ready, `first-${nodeName}`);
  }
  return ready;
}

type Round = (cluster: Cluster, round: number) => Promise<number>;

/** In the shared cluster, so many rounds after some that are not counted; each tells what it measured. */
function inCluster(
  name: string,
  round: Round,
  { rounds = ROUNDS, warmUps = WARM_UPS }: { rounds?: number; warmUps?: number } = {},
): Bench {
  return {
    name,
    unit: 'ms',
    group,
    async run(host) {
      const cluster = await (shared ??= begin(host));
      const samples: Sample[] = [];
      for (let index = 0; index < warmUps + rounds; index++) {
        const value = await round(cluster, index);
        if (index >= warmUps) samples.push({ value });
      }
      return samples;
    },
  };
}

/** Milliseconds until it resolves. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** `kubectl get pods` as typed in the control plane's machine, warm. */
const kubectlGet = inCluster('kubectl-get', (cluster) =>
  time(async () => {
    const printed = await cluster.typed('control-plane', 'kubectl get pods');
    prove(/^asks +1\/1 +Running/m.test(printed), printed);
  }),
);

/** `kubectl exec` of a command in a Pod, as typed in the control plane's machine, warm. */
const execRoundtrip = inCluster('exec-roundtrip', (cluster, round) =>
  time(async () => {
    const printed = await cluster.typed('control-plane', `kubectl exec asks -- echo ${round}`);
    prove(printed === `${round}\n`, printed);
  }),
);

/** The name of a Service, looked up by a program in a Pod on another node than CoreDNS. */
const dnsLookup = inCluster('dns-lookup', async (cluster) => {
  const format = '%{http_code} %{time_namelookup}';
  const url = 'https://kubernetes.default.svc.cluster.local/livez';
  const printed = await cluster.typed(
    'control-plane',
    `kubectl exec asks -- curl -sk -o /dev/null -w '${format}' ${url}`,
  );
  const [, code = '', seconds = ''] = /^(\d+) ([\d.]+)$/.exec(printed) ?? [];
  prove(code === '200', printed);
  return Number(seconds) * 1000;
});

/** From the creation of a Service to the first byte of an answer through it, on another node than its Pod's. */
const serviceFirstByte = inCluster('service-first-byte', async (cluster, round) => {
  const name = `answers-${round}`;
  const began = performance.now();
  const { spec } = await cluster.client.create(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { selector: { app: 'answers' }, ports: [{ port: 80 }] },
  });
  const url = `http://${spec?.clusterIP}/`;
  const page = await cluster.typed(
    'worker-2',
    `until curl -sf --connect-timeout 1 ${url}; do sleep 0.02; done`,
  );
  const value = performance.now() - began;
  prove(page.includes('Hostname: answers'), page);
  await cluster.client.delete(resources.services, { namespace, name });
  return value;
});

/** From a Pod's creation until the API says that it is running. Its image is on every node. */
const podStart = inCluster('pod-start', async (cluster, round) => {
  const name = `started-${round}`;
  const value = await time(async () => {
    await cluster.client.create(resources.pods, pod(name, IMAGE));
    await podWhen(cluster, name, isRunning);
  });
  await remove(cluster, name);
  return value;
});

/** From one replica to ten, all of them ready, on two nodes. */
const scaleToTen = inCluster(
  `scale-to-${REPLICAS}`,
  async (cluster) => {
    await scaleTo(cluster, 1);
    let pods: readonly Pod[] = [];
    const value = await time(async () => (pods = await scaleTo(cluster, REPLICAS)));
    const nodes = new Set(pods.map(({ spec }) => spec.nodeName));
    prove(pods.length === REPLICAS && pods.every(isReady), `there are ${pods.length} Pods`);
    prove(nodes.size === WORKERS.length, `Pods are on ${[...nodes].join(' ')}`);
    await scaleTo(cluster, 0);
    return value;
  },
  { rounds: 3, warmUps: 1 },
);

const SETTLE_SECONDS = 2;
const READINGS = 3;

/** What the cluster and all around it occupy at rest, with what a start leaves behind collected: the process in Node, the page in Chromium. */
const clusterMemory: Bench = {
  name: 'cluster-memory',
  unit: 'MB',
  group,
  async run(host) {
    const cluster = await (shared ??= begin(host));
    await loadsAtRest(host);
    const samples: Sample[] = [];
    for (let reading = 0; reading < READINGS; reading++) {
      await sleep(SETTLE_SECONDS);
      samples.push({ value: (await host.resources()).memoryBytes / 1e6 });
    }
    await cluster.typed('control-plane', 'kubectl get nodes worker-1 worker-2');
    return samples;
  },
};

/** Share of one core that the page, or the process in Node, takes while nobody uses the cluster. */
const clusterIdleCpu: Bench = {
  name: 'cluster-idle-cpu',
  unit: '%',
  group,
  async run(host) {
    const cluster = await (shared ??= begin(host));
    const loads = await loadsAtRest(host);
    await cluster.typed('control-plane', 'kubectl get nodes worker-1 worker-2');
    return loads.map((value) => ({ value }));
  },
};

export const clusterUse: readonly Bench[] = [
  kubectlGet,
  execRoundtrip,
  dnsLookup,
  serviceFirstByte,
  podStart,
  scaleToTen,
  clusterMemory,
  clusterIdleCpu,
];
