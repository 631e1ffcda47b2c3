import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { StatefulSet, StatefulSetSpec } from '../../objects/generated/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';
import { podsBecome } from '../testing/pods-become.ts';
import { takeWrites } from '../testing/sent-writes.ts';
import { ordinalOf } from './ordinals.ts';

let world: ControlWorld;
/** of the set, in a namespace of each test's own */
let name = { namespace: '', name: 'web' };
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'statefulset-controller'),
  );
});
beforeEach(async () => {
  name = { namespace: await namespaceOfTest(world), name: 'web' };
});
afterEach(() => expect(world.errors.splice(0)).toEqual([]));
afterAll(() => world.end());

const labels = { app: 'web' };
const template = (image: string) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image }] },
});

async function createSet(spec: Partial<StatefulSetSpec> = {}): Promise<void> {
  const set: StatefulSet = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: name,
    spec: {
      selector: { matchLabels: labels },
      serviceName: 'web',
      template: template('a'),
      ...spec,
    },
  };
  await world.client.create(resources.statefulSets, set);
  await world.settle();
}

async function change(spec: object): Promise<void> {
  await world.client.patch(resources.statefulSets, name, { type: 'merge', patch: { spec } });
  await world.settle();
}

const setNow = () => world.client.get(resources.statefulSets, name);

async function pods() {
  const { items } = await world.client.list(resources.pods, { namespace: name.namespace });
  return items.toSorted((one, other) => ordinalOf(one) - ordinalOf(other));
}

const names = async () => (await pods()).map(({ metadata }) => metadata.name);
const images = async () => (await pods()).map(({ spec }) => spec.containers[0]?.image);

async function ready(...ordinals: number[]): Promise<void> {
  const chosen = (await pods()).filter((pod) => ordinals.includes(ordinalOf(pod)));
  expect(chosen).toHaveLength(ordinals.length);
  await podsBecome(world, chosen, 'Ready');
  await world.settle();
}

