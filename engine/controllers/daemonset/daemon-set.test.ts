import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import type { DaemonSetSpec } from '../../objects/generated/apps-v1.generated.ts';
import type { Taint } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';
import { podsBecome } from '../testing/pods-become.ts';
import { takeWrites } from '../testing/sent-writes.ts';
import { targetNode } from './daemon-pod.ts';

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'daemonset-controller'),
  );
});
/** of the set, in a namespace of each test's own */
let name = { namespace: '', name: 'agent' };
beforeEach(async () => {
  name = { namespace: await namespaceOfTest(world), name: 'agent' };
  for (const node of ['a', 'b', 'c']) await addNode(node);
  await world.settle();
});
afterEach(async () => {
  await world.client.deleteCollection(resources.daemonSets, { namespace: name.namespace });
  await world.settle();
  await world.client.deleteCollection(resources.nodes, {});
  expect(world.errors.splice(0)).toEqual([]);
});
afterAll(() => world.end());

const labels = { app: 'agent' };
const template = (image: string, spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image }], ...spec },
});

async function addNode(node: string): Promise<void> {
  await world.client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node, labels: { letter: node } },
    spec: {},
  });
  // New ones are tainted until they are ready.
  const patch = { spec: { taints: [] } };
  await world.client.patch(resources.nodes, { name: node }, { type: 'merge', patch });
}

async function taint(node: string, ...taints: Taint[]): Promise<void> {
  const patch = { spec: { taints } };
  await world.client.patch(resources.nodes, { name: node }, { type: 'merge', patch });
  await world.settle();
}

async function createSet(spec: Partial<DaemonSetSpec> = {}): Promise<void> {
  await world.client.create(resources.daemonSets, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: name,
    spec: { selector: { matchLabels: labels }, template: template('1'), ...spec },
  });
  await world.settle();
}

async function change(spec: object): Promise<void> {
  await world.client.patch(resources.daemonSets, name, { type: 'merge', patch: { spec } });
  await world.settle();
}

async function pods() {
  const { items } = await world.client.list(resources.pods, { namespace: name.namespace });
  return items.toSorted((one, other) =>
    (targetNode(one) ?? '') < (targetNode(other) ?? '') ? -1 : 1,
  );
}

/** `a1`: on node a with image 1. */
const daemons = async () =>
  (await pods()).map((pod) => `${targetNode(pod)}${pod.spec.containers[0]?.image}`).toSorted();

async function ready(...chosen: string[]): Promise<void> {
  const all = await pods();
  await podsBecome(
    world,
    all.filter((pod) => chosen.includes(`${targetNode(pod)}${pod.spec.containers[0]?.image}`)),
    'Ready',
  );
  await world.settle();
}

const statusNow = async () => (await world.client.get(resources.daemonSets, name)).status;

async function events(): Promise<string[]> {
  const { items } = await world.client.list(resources.events, { namespace: name.namespace });
  return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

describe('a DaemonSet', () => {
  it('has a Pod on each node, which the scheduler can put nowhere else', async () => {
    await createSet();
    const [revision, ...writes] = takeWrites(world);
    expect(revision).toBe('POST controllerrevisions');
    expect(writes.slice(0, 3)).toEqual(['POST pods', 'POST pods', 'POST pods']);
    expect(new Set(writes.slice(3))).toEqual(new Set(['PUT daemonsets/agent/status']));
    expect(await daemons()).toEqual(['a1', 'b1', 'c1']);
    const [first] = await pods();
    expect(first?.metadata.generateName).toBe('agent-');
    expect(first?.metadata.labels).toEqual({
      app: 'agent',
      'pod-template-generation': '1',
      'controller-revision-hash': expect.stringMatching(/^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/),
    });
    expect(first?.spec.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] },
          ],
        },
      },
    });
    const keys = first?.spec.tolerations?.map(({ key, effect }) => `${key}:${effect}`);
    expect(keys).toEqual([
      'node.kubernetes.io/not-ready:NoExecute',
      'node.kubernetes.io/unreachable:NoExecute',
      'node.kubernetes.io/disk-pressure:NoSchedule',
      'node.kubernetes.io/memory-pressure:NoSchedule',
      'node.kubernetes.io/pid-pressure:NoSchedule',
      'node.kubernetes.io/unschedulable:NoSchedule',
    ]);
    await ready('a1', 'b1');
    expect(await statusNow()).toEqual({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberReady: 2,
      numberAvailable: 2,
      numberUnavailable: 1,
      numberMisscheduled: 0,
      observedGeneration: 1,
    });
    expect((await events()).toSorted()[0]).toMatch(/^Normal SuccessfulCreate: Created pod: agent-/);
  });

  it('follows nodes that come, and labels that change', async () => {
    await createSet({ template: template('1', { nodeSelector: { letter: 'd' } }) });
    expect(await daemons()).toEqual([]);
    await addNode('d');
    await world.settle();
    expect(await daemons()).toEqual(['d1']);
    const [daemon] = await pods();
    await world.client.createSubresource(resources.pods, daemon?.metadata ?? {}, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: daemon?.metadata.name },
      target: { kind: 'Node', name: 'd' },
    });
    await world.settle();
    takeWrites(world);
    const relabel = { type: 'merge', patch: { metadata: { labels: { letter: 'x' } } } } as const;
    await world.client.patch(resources.nodes, { name: 'd' }, relabel);
    await world.settle();
    expect(takeWrites(world)).toContain(`DELETE pods/${daemon?.metadata.name}`);
    expect(await statusNow()).toMatchObject({ desiredNumberScheduled: 0, numberMisscheduled: 1 });
  });

  it('stays on nodes whose taints only keep new Pods away, and leaves those that evict', async () => {
    await createSet();
    await taint('a', { key: 'full', effect: 'NoSchedule' });
    await taint('b', { key: 'broken', effect: 'NoExecute' });
    await taint('c', { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' });
    expect(await daemons()).toEqual(['a1', 'c1']);
    expect(await statusNow()).toMatchObject({
      desiredNumberScheduled: 1,
      currentNumberScheduled: 1,
      numberMisscheduled: 1,
    });
    await taint('a');
    expect(await statusNow()).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 0 });
  });

  it('replaces Pods that fail, later each time, and Pods that end', async () => {
    await createSet({ template: template('1', { nodeSelector: { letter: 'a' } }) });
    const fail = async (): Promise<void> => {
      await podsBecome(world, await pods(), 'Failed');
      await world.settle();
    };
    const [first] = await pods();
    await fail();
    const [second] = await pods();
    expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
    const place = `${name.namespace}/${first?.metadata.name}`;
    expect(await events()).toContain(
      `Warning FailedDaemonPod: Found failed daemon pod ${place} on node a, will try to kill it`,
    );
    await fail();
    expect((await pods())[0]?.metadata.uid).toBe(second?.metadata.uid);
    await world.advance(1000);
    const [third] = await pods();
    expect(third?.metadata.uid).not.toBe(second?.metadata.uid);
    await podsBecome(world, await pods(), 'Succeeded');
    await world.settle();
    expect((await pods())[0]?.metadata.uid).not.toBe(third?.metadata.uid);
    expect(await events()).toContain(
      `Normal SucceededDaemonPod: Found succeeded daemon pod ${name.namespace}/${third?.metadata.name} on node a, will try to delete it`,
    );
  });

  it('removes Pods that wait for a node which is no more', async () => {
    await createSet();
    await world.client.delete(resources.nodes, { name: 'b' });
    await world.settle();
    await change({ minReadySeconds: 1 });
    expect(await daemons()).toEqual(['a1', 'c1']);
  });

  it('adopts Pods and leaves one on each node', async () => {
    await world.client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: name.namespace, name: 'stray', labels },
      spec: { nodeName: 'a', containers: [{ name: 'c', image: '0' }] },
    });
    await createSet({ updateStrategy: { type: 'OnDelete' } });
    expect(await daemons()).toEqual(['a0', 'b1', 'c1']);
  });
});

