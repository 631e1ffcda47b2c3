import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { metadataOf } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ResourceQuotaSpec } from '../../objects/generated/core-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { crates, defineCrates } from '../testing/crates.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';
import { podsBecome } from '../testing/pods-become.ts';

let world: ControlWorld;
let namespace: string;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'resourcequota-controller'),
  );
});
beforeEach(async () => void (namespace = await namespaceOfTest(world)));
afterAll(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

async function createQuota(spec: ResourceQuotaSpec): Promise<void> {
  await world.client.create(resources.resourceQuotas, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { namespace, name: 'quota' },
    spec,
  });
  await world.settle();
}
const quota = () => world.client.get(resources.resourceQuotas, { namespace, name: 'quota' });
const used = async () => (await quota()).status?.used;

const createPod = (name: string, cpu: string, more: object = {}) =>
  world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      containers: [{ name: 'c', image: 'web', resources: { requests: { cpu } } }],
      ...more,
    },
  });
const createConfigMap = (name: string) =>
  world.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name },
  });
/** What was booked has appeared by then. */
const later = () => world.advance(100);

it('counts what is there when a quota comes, and what it limits', async () => {
  await createPod('one', '500m');
  await createPod('two', '250m');
  await createConfigMap('settings');
  await world.settle();
  await createQuota({
    hard: { 'requests.cpu': '2', pods: '10', 'count/configmaps': '5', secrets: '1' },
  });
  const { status } = await quota();
  expect(status).toEqual({
    hard: { 'requests.cpu': '2', pods: '10', 'count/configmaps': '5', secrets: '1' },
    used: { 'requests.cpu': '750m', pods: '2', 'count/configmaps': '1', secrets: '0' },
  });
  expect(world.sent).toEqual([
    {
      by: 'resourcequota-controller',
      method: 'PUT',
      path: `/api/v1/namespaces/${namespace}/resourcequotas/quota/status`,
    },
  ]);
});

it('leaves counting up to the API server, and gives back what is deleted', async () => {
  await createQuota({ hard: { pods: '1' } });
  world.sent.length = 0;
  await createPod('one', '1');
  await later();
  expect(await used()).toEqual({ pods: '1' });
  expect(world.sent).toEqual([]);
  expect(await createPod('two', '1').catch(reasonOf)).toBe('Forbidden');
  await world.client.delete(resources.pods, { namespace, name: 'one' });
  await world.settle();
  expect(await used()).toEqual({ pods: '0' });
  await createPod('two', '1');
});

it('counts no Pod that has ended, but as an object', async () => {
  await createQuota({ hard: { pods: '2', 'count/pods': '2' } });
  const pod = await createPod('one', '1');
  await later();
  await podsBecome(world, [pod], 'Succeeded');
  await world.settle();
  expect(await used()).toEqual({ pods: '0', 'count/pods': '1' });
});

it('counts Pods in its scope alone', async () => {
  await createPod('endless', '1');
  await createPod('ending', '1', { activeDeadlineSeconds: 60 });
  await world.settle();
  await createQuota({ hard: { pods: '5' }, scopes: ['Terminating'] });
  expect(await used()).toEqual({ pods: '1' });
});

it('follows when the limits change', async () => {
  await createPod('one', '1');
  await world.settle();
  await createQuota({ hard: { pods: '5' } });
  await world.client.patch(
    resources.resourceQuotas,
    { namespace, name: 'quota' },
    { type: 'merge', patch: { spec: { hard: { pods: '4', 'requests.cpu': '8' } } } },
  );
  await world.settle();
  expect((await quota()).status).toEqual({
    hard: { pods: '4', 'requests.cpu': '8' },
    used: { pods: '1', 'requests.cpu': '1' },
  });
});

it('counts custom resources once it has learnt of them', async () => {
  await defineCrates(world.client);
  await world.settle();
  const create = (name: string) =>
    world.client.create(crates, {
      apiVersion: 'example.org/v1',
      kind: 'Crate',
      metadata: { namespace, name },
    });
  await create('one');
  await world.advance(30_000);
  await createQuota({ hard: { 'count/crates.example.org': '2' } });
  await create('two');
  expect(await used()).toEqual({ 'count/crates.example.org': '2' });
  expect(await create('three').catch(reasonOf)).toBe('Forbidden');
  await later();
  await world.client.delete(crates, { namespace, name: 'one' });
  await world.settle();
  expect(await used()).toEqual({ 'count/crates.example.org': '1' });
});

describe('together with the admission of the API server', () => {
  it.each([1, 2, 3, 4])('is never oversold (history %i)', async (seed) => {
    const random = new SeededRandom(seed);
    await createQuota({ hard: { 'requests.cpu': '3', pods: '6', configmaps: '5' } });
    let refused = 0;
    const most = { cpu: 0, pods: 0, configMaps: 0 };
    const names = { pods: new Set<string>(), configMaps: new Set<string>() };
    const unlessRefused = async (work: Promise<unknown>, done: () => void): Promise<void> => {
      try {
        await work;
        done();
      } catch (error) {
        expect(['Forbidden', 'NotFound']).toContain(reasonOf(error));
        refused++;
      }
    };
    const step = (index: number): Promise<void> => {
      const kind = random.next() < 0.6 ? 'pods' : 'configMaps';
      const [victim] = names[kind];
      if (victim !== undefined && random.next() < 0.4) {
        names[kind].delete(victim);
        return unlessRefused(
          world.client.delete(metadataOf(resources[kind]), { namespace, name: victim }),
          () => {},
        );
      }
      const name = `object-${index}`;
      const created =
        kind === 'pods'
          ? createPod(name, `${1 + Math.floor(random.next() * 10)}00m`)
          : createConfigMap(name);
      return unlessRefused(created, () => names[kind].add(name));
    };
    for (let round = 0; round < 15; round++) {
      await Promise.all([0, 1, 2, 3, 4, 5].map((index) => step(round * 6 + index)));
      if (random.next() < 0.5) await world.settle();
      if (random.next() < 0.4) await later();
      const { items: pods } = await world.client.list(resources.pods, { namespace });
      const { items: maps } = await world.client.list(resources.configMaps, { namespace });
      const cpu = pods
        .map(({ spec }) => spec.containers[0]?.resources?.requests?.['cpu'] ?? '0')
        .reduce((sum, text) => sum + Quantity.parse(text).milliValue(), 0);
      most.cpu = Math.max(most.cpu, cpu);
      most.pods = Math.max(most.pods, pods.length);
      most.configMaps = Math.max(most.configMaps, maps.length);
    }
    expect(most.cpu).toBeLessThanOrEqual(3000);
    expect(most.pods).toBeLessThanOrEqual(6);
    expect(most.configMaps).toBeLessThanOrEqual(5);
    // Otherwise the limits were not tried.
    expect(refused).toBeGreaterThan(0);
    await later();
    await later();
    const { items } = await world.client.list(resources.pods, { namespace });
    expect((await used())?.['pods']).toBe(String(items.length));
  });
});