async function events(): Promise<string[]> {
  const { items } = await world.client.list(resources.events, { namespace: name.namespace });
  return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

describe('in order', () => {
  it('creates each Pod when the one before it is ready', async () => {
    await createSet({ replicas: 3 });
    expect(takeWrites(world)).toEqual([
      'POST controllerrevisions',
      'POST pods',
      'PUT statefulsets/web/status',
      'PUT statefulsets/web/status',
    ]);
    expect(await names()).toEqual(['web-0']);
    await ready(0);
    expect(await names()).toEqual(['web-0', 'web-1']);
    await world.advance(60_000);
    expect(await names()).toHaveLength(2);
    await ready(1);
    await ready(2);
    const { status } = await setNow();
    expect(status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      observedGeneration: 1,
      collisionCount: 0,
    });
    expect(status?.currentRevision).toBe(status?.updateRevision);
    expect(status?.currentRevision).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
    expect(await events()).toEqual(
      [0, 1, 2].map(
        (ordinal) =>
          `Normal SuccessfulCreate: Create Pod web-${ordinal} in StatefulSet web successful`,
      ),
    );
  });

  it('gives Pods their identity', async () => {
    await createSet({ replicas: 1, ordinals: { start: 5 } });
    const [pod] = await pods();
    const { status } = await setNow();
    expect(pod?.metadata).toMatchObject({
      name: 'web-5',
      labels: {
        app: 'web',
        'apps.kubernetes.io/pod-index': '5',
        'statefulset.kubernetes.io/pod-name': 'web-5',
        'controller-revision-hash': status?.updateRevision,
      },
      ownerReferences: [{ kind: 'StatefulSet', name: 'web', controller: true }],
    });
    expect(pod?.spec).toMatchObject({ hostname: 'web-5', subdomain: 'web' });
  });

  it('deletes from the last, one after the other, when it is scaled down', async () => {
    await createSet({ replicas: 3 });
    for (const ordinal of [0, 1, 2]) await ready(ordinal);
    takeWrites(world);
    await change({ replicas: 1 });
    const deletions = takeWrites(world).filter((write) => write.startsWith('DELETE'));
    expect(deletions).toEqual(['DELETE pods/web-2', 'DELETE pods/web-1']);
    expect(await names()).toEqual(['web-0']);
    expect(await events()).toContain(
      'Normal SuccessfulDelete: Delete Pod web-2 in StatefulSet web successful',
    );
  });

  it('does not scale down while an earlier Pod is not ready', async () => {
    await createSet({ replicas: 3 });
    for (const ordinal of [0, 1, 2]) await ready(ordinal);
    await podsBecome(world, (await pods()).slice(0, 1), 'NotReady');
    await change({ replicas: 1 });
    expect(await names()).toEqual(['web-0', 'web-1', 'web-2']);
    await ready(0);
    expect(await names()).toEqual(['web-0']);
  });

  it('replaces a Pod that ended', async () => {
    await createSet({ replicas: 2 });
    for (const ordinal of [0, 1]) await ready(ordinal);
    const [first] = await pods();
    await podsBecome(world, (await pods()).slice(0, 1), 'Failed');
    await world.settle();
    const [again] = await pods();
    expect(again?.metadata.name).toBe('web-0');
    expect(again?.metadata.uid).not.toBe(first?.metadata.uid);
  });

  it('waits until Pods have been ready for minReadySeconds', async () => {
    await createSet({ replicas: 2, minReadySeconds: 10 });
    await ready(0);
    expect(await names()).toEqual(['web-0']);
    expect((await setNow()).status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    await world.advance(9000);
    expect(await names()).toEqual(['web-0']);
    await world.advance(1000);
    expect(await names()).toEqual(['web-0', 'web-1']);
    expect((await setNow()).status).toMatchObject({ availableReplicas: 1 });
  });
});

describe('in parallel', () => {
  it('creates and deletes all at once', async () => {
    await createSet({ replicas: 4, podManagementPolicy: 'Parallel' });
    expect(await names()).toEqual(['web-0', 'web-1', 'web-2', 'web-3']);
    await change({ replicas: 1 });
    expect(await names()).toEqual(['web-0']);
  });
});

describe('claims', () => {
  const data: PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', labels: { tier: 'db' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const claims = async () => {
    const { items } = await world.client.list(resources.persistentVolumeClaims, name);
    return items;
  };
  const owners = async () =>
    Object.fromEntries(
      (await claims()).map(({ metadata }) => [
        metadata.name,
        (metadata.ownerReferences ?? []).map(({ kind, name: owner }) => `${kind} ${owner}`),
      ]),
    );

  /** As the garbage collector, and what protects claims that are in use, do. */
  async function deleteClaim(claim: string): Promise<void> {
    const patch = { metadata: { finalizers: null } };
    const of = { ...name, name: claim };
    await world.client.patch(resources.persistentVolumeClaims, of, { type: 'merge', patch });
    await world.client.delete(resources.persistentVolumeClaims, of);
    await world.settle();
  }

  it('are created before their Pods, which have them as volumes, and stay', async () => {
    await createSet({ replicas: 2, podManagementPolicy: 'Parallel', volumeClaimTemplates: [data] });
    await world.settle();
    const all = await claims();
    expect(all.map(({ metadata }) => metadata.name)).toEqual(['data-web-0', 'data-web-1']);
    expect(all[0]?.metadata.labels).toEqual({ app: 'web', tier: 'db' });
    const [, second] = await pods();
    expect(second?.spec.volumes?.[0]).toEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-web-1' },
    });
    expect(await events()).toContain(
      'Normal SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success',
    );
    await change({ replicas: 1 });
    expect(await owners()).toEqual({ 'data-web-0': [], 'data-web-1': [] });
  });

  it('belong to the set or to a Pod that is too many, as the policy says', async () => {
    await createSet({
      replicas: 2,
      podManagementPolicy: 'Parallel',
      volumeClaimTemplates: [data],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
    });
    expect(await owners()).toEqual({
      'data-web-0': ['StatefulSet web'],
      'data-web-1': ['StatefulSet web'],
    });
    await change({ replicas: 1 });
    expect(await owners()).toEqual({
      'data-web-0': ['StatefulSet web'],
      'data-web-1': ['Pod web-1'],
    });
    takeWrites(world);
    // The claim is about to be collected with the Pod that is gone: it has to be waited for.
    await change({ replicas: 2 });
    expect(await names()).toEqual(['web-0']);
    await deleteClaim('data-web-1');
    expect(await names()).toEqual(['web-0', 'web-1']);
    expect(Object.keys(await owners())).toEqual(['data-web-0', 'data-web-1']);
  });

  it('are created again for a Pod that waits for them', async () => {
    await createSet({ replicas: 1, volumeClaimTemplates: [data] });
    await deleteClaim('data-web-0');
    await change({ revisionHistoryLimit: 3 });
    expect(await owners()).toEqual({ 'data-web-0': [] });
  });
});

