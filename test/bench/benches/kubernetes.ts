/** The API server over an etcd that keeps everything, as clients meet it. */
import { systemClock } from '../../../engine/base/clock.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Transport } from '../../../engine/client/transport.ts';
import { readAll } from '../../../engine/http/index.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { prove, type Bench, type BenchHost, type Sample } from '../bench.ts';

const NAMESPACE = 'default';
const PODS = `http://kubernetes/api/v1/namespaces/${NAMESPACE}/pods`;
const MANY = 10_000;
/** Requests at once while the cluster is filled. */
const WRITERS = 20;
/** Requests before those that are timed: what is compiled, loaded and connected on the way is not counted. */
const WARM_UP = 200;
const CREATES = 500;
const GETS = 1000;
const LISTS = 7;
const PAGE = 500;
const WATCHERS = 1000;
const CHANGES = 20;

/** A Pod as a Deployment's, on a node and running: 3.3 KB of JSON. */
function podOf(index: number): Pod {
  const app = `app-${index % 100}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-6d4cf56db6-${index}`,
      namespace: NAMESPACE,
      labels: { app, 'pod-template-hash': '6d4cf56db6' },
      annotations: { 'example.com/owner': 'the team that looks after it' },
    },
    spec: {
      nodeName: `node-${index % 50}`,
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'web',
          image: 'registry.example.com/shop/web:1.27.3',
          args: ['--listen=:8080', '--log-level=info'],
          env: [
            { name: 'GREETING', value: 'Hello' },
            { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          ],
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: {
            requests: { cpu: '100m', memory: '64Mi' },
            limits: { cpu: '500m', memory: '128Mi' },
          },
          readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
          volumeMounts: [{ name: 'settings', mountPath: '/etc/web' }],
        },
      ],
      volumes: [{ name: 'settings', configMap: { name: app } }],
    },
  };
}

interface Cluster {
  readonly client: Client;
  readonly transport: Transport;
  memoryBytes(): Promise<number>;
}

async function withCluster<T>(host: BenchHost, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const { transport, memoryBytes, close } = await host.startCluster();
  try {
    const client = new Client({ transport, clock: systemClock, userAgent: 'bench/1' });
    return await work({ client, transport, memoryBytes });
  } finally {
    await close();
  }
}

