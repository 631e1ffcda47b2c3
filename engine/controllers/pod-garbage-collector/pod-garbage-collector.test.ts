import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { NodeSpec } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { podsBecome } from '../testing/pods-become.ts';

const namespace = 'default';
const PERIOD = 20_000;

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'pod-garbage-collector-controller'),
    { terminatedPodGcThreshold: 2 },
  );
});
afterEach(async () => {
  await world.client.deleteCollection(resources.pods, { namespace }, { gracePeriodSeconds: 0 });
  await world.settle();
  world.sent.length = 0;
  expect(world.errors.splice(0)).toEqual([]);
});
afterAll(() => world.end());

const pod = (name: string, nodeName?: string, finalizers: readonly string[] = []) =>
  world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, finalizers },
    spec: {
      containers: [{ name: 'c', image: 'busybox' }],
      ...(nodeName === undefined ? {} : { nodeName }),
    },
  });

const node = (name: string, spec: NodeSpec = {}) =>
  world.client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec,
  });

async function names(): Promise<readonly string[]> {
  const { items } = await world.client.list(resources.pods);
  return items.map(({ metadata }) => metadata.name).toSorted();
}

it('keeps so many Pods that have ended, not evicted ones and not the oldest', async () => {
  await node('n1');
  for (const name of ['a', 'b', 'c', 'd', 'runs']) {
    const made = await pod(name, 'n1');
    await podsBecome(world, [made], name === 'runs' ? 'Ready' : 'Failed');
    world.clock.advance(1000);
  }
  await world.client.patch(
    resources.pods,
    { namespace, name: 'd' },
    { type: 'merge', patch: { status: { reason: 'Evicted' } } },
    { subresource: 'status' },
  );
  await world.settle();
  await world.advance(PERIOD);
  expect(await names()).toEqual(['b', 'c', 'runs']);
});

it('fails and deletes Pods of nodes that are gone, after a quarantine', async () => {
  await node('gone');
  const made = await pod('lost', 'gone', ['example.com/hold']);
  await podsBecome(world, [made], 'Ready');
  await world.client.delete(resources.nodes, { name: 'gone' });
  await world.settle();
  await world.advance(PERIOD, 1000);
  await world.advance(PERIOD);
  expect(world.sent).toEqual([]);
  await world.advance(PERIOD);
  expect(world.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'PATCH /api/v1/namespaces/default/pods/lost/status',
    'DELETE /api/v1/namespaces/default/pods/lost',
  ]);
  const lost = await world.client.get(resources.pods, made.metadata);
  expect(lost.status?.phase).toBe('Failed');
  const told = lost.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  expect(told).toMatchObject({
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
  });
  await world.client.patch(resources.pods, made.metadata, {
    type: 'merge',
    patch: { metadata: { finalizers: null } },
  });
});

it('leaves Pods alone whose node comes back in time', async () => {
  await pod('early', 'late-node');
  await world.advance(PERIOD);
  await node('late-node');
  await world.settle();
  await world.advance(4 * PERIOD, PERIOD);
  expect(await names()).toEqual(['early']);
});

it('ends Pods that are to end and have no node', async () => {
  const made = await pod('pending', undefined, ['example.com/hold']);
  await world.client.delete(resources.pods, made.metadata);
  await world.settle();
  await world.advance(PERIOD);
  const { status } = await world.client.get(resources.pods, made.metadata);
  expect(status?.phase).toBe('Failed');
  await world.client.patch(resources.pods, made.metadata, {
    type: 'merge',
    patch: { metadata: { finalizers: null } },
  });
});

it('ends Pods that are to end on a node that is out of service', async () => {
  await node('broken', {
    taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }],
  });
  await node('slow');
  for (const name of ['broken', 'slow']) {
    const made = await pod(`on-${name}`, name);
    await podsBecome(world, [made], 'Ready');
    await world.client.delete(resources.pods, made.metadata);
  }
  await world.settle();
  await world.advance(PERIOD);
  expect(await names()).toEqual(['on-slow']);
  const gone = world.client.get(resources.pods, { namespace, name: 'on-broken' });
  expect(await gone.catch(reasonOf)).toBe('NotFound');
});
