import { beforeEach, expect, it } from 'vitest';
import type { Container } from '../../objects/generated/core-v1.generated.ts';
import { TestContext, testPod } from '../testing/test-context.ts';
import { NodeCgroups } from './node-cgroups.ts';

let context: TestContext;
let cgroups: NodeCgroups;
beforeEach(async () => {
  context = new TestContext();
  cgroups = new NodeCgroups(context);
  await cgroups.start();
});

function podWith(uid: string, resources: NonNullable<Container['resources']>) {
  return testPod({ containers: [{ name: 'web', resources }] }, { uid });
}

it('makes the tiers with what the machine has', () => {
  expect(Object.fromEntries(context.fakeNode.cgroups)).toEqual({
    '/kubepods': { 'cpu.weight': '79', 'memory.max': '268435456' },
    '/kubepods/burstable': { 'cpu.weight': '1' },
    '/kubepods/besteffort': { 'cpu.weight': '1' },
  });
});

it('limits a Guaranteed Pod beside the tiers', async () => {
  const same = { cpu: '500m', memory: '64Mi' };
  await cgroups.ensure(podWith('g', { requests: same, limits: same }));
  expect(context.fakeNode.cgroups.get('/kubepods/podg')).toEqual({
    'cpu.weight': '20',
    'cpu.max': '50000 100000',
    'memory.max': '67108864',
    'pids.max': 'max',
  });
});

it('limits a Burstable Pod only where all its containers are limited', async () => {
  const pod = podWith('b', { requests: { cpu: '250m' }, limits: { memory: '64Mi' } });
  context.ownPods.push(pod);
  await cgroups.ensure(pod);
  expect(context.fakeNode.cgroups.get('/kubepods/burstable/podb')).toEqual({
    'cpu.weight': '10',
    'cpu.max': 'max 100000',
    'memory.max': '67108864',
    'pids.max': 'max',
  });
  expect(context.fakeNode.cgroups.get('/kubepods/burstable')).toEqual({ 'cpu.weight': '10' });
});

it('writes only what changed', async () => {
  const pod = podWith('e', {});
  context.fakeNode.calls.length = 0;
  await cgroups.ensure(pod);
  await cgroups.ensure(pod);
  expect(context.fakeNode.calls).toEqual(['cgroup.set']);
  expect(cgroups.pathOf(pod)).toBe('/kubepods/besteffort/pode');
});

it('finds and removes those of Pods that nobody knows any more', async () => {
  await cgroups.ensure(podWith('e', {}));
  const later = new NodeCgroups(context);
  expect(await later.known()).toEqual(['e']);
  await later.remove('e');
  await later.remove('e');
  expect(await later.known()).toEqual([]);
});