describe('an update', () => {
  const strategy = (rollingUpdate: object): Partial<DaemonSetSpec> => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate },
  });

  it('replaces so many at a time as may be unavailable', async () => {
    await createSet();
    await ready('a1', 'b1', 'c1');
    await change({ template: template('2') });
    const [updated] = (await daemons()).filter((daemon) => daemon.endsWith('2'));
    expect((await daemons()).filter((daemon) => daemon.endsWith('1'))).toHaveLength(2);
    expect(await statusNow()).toMatchObject({ updatedNumberScheduled: 1, numberAvailable: 2 });
    await ready(updated ?? '');
    expect((await daemons()).filter((daemon) => daemon.endsWith('1'))).toHaveLength(1);
    await ready('a2', 'b2', 'c2');
    await ready('a2', 'b2', 'c2');
    expect(await statusNow()).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
    const { items } = await world.client.list(resources.controllerRevisions, {
      namespace: name.namespace,
    });
    expect(new Set(items.map(({ revision }) => revision))).toEqual(new Set([1, 2]));
  });

  it('waits until a new Pod has been ready for minReadySeconds', async () => {
    await createSet({ minReadySeconds: 10, ...strategy({ maxUnavailable: 1 }) });
    await ready('a1', 'b1', 'c1');
    await world.advance(10_000);
    await change({ template: template('2') });
    await ready('a2', 'b2', 'c2');
    expect((await daemons()).filter((daemon) => daemon.endsWith('1'))).toHaveLength(2);
    await world.advance(11_000);
    expect((await daemons()).filter((daemon) => daemon.endsWith('1'))).toHaveLength(1);
  });

  it('puts new Pods beside old ones with a surge', async () => {
    await createSet(strategy({ maxSurge: 1, maxUnavailable: 0 }));
    await ready('a1', 'b1', 'c1');
    await change({ template: template('2') });
    const all = await daemons();
    expect(all).toHaveLength(4);
    const [updated = ''] = all.filter((daemon) => daemon.endsWith('2'));
    await ready(updated);
    const later = await daemons();
    expect(later).toHaveLength(4);
    expect(later).not.toContain(updated.replace('2', '1'));
    const status = await statusNow();
    expect(status?.numberAvailable).toBe(3);
    expect(status?.numberUnavailable).toBeUndefined();
  });

  it('leaves Pods alone until they are deleted with OnDelete', async () => {
    await createSet({ updateStrategy: { type: 'OnDelete' } });
    await change({ template: template('2') });
    expect(await daemons()).toEqual(['a1', 'b1', 'c1']);
    const [first] = await pods();
    if (first !== undefined) await world.client.delete(resources.pods, first.metadata);
    await world.settle();
    expect(await daemons()).toEqual(['a2', 'b1', 'c1']);
  });

  it('goes back to an earlier revision, and forgets those beyond the limit', async () => {
    await createSet({ revisionHistoryLimit: 1, ...strategy({ maxUnavailable: 3 }) });
    const revisions = async () => {
      const { items } = await world.client.list(resources.controllerRevisions, {
        namespace: name.namespace,
      });
      return items.map(({ revision = 0 }) => revision).toSorted((one, other) => one - other);
    };
    await change({ template: template('2') });
    await change({ template: template('3') });
    expect(await revisions()).toEqual([2, 3]);
    await change({ template: template('2') });
    expect(await daemons()).toEqual(['a2', 'b2', 'c2']);
    expect(await revisions()).toEqual([3, 4]);
  });
});
