import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { ReplicaSetSpec } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { isPodActive } from '../pods/pod-state.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { podsBecome } from '../testing/pods-become.ts';

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const namespace = 'default';
const name = { namespace, name: 'web' };
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'busybox' }] },
};
const only = (controller: string) =>
  descriptors.filter((descriptor) => descriptor.name === controller);

async function replicaSet(
  spec: Partial<ReplicaSetSpec>,
  seed?: (client: Client) => Promise<void>,
): Promise<void> {
  world = await ControlWorld.start(only('replicaset-controller'), {}, seed);
  await world.client.create(resources.replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: name,
    spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
  });
  await world.settle();
}

async function scale(replicas: number): Promise<void> {
  await world.client.patch(resources.replicaSets, name, {
    type: 'merge',
    patch: { spec: { replicas } },
  });
  await world.settle();
}

async function pods(): Promise<readonly Stored<Pod>[]> {
  return (await world.client.list(resources.pods, { namespace })).items;
}

async function become(some: readonly Stored<Pod>[], state: 'Ready' | 'NotReady' | 'Failed') {
  await podsBecome(world, some, state);
  await world.settle();
}

const status = async () => (await world.client.get(resources.replicaSets, name)).status;
const names = (some: readonly Stored<Pod>[]) => some.map(({ metadata }) => metadata.name);

/** Method and path without host and namespace, with the random part of names as `*`. */
const sent = () =>
  world.sent
    .splice(0)
    .filter(({ path }) => !path.includes('/events'))
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/default\//, '')}`)
    .map((call) => call.replace(/web-.{5}$/, 'web-*'));

const events = async () => {
  const { items } = await world.client.list(resources.events);
  return items
    .map(({ type, reason, message, source }) => [type, reason, message, source?.component])
    .map((parts) => parts.join(' ').replace(/web-.{5}/, 'web-*'));
};

/** Binds it, as a scheduler would. */
async function bind(pod: Stored<Pod>, node: string): Promise<void> {
  await world.client.createSubresource(resources.pods, pod.metadata, 'binding', {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: pod.metadata.name, namespace },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });
}