describe('adoption', () => {
  it('takes Pods of its names, and lets those go that its selector no longer matches', async () => {
    await world.client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...name, name: 'web-0', labels },
      spec: { containers: [{ name: 'c', image: 'a' }] },
    });
    await createSet({ replicas: 2 });
    const [adopted] = await pods();
    expect(adopted?.metadata.ownerReferences).toMatchObject([{ name: 'web', controller: true }]);
    expect(takeWrites(world)).not.toContain('POST pods');
    await world.client.patch(
      resources.pods,
      { ...name, name: 'web-0' },
      { type: 'merge', patch: { metadata: { labels: { app: 'other' } } } },
    );
    await world.settle();
    expect(takeWrites(world)).toContain('PATCH pods/web-0');
    const [released] = await pods();
    expect(released?.metadata.ownerReferences).toBeUndefined();
    expect(world.errors.splice(0).map(reasonOf)).toContain('AlreadyExists');
  });
});

describe('updates', () => {
  async function running(spec: Partial<StatefulSetSpec> = {}): Promise<void> {
    await createSet({ replicas: 3, podManagementPolicy: 'Parallel', ...spec });
    await ready(0, 1, 2);
    takeWrites(world);
  }
  const update = (image = 'b') => change({ template: template(image) });
  const rollingUpdate = (strategy: object): Partial<StatefulSetSpec> => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: strategy },
  });

  it('go from the last to the first, one at a time', async () => {
    await running();
    const before = (await setNow()).status?.currentRevision;
    await update();
    expect(await images()).toEqual(['a', 'a', 'b']);
    const { status } = await setNow();
    expect(status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1, readyReplicas: 2 });
    expect(status?.currentRevision).toBe(before);
    expect(status?.updateRevision).not.toBe(before);
    await ready(2);
    expect(await images()).toEqual(['a', 'b', 'b']);
    await ready(1);
    await ready(0);
    const after = (await setNow()).status;
    expect(after).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
    expect(after?.currentRevision).toBe(status?.updateRevision);
  });

  it('stop at the partition, and bring new Pods below it to the current revision', async () => {
    await running(rollingUpdate({ partition: 2 }));
    await update();
    await ready(2);
    expect(await images()).toEqual(['a', 'a', 'b']);
    await world.client.delete(resources.pods, { ...name, name: 'web-0' });
    await world.settle();
    expect(await images()).toEqual(['a', 'a', 'b']);
  });

  it('take down as many as may be unavailable', async () => {
    await running(rollingUpdate({ maxUnavailable: '70%' }));
    await update();
    expect(await images()).toEqual(['a', 'b', 'b']);
  });

  it('leave Pods alone until they are deleted with OnDelete', async () => {
    await running({ updateStrategy: { type: 'OnDelete' } });
    await update();
    expect(await images()).toEqual(['a', 'a', 'a']);
    await world.client.delete(resources.pods, { ...name, name: 'web-1' });
    await world.settle();
    expect(await images()).toEqual(['a', 'b', 'a']);
  });

  it('keep a history, in which an earlier revision becomes the newest again', async () => {
    await running({ revisionHistoryLimit: 1, updateStrategy: { type: 'OnDelete' } });
    const revisions = async () => {
      const { items } = await world.client.list(resources.controllerRevisions, name);
      return Object.fromEntries(
        items.map(({ revision, data }) => {
          const { spec } = data as { spec: { template: { spec: Pod['spec'] } } };
          return [spec.template.spec.containers[0]?.image, revision];
        }),
      );
    };
    await update('b');
    await update('c');
    // The Pods are of the first one, so it stays; the other is within the limit.
    expect(await revisions()).toEqual({ a: 1, b: 2, c: 3 });
    await update('d');
    expect(await revisions()).toEqual({ a: 1, c: 3, d: 4 });
    await update('c');
    expect(await revisions()).toEqual({ a: 1, c: 5, d: 4 });
  });
});
