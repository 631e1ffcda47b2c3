import type { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Deployment } from '../../../engine/objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { prove, type Bench, type Sample } from '../bench.ts';

const ROUNDS = 3;
const NAMESPACE = 'default';
const NAME = 'rollout';

/** As `kubectl apply` sends it: nothing but what its author wrote. */
function deployment(replicas: number, image: string): Deployment {
  const requests = { cpu: '10m', memory: '10Mi' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: NAMESPACE, name: NAME },
    spec: {
      replicas,
      selector: { matchLabels: { app: NAME } },
      template: {
        metadata: { labels: { app: NAME } },
        spec: { containers: [{ name: 'c', image, resources: { requests } }] },
      },
    },
  };
}

/** Applies it. Resolves with the milliseconds until all replicas are updated and available and no other is left. */
async function rollOut(client: Client, replicas: number, image: string): Promise<number> {
  const start = performance.now();
  const wanted = deployment(replicas, image);
  const applied = await client.apply<Deployment>(resources.deployments, wanted, {
    fieldManager: 'kubectl',
    force: true,
  });
  const { generation = 0, resourceVersion } = applied.metadata;
  const stop = new AbortController();
  const events = client.watch(resources.deployments, {
    namespace: NAMESPACE,
    resourceVersion,
    signal: stop.signal,
  });
  for await (const { object } of events) {
    const { observedGeneration = 0, ...counts } = object.status ?? {};
    const { replicas: all, updatedReplicas, availableReplicas, terminatingReplicas } = counts;
    const isDone = [all, updatedReplicas, availableReplicas].every((count) => count === replicas);
    if (observedGeneration >= generation && isDone && terminatingReplicas === 0) break;
  }
  const value = performance.now() - start;
  stop.abort();
  return value;
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ??
  false;

/** Time of a whole rollout with the default strategy: 25 % more, 25 % less, Pods ready after 0.5 s. */
const rollout = (nodes: number, replicas: number): Bench => ({
  name: `deployment-rollout-${replicas}`,
  unit: 'ms',
  async run(host) {
    const cluster = await host.startHollowCluster(nodes);
    const { client } = cluster;
    await rollOut(client, replicas, 'pause:0');
    const samples: Sample[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const image = `pause:${round}`;
      samples.push({ value: await rollOut(client, replicas, image) });
      const { items } = await client.list(resources.pods, { namespace: NAMESPACE });
      prove(items.length === replicas, `there are ${items.length} Pods`);
      prove(
        items.every((pod) => pod.spec.containers[0]?.image === image && isReady(pod)),
        'a Pod is old or not ready',
      );
    }
    const sets = await client.list(resources.replicaSets, { namespace: NAMESPACE });
    prove(sets.items.length === ROUNDS + 1, `there are ${sets.items.length} ReplicaSets`);
    await cluster.close();
    return samples;
  },
});

export const deploymentRollout: readonly Bench[] = [rollout(1000, 1000)];