/** Makes the Pods from `first` up to but without `end`. */
async function fill({ client }: Cluster, end: number, first = 0): Promise<void> {
  let next = first;
  const writer = async (): Promise<void> => {
    while (next < end) await client.create(resources.pods, podOf(next++));
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const start = performance.now();
  await work();
  return { value: performance.now() - start };
}

export const apiCreate: Bench = {
  name: 'api-create',
  unit: 'ms',
  run: (host) =>
    withCluster(host, async (cluster) => {
      const { client } = cluster;
      await fill(cluster, WARM_UP);
      const samples: Sample[] = [];
      for (let index = WARM_UP; index < WARM_UP + CREATES; index++)
        samples.push(await timed(() => client.create(resources.pods, podOf(index))));
      const { items } = await client.list(resources.pods, { namespace: NAMESPACE });
      prove(items.length === WARM_UP + CREATES, `${items.length} Pods are there`);
      return samples;
    }),
};

export const apiGet: Bench = {
  name: 'api-get',
  unit: 'ms',
  run: (host) =>
    withCluster(host, async (cluster) => {
      const { client } = cluster;
      await fill(cluster, WARM_UP);
      const name = podOf(0).metadata.name ?? '';
      const get = async (): Promise<void> => {
        const { metadata } = await client.get(resources.pods, { namespace: NAMESPACE, name });
        prove(metadata.name === name, 'it is another Pod');
      };
      for (let index = 0; index < WARM_UP; index++) await get();
      const samples: Sample[] = [];
      for (let index = 0; index < GETS; index++) samples.push(await timed(get));
      return samples;
    }),
};

/** Bytes of one answer. */
async function bytesOf(transport: Transport, url: string): Promise<Uint8Array> {
  const response = await transport({ method: 'GET', url, headers: new Headers(), body: null });
  prove(response.status === 200 && !('takeOver' in response), `the status is ${response.status}`);
  const { body } = response;
  return body instanceof ReadableStream ? readAll(body) : (body ?? new Uint8Array(0));
}

interface PodList {
  readonly items: readonly unknown[];
  readonly metadata: { readonly continue?: string };
}

const parse = (bytes: Uint8Array): PodList =>
  JSON.parse(new TextDecoder().decode(bytes)) as PodList;

/** Until the last byte is here. */
export const apiList: Bench = {
  name: `api-list-${MANY}`,
  unit: 'ms',
  run: (host) =>
    withCluster(host, async (cluster) => {
      await fill(cluster, MANY);
      const samples: Sample[] = [];
      let last = new Uint8Array(0) as Uint8Array;
      for (let round = 0; round <= LISTS; round++) {
        const sample = await timed(async () => (last = await bytesOf(cluster.transport, PODS)));
        if (round > 0) samples.push(sample);
      }
      prove(parse(last).items.length === MANY, 'Pods are missing');
      return samples;
    }),
};

/** All pages, read one after the other. */
export const apiListPaged: Bench = {
  name: `api-list-paged-${MANY}`,
  unit: 'ms',
  run: (host) =>
    withCluster(host, async (cluster) => {
      await fill(cluster, MANY);
      const readPages = async (): Promise<void> => {
        let count = 0;
        for (let token: string | undefined = ''; token !== undefined;) {
          const query = new URLSearchParams({ limit: String(PAGE), continue: token });
          const page = parse(await bytesOf(cluster.transport, `${PODS}?${query}`));
          count += page.items.length;
          token = page.metadata.continue;
        }
        prove(count === MANY, `${count} of ${MANY} Pods are listed`);
      };
      await readPages();
      const samples: Sample[] = [];
      for (let round = 0; round < LISTS; round++) samples.push(await timed(readPages));
      return samples;
    }),
};

/** From the request that changes something until all watchers have heard of it. */
export const apiWatchFanout: Bench = {
  name: `api-watch-fanout-${WATCHERS}`,
  unit: 'ms',
  run: (host) =>
    withCluster(host, async ({ client }) => {
      const { metadata } = await client.list(resources.configMaps, { namespace: NAMESPACE });
      const stop = new AbortController();
      let heard = 0;
      let wake = (): void => {};
      const watch = async (): Promise<void> => {
        const events = client.watch(resources.configMaps, {
          namespace: NAMESPACE,
          resourceVersion: metadata.resourceVersion ?? '',
          signal: stop.signal,
        });
        for await (const { type } of events) {
          prove(type === 'ADDED', `the event is ${type}`);
          if (++heard % WATCHERS === 0) wake();
        }
      };
      const watchers = Array.from({ length: WATCHERS }, watch);
      const failed = Promise.all(watchers).then(() => Promise.reject(new Error('A watch ended.')));
      failed.catch(() => {});
      const samples: Sample[] = [];
      for (let round = 0; round <= CHANGES; round++) {
        const sample = await timed(async () => {
          const all = new Promise<void>((resolve) => (wake = resolve));
          await client.create(resources.configMaps, {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: `change-${round}`, namespace: NAMESPACE },
          });
          await Promise.race([all, failed]);
        });
        // In the first round they were still on their way.
        if (round > 0) samples.push(sample);
      }
      prove(heard === WATCHERS * (CHANGES + 1), `${heard} events were heard`);
      stop.abort(new Error('The bench is over.'));
      return samples;
    }),
};

/** What the control plane grows by, with 10,000 Pods in etcd and in the API server's cache. */
export const memoryOfPods: Bench = {
  name: `memory-${MANY}-pods`,
  unit: 'MB',
  async run(host) {
    const samples: Sample[] = [];
    for (let round = 0; round < 3; round++)
      samples.push(
        await withCluster(host, async (cluster) => {
          await fill(cluster, WARM_UP);
          const before = await cluster.memoryBytes();
          await fill(cluster, WARM_UP + MANY, WARM_UP);
          const after = await cluster.memoryBytes();
          prove(
            parse(await bytesOf(cluster.transport, PODS)).items.length === MANY + WARM_UP,
            'Pods are missing',
          );
          return { value: (after - before) / 1e6 };
        }),
      );
    return samples;
  },
};
