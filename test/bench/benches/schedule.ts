import type { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Node, Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { prove, sleep, type Bench, type BenchControlPlane, type Sample } from '../bench.ts';

const ROUNDS = 3;
/** Requests that whoever fills the cluster has under way at once. */
const AT_ONCE = 50;
/** Pods that come evenly, and how many a second, to see how long one waits while the rest are idle. */
const STEADY = 300;
const STEADY_PER_SECOND = 100;
const CAPACITY = { cpu: '32', memory: '128Gi', pods: '110' };

function node(name: string): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: { capacity: CAPACITY, allocatable: CAPACITY },
  };
}

function pod(name: string): Pod {
  const requests = { cpu: '100m', memory: '100Mi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'pause', resources: { requests } }] },
  };
}

async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Nodes as they are once a node lifecycle controller has seen them ready. */
async function makeNodes(client: Client, count: number): Promise<void> {
  await client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'default' },
  });
  await inParallel(count, async (index) => {
    const { metadata } = await client.create(resources.nodes, node(`node-${index}`));
    await client.patch(resources.nodes, metadata, {
      type: 'merge',
      patch: { spec: { taints: null } },
    });
  });
}

/** Sees Pods being bound. */
class Bindings {
  readonly #stop = new AbortController();
  readonly #waiting = new Map<string, (time: number) => void>();
  readonly #ended: Promise<void>;

  constructor(client: Client, resourceVersion: string) {
    this.#ended = this.#follow(client, resourceVersion).catch(() => {});
  }

  /** Resolves with the `performance` time at which the Pod was seen to have a node. */
  bound(name: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #follow(client: Client, resourceVersion: string): Promise<void> {
    const { signal } = this.#stop;
    const options = { fieldSelector: 'spec.nodeName!=', resourceVersion, signal };
    for await (const { object } of client.watch(resources.pods, options))
      this.#waiting.get(object.metadata.name ?? '')?.(performance.now());
  }
}

async function follow(client: Client): Promise<Bindings> {
  const { metadata } = await client.list(resources.pods, { limit: 1 });
  return new Bindings(client, metadata.resourceVersion ?? '');
}

/** So many Pods wait when a scheduler begins; how many does it bind a second? */
async function backlog(plane: BenchControlPlane, round: number, count: number): Promise<Sample> {
  const { client } = plane;
  const bindings = await follow(client);
  const names = Array.from({ length: count }, (_, index) => `backlog-${round}-${index}`);
  const all = Promise.all(names.map((name) => bindings.bound(name)));
  await inParallel(count, (index) => client.create(resources.pods, pod(names[index] ?? '')));
  const scheduler = await plane.startScheduler();
  const times = await all;
  // Lists and leader election come before the first.
  const value = count / ((Math.max(...times) - Math.min(...times)) / 1000);
  const latencies = await steady(client, bindings, round);
  await scheduler.stop();
  await bindings.close();
  return { value, latencies };
}

/** Milliseconds from a Pod's creation to its binding, when they come one after the other. */
async function steady(client: Client, bindings: Bindings, round: number): Promise<number[]> {
  const latencies: Promise<number>[] = [];
  const one = async (name: string): Promise<number> => {
    const bound = bindings.bound(name);
    const start = performance.now();
    await client.create(resources.pods, pod(name));
    return (await bound) - start;
  };
  for (let index = 0; index < STEADY; index++) {
    latencies.push(one(`steady-${round}-${index}`));
    await sleep(1 / STEADY_PER_SECOND);
  }
  return Promise.all(latencies);
}

/**
 * Pods bound a second, through the API server and an etcd that keeps everything on the disk; and the
 * time from creation to binding of Pods that come at 100 a second.
 */
const throughput = (nodes: number, pods: number): Bench => ({
  name: `schedule-throughput-${nodes}`,
  unit: '/s',
  async run(host) {
    const plane = await host.startControlPlane();
    await makeNodes(plane.client, nodes);
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) samples.push(await backlog(plane, round, pods));
    const { items } = await plane.client.list(resources.pods);
    prove(items.length === ROUNDS * (pods + STEADY), `there are ${items.length} Pods`);
    prove(
      items.every(({ spec }) => (spec.nodeName ?? '') !== ''),
      'a Pod has no node',
    );
    await plane.close();
    return samples;
  },
});

export const scheduleThroughput: readonly Bench[] = [
  throughput(100, 1000),
  throughput(1000, 3000),
  throughput(5000, 3000),
];
