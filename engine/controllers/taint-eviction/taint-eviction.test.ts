import { afterEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import type { Taint, Toleration } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const maintenance: Taint = { key: 'maintenance', effect: 'NoExecute' };
const tolerating = (tolerationSeconds: number): Toleration => ({
  key: 'maintenance',
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds,
});
const POD = '/api/v1/namespaces/default/pods/web';

async function start(tolerations: readonly Toleration[]): Promise<void> {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'taint-eviction-controller'),
  );
  await world.client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'a' },
    spec: {},
  });
  await pod(tolerations);
}

async function pod(tolerations: readonly Toleration[]): Promise<void> {
  await world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web' },
    spec: { nodeName: 'a', tolerations, containers: [{ name: 'c', image: 'web' }] },
  });
  await world.settle();
}

async function taint(...taints: readonly Taint[]): Promise<void> {
  await world.client.patch(
    resources.nodes,
    { name: 'a' },
    { type: 'merge', patch: { spec: { taints } } },
  );
  await world.settle();
}

function sent(): string[] {
  return world.sent
    .filter(({ path }) => !path.endsWith('/events'))
    .map(({ method, path }) => `${method} ${path}`);
}

async function events(): Promise<string[]> {
  await world.settle();
  const { items } = await world.client.list(resources.events);
  return items.map(
    ({ type, reason, message, source }) => `${source?.component} ${type} ${reason}: ${message}`,
  );
}

it('evicts a Pod that does not tolerate a taint, and says why', async () => {
  await start([]);
  expect(sent()).toEqual([]);
  await taint(maintenance);
  expect(sent()).toEqual([`PATCH ${POD}/status`, `DELETE ${POD}`]);
  expect(world.sent[0]?.by).toBe('node-controller');
  const { metadata, status } = await world.client.get(resources.pods, {
    namespace: 'default',
    name: 'web',
  });
  expect(metadata.deletionTimestamp).toBeDefined();
  expect(status?.conditions).toMatchObject([
    {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    },
  ]);
  expect(await events()).toEqual([
    'taint-eviction-controller Normal TaintManagerEviction: Marking for deletion Pod default/web',
  ]);
});

it('gives a Pod the time for which it tolerates the taint', async () => {
  await start([tolerating(30)]);
  await taint(maintenance);
  await world.advance(29_000);
  expect(sent()).toEqual([]);
  await world.advance(1000);
  expect(sent()).toEqual([`PATCH ${POD}/status`, `DELETE ${POD}`]);
});

it('lets it stay when the taint goes in time', async () => {
  await start([tolerating(30)]);
  await taint(maintenance);
  await world.advance(20_000);
  await taint();
  await world.advance(60_000);
  expect(sent()).toEqual([]);
  expect(await events()).toEqual([
    'taint-eviction-controller Normal TaintManagerEviction: Cancelling deletion of Pod default/web',
  ]);
});

it('leaves taints alone that only keep new Pods away', async () => {
  await start([]);
  await taint({ key: 'maintenance', effect: 'NoSchedule' });
  await world.advance(600_000);
  expect(sent()).toEqual([]);
});

it('evicts a Pod that comes to a node which is tainted already', async () => {
  await start([]);
  await world.client.delete(
    resources.pods,
    { namespace: 'default', name: 'web' },
    { gracePeriodSeconds: 0 },
  );
  await taint(maintenance);
  await pod([tolerating(5)]);
  await world.advance(5000);
  expect(sent()).toEqual([`PATCH ${POD}/status`, `DELETE ${POD}`]);
});