describe('a ReplicaSet', () => {
  it('creates what is missing and says so', async () => {
    await replicaSet({ replicas: 3 });
    expect(sent().filter((call) => call === 'POST pods')).toHaveLength(3);
    expect(await status()).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      observedGeneration: 1,
      terminatingReplicas: 0,
    });
    expect(await events()).toEqual(
      Array(3).fill('Normal SuccessfulCreate Created pod: web-* replicaset-controller'),
    );
    const [pod] = await pods();
    expect(pod?.metadata.ownerReferences).toMatchObject([
      { kind: 'ReplicaSet', name: 'web', controller: true, blockOwnerDeletion: true },
    ]);
    expect(pod?.metadata.generateName).toBe('web-');
  });

  it('counts what is ready, and what has been for long enough', async () => {
    await replicaSet({ replicas: 2, minReadySeconds: 10 });
    await become(await pods(), 'Ready');
    expect(await status()).toMatchObject({ replicas: 2, readyReplicas: 2 });
    await world.advance(9000);
    expect((await status())?.availableReplicas).toBeUndefined();
    await world.advance(1000);
    expect(await status()).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
    expect(sent().filter((call) => call === 'PUT replicasets/web/status')).not.toHaveLength(0);
    await world.advance(60_000);
    expect(sent()).toEqual([]);
  });

  it('replaces what fails, and what is asked to end before it has', async () => {
    await replicaSet({ replicas: 2 });
    const [first, second] = await pods();
    if (first === undefined || second === undefined) throw new Error('no Pods');
    await bind(second, 'node-1');
    sent();
    await become([first], 'Failed');
    await world.client.delete(resources.pods, second.metadata);
    await world.settle();
    expect(sent().filter((call) => call === 'POST pods')).toHaveLength(2);
    expect(await status()).toMatchObject({ replicas: 2, terminatingReplicas: 1 });
    await world.client.delete(resources.pods, second.metadata, { gracePeriodSeconds: 0 });
    await world.settle();
    expect(await status()).toMatchObject({ replicas: 2, terminatingReplicas: 0 });
    const all = await pods();
    expect(all.filter(isPodActive)).toHaveLength(2);
    expect(names(all)).toContain(first.metadata.name);
  });

  it('deletes what is not ready first, then what costs least', async () => {
    await replicaSet({ replicas: 4 });
    const all = (await pods()).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const [ready, cheap, dear] = all;
    if (ready === undefined || cheap === undefined || dear === undefined)
      throw new Error('no Pods');
    for (const pod of all) await bind(pod, 'node-1');
    await become(all.slice(0, 3), 'Ready');
    for (const [pod, cost] of [
      [cheap, '-1'],
      [dear, '10'],
    ] as const)
      await world.client.patch(resources.pods, pod.metadata, {
        type: 'merge',
        patch: {
          metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } },
        },
      });
    await scale(2);
    const left = (await pods()).filter(isPodActive);
    expect(new Set(names(left))).toEqual(new Set(names([ready, dear])));
    expect((await events()).filter((text) => text.includes('Delete'))).toEqual(
      Array(2).fill('Normal SuccessfulDelete Deleted pod: web-* replicaset-controller'),
    );
    await scale(0);
    expect((await pods()).filter(isPodActive)).toEqual([]);
  });

  it('adopts orphans that match and releases what matches no longer', async () => {
    await replicaSet({ replicas: 1 }, async (client) => {
      await client.create(resources.pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'orphan', namespace, labels: { app: 'web' } },
        spec: template.spec,
      });
    });
    expect(sent()).toEqual(['PATCH pods/orphan', 'PUT replicasets/web/status']);
    await world.client.patch(
      resources.pods,
      { namespace, name: 'orphan' },
      { type: 'merge', patch: { metadata: { labels: { app: 'debug' } } } },
    );
    await world.settle();
    expect(sent().slice(0, 2)).toEqual(['PATCH pods/orphan', 'POST pods']);
    const owned = (await pods()).filter(({ metadata }) => metadata.ownerReferences !== undefined);
    expect(names(owned)).toEqual([expect.stringMatching(/^web-/)]);
  });

  it('leaves its Pods alone while it goes', async () => {
    await replicaSet({ replicas: 2 });
    await world.client.delete(resources.replicaSets, name, { propagationPolicy: 'Foreground' });
    await world.settle();
    sent();
    const [first] = await pods();
    if (first !== undefined) await world.client.delete(resources.pods, first.metadata);
    await world.settle();
    expect(await pods()).toHaveLength(1);
    expect(new Set(sent())).toEqual(new Set(['PUT replicasets/web/status']));
  });

  it('tells of a quota that is used up, tries again, and forgets it when there is room', async () => {
    const quota = { namespace, name: 'small' };
    await replicaSet({ replicas: 5 }, async (client) => {
      await client.create(resources.resourceQuotas, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: quota,
        spec: { hard: { pods: '2' } },
      });
      await client.patch(
        resources.resourceQuotas,
        quota,
        { type: 'merge', patch: { status: { hard: { pods: '2' }, used: { pods: '0' } } } },
        { subresource: 'status' },
      );
    });
    expect(await pods()).toHaveLength(2);
    // One, then two of which one fails: the other two are not tried.
    const tried = sent();
    expect(tried.findIndex((call) => call.startsWith('PUT'))).toBe(3);
    const failure = (await status())?.conditions?.[0];
    expect(failure).toMatchObject({
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      lastTransitionTime: formatTime(world.clock.now()),
    });
    expect(failure?.message).toMatch(/^pods "web-.{5}" is forbidden: exceeded quota: small/);
    expect((await events()).filter((text) => text.startsWith('Warning'))[0]).toMatch(
      /^Warning FailedCreate Error creating: pods "web-\*" is forbidden: exceeded quota/,
    );
    const refused = tried.filter((call) => call === 'POST pods').length - 2;
    expect(world.errors.splice(0)).toHaveLength(refused);
    const hard = { pods: '9' };
    await world.client.patch(resources.resourceQuotas, quota, {
      type: 'merge',
      patch: { spec: { hard } },
    });
    await world.client.patch(
      resources.resourceQuotas,
      quota,
      { type: 'merge', patch: { status: { hard } } },
      { subresource: 'status' },
    );
    await world.advance(1000);
    expect(await pods()).toHaveLength(5);
    expect((await status())?.conditions).toBeUndefined();
  });

  it('keeps what is wanted through a history of changes', async () => {
    await replicaSet({ replicas: 5 });
    let wanted = 5;
    for (const change of [3, 8, 0, 6, 2]) {
      const all = (await pods()).filter(isPodActive);
      await become(all.slice(0, change), 'Ready');
      const [victim] = all;
      if (victim !== undefined) await world.client.delete(resources.pods, victim.metadata);
      wanted = change;
      await scale(wanted);
      const active = (await pods()).filter(isPodActive);
      expect(active).toHaveLength(wanted);
      expect((await status())?.replicas).toBe(wanted);
    }
  });
});

it('keeps the Pods of a ReplicationController', async () => {
  world = await ControlWorld.start(only('replicationcontroller-controller'));
  await world.client.create(resources.replicationControllers, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: name,
    spec: { replicas: 2, template },
  });
  await world.settle();
  await become(await pods(), 'Ready');
  const read = await world.client.get(resources.replicationControllers, name);
  expect(read.status).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  });
  expect(await events()).toEqual(
    Array(2).fill('Normal SuccessfulCreate Created pod: web-* replication-controller'),
  );
});
