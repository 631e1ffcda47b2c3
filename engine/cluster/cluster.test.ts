import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { httpsTransport } from '../client/https-transport.node.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { resources } from '../client/resources.ts';
import type { Pod } from '../objects/generated/core-v1.generated.ts';
import { startCluster, type Cluster } from './cluster.node.ts';

let cluster: Cluster;
let connection: ReturnType<typeof httpsTransport>;
let client: Client;
let informers: SharedInformers;
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

beforeAll(async () => {
  cluster = await startCluster({ port: 0, hollow: 3, hollowReadyAfter: 10, onError });
  connection = httpsTransport(readKubeconfig(cluster.kubeconfig));
  const clock = systemClock;
  client = new Client({ transport: connection.transport, clock, userAgent: 'test' });
  informers = new SharedInformers({ client, clock, random: cryptoRandom, onError });
});
afterAll(async () => {
  informers.dispose();
  connection.dispose();
  await cluster.close();
  expect(errors).toEqual([]);
});

const pod = (name: string, spec: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    containers: [{ name: 'c', image: 'web', resources: { requests: { cpu: '1' } } }],
    ...spec,
  },
});

/** Resolves with the Pod when it is so. */
function when(name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
  return new Promise((resolve) => {
    const look = (seen: Pod): void => {
      if (seen.metadata.name !== name || !holds(seen)) return;
      handler.dispose();
      resolve(seen);
    };
    const handler = informers.of(resources.pods).addHandler({
      onAdd: (seen) => queueMicrotask(() => look(seen)),
      onUpdate: (_, seen) => look(seen),
    });
  });
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ??
  false;

it('schedules Pods to hollow nodes, where they become ready, and explains why', async () => {
  await client.create(resources.pods, pod('web'));
  const ready = await when('web', isReady);
  expect(ready.spec.nodeName).toMatch(/^hollow-000[0-2]$/);
  expect(ready.status?.phase).toBe('Running');
  const decision = await cluster.scheduler.explain('default', 'web');
  expect(decision).toMatchObject({ outcome: 'scheduled', nodeName: ready.spec.nodeName });
  expect(decision?.nodes.map(({ verdict }) => verdict)).toEqual(['chosen', 'fits', 'fits']);
});

it('says why a Pod gets no node, and gives it one when there is room', async () => {
  await client.create(resources.pods, pod('picky', { nodeSelector: { disk: 'ssd' } }));
  const waiting = await when('picky', ({ status }) => status?.conditions !== undefined);
  expect(waiting.status?.conditions).toMatchObject([
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message:
        "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    },
  ]);
  const patch = { metadata: { labels: { disk: 'ssd' } } };
  await client.patch(resources.nodes, { name: 'hollow-0001' }, { type: 'merge', patch });
  expect((await when('picky', isReady)).spec.nodeName).toBe('hollow-0001');
});

it('removes Pods of lower priority for one of higher', async () => {
  const priorityClass = {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 1000,
  } as const;
  await client.create(resources.priorityClasses, priorityClass);
  const whole = {
    containers: [{ name: 'c', image: 'web', resources: { requests: { cpu: '30' } } }],
  };
  const on = { nodeSelector: { 'kubernetes.io/hostname': 'hollow-0002' } };
  await client.create(resources.pods, pod('low', { ...whole, ...on }));
  await when('low', isReady);
  await client.create(resources.pods, pod('high', { ...whole, ...on, priorityClassName: 'high' }));
  expect((await when('high', isReady)).spec.nodeName).toBe('hollow-0002');
  await expect(
    client.get(resources.pods, { namespace: 'default', name: 'low' }),
  ).rejects.toMatchObject({
    reason: 'NotFound',
  });
  const { items } = await client.list(resources.events, { namespace: 'default' });
  expect(items.map(({ reason }) => reason)).toContain('Preempted');
});

it('says for logs of Pods on hollow nodes that nothing runs there', async () => {
  expect(await client.getText('/api/v1/namespaces/default/pods/web/log')).toBe(
    'pod default/web is on a hollow node and only seems to run: container c writes no log\n',
  );
});

it('lets deleted Pods go', async () => {
  await client.delete(resources.pods, { namespace: 'default', name: 'web' });
  const { store } = informers.of(resources.pods);
  await new Promise<void>((resolve) => {
    informers.of(resources.pods).addHandler({
      onDelete: ({ metadata }) => metadata.name === 'web' && resolve(),
    });
    if (informers.of(resources.pods).hasSynced && store.getByKey('default/web') === undefined)
      resolve();
  });
  expect(store.getByKey('default/web')).toBeUndefined();
});
