import { systemClock } from '../../../engine/base/clock.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Deployment } from '../../../engine/objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { prove, sleep, type Bench, type Sample } from '../bench.ts';

const ROUNDS = 3;
const namespace = 'default';
const DOWN = 'hollow.drydock.dev/down';
/** Seconds: at most one node in ten is given up, so that a round begins as the first one does. */
const EVICTION_PAUSE = 11;
/** Seconds between looks at a Deployment. */
const LOOK = 0.02;

/** Pods that do not wait for nodes which are not ready. */
function deployment(name: string, replicas: number): Deployment {
  const requests = { cpu: '10m', memory: '10Mi' };
  const tolerations = ['not-ready', 'unreachable'].map((taint) => ({
    key: `node.kubernetes.io/${taint}`,
    operator: 'Exists' as const,
    effect: 'NoExecute' as const,
    tolerationSeconds: 0,
  }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'pause', resources: { requests } }], tolerations },
      },
    },
  };
}

/** Resolves when so many replicas are available, or fewer. */
async function available(
  client: Client,
  name: string,
  isEnough: (replicas: number) => boolean,
): Promise<void> {
  for (;;) {
    const { status } = await client.get(resources.deployments, { namespace, name });
    if (isEnough(status?.availableReplicas ?? 0)) return;
    await sleep(LOOK);
  }
}

async function setDown(client: Client, name: string, down: 'true' | null): Promise<void> {
  const patch = { metadata: { annotations: { [DOWN]: down } } };
  await client.patch(resources.nodes, { name }, { type: 'merge', patch });
}

async function readyOf(client: Client, name: string): Promise<string | undefined> {
  const { status } = await client.get(resources.nodes, { name });
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

/** Milliseconds from the moment a node falls silent until all its Pods have been replaced and are ready. */
async function recover(client: Client, replicas: number): Promise<number> {
  const { items } = await client.list(resources.pods, { namespace });
  const live = ({ metadata }: Pod): boolean => metadata.deletionTimestamp === undefined;
  const node = items.find(live)?.spec.nodeName ?? '';
  const start = performance.now();
  await setDown(client, node, 'true');
  await available(client, 'web', (count) => count < replicas);
  await available(client, 'web', (count) => count === replicas);
  const value = performance.now() - start;
  prove((await readyOf(client, node)) === 'Unknown', `${node} is not given up`);
  const after = (await client.list(resources.pods, { namespace })).items.filter(live);
  prove(after.length === replicas, `there are ${after.length} Pods`);
  prove(
    after.every(({ spec }) => spec.nodeName !== node),
    `a Pod is on ${node} still`,
  );
  await setDown(client, node, null);
  while ((await readyOf(client, node)) !== 'True') await sleep(LOOK);
  return value;
}

/** With 4 s of silence until a node is given up, a look every second, and Pods that leave at once. */
const nodeFailureRecovery = (nodes: number): Bench => ({
  name: `node-failure-recovery-${nodes}`,
  unit: 'ms',
  async run(host) {
    const flags = { nodeMonitorPeriod: 1000, nodeMonitorGracePeriod: 4000 };
    const cluster = await host.startHollowCluster(nodes, flags);
    const { client } = cluster;
    const replicas = nodes * 3;
    await client.create(resources.deployments, deployment('web', replicas));
    await available(client, 'web', (count) => count === replicas);
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await sleep(EVICTION_PAUSE);
      samples.push({ value: await recover(client, replicas) });
    }
    await cluster.close();
    return samples;
  },
});

const NODES = 1000;
const DEPLOYMENTS = 10;
const REPLICAS = 1000;

/** What a whole cluster occupies, with its disk: API server, etcd, scheduler, all controllers and nodes. */
const memoryOfCluster: Bench = {
  name: `memory-${NODES}-nodes`,
  unit: 'MB',
  async run(host) {
    const cluster = await host.startCluster(NODES);
    const { transport, memoryBytes, close } = cluster;
    const client = new Client({ transport, clock: systemClock, userAgent: 'bench/1' });
    const names = Array.from({ length: DEPLOYMENTS }, (_, index) => `web-${index}`);
    for (const name of names)
      await client.create(resources.deployments, deployment(name, REPLICAS));
    for (const name of names) await available(client, name, (count) => count === REPLICAS);
    const { items, metadata } = await client.list(resources.pods, { namespace, limit: 1 });
    const pods = items.length + (metadata.remainingItemCount ?? 0);
    prove(pods === DEPLOYMENTS * REPLICAS, `there are ${pods} Pods`);
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(2);
      samples.push({ value: (await memoryBytes()) / 1e6 });
    }
    await close();
    return samples;
  },
};

export const nodeBenches: readonly Bench[] = [nodeFailureRecovery(100), memoryOfCluster];
