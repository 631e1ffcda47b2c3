import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import type { Deployment, ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import type { PodDisruptionBudgetSpec } from '../../objects/generated/policy-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { controllerRef } from '../pods/controller-ref.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { podsBecome } from '../testing/pods-become.ts';

const namespace = 'default';
const labels = { app: 'web' };
const selector = { matchLabels: labels };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'busybox' }] },
};

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'disruption-controller'),
  );
});
afterEach(async () => {
  const { podDisruptionBudgets, pods, replicaSets, deployments } = resources;
  const { client } = world;
  const now = { gracePeriodSeconds: 0, propagationPolicy: 'Background' } as const;
  await client.deleteCollection(podDisruptionBudgets, { namespace }, now);
  await client.deleteCollection(pods, { namespace }, now);
  await client.deleteCollection(replicaSets, { namespace }, now);
  await client.deleteCollection(deployments, { namespace }, now);
  await client.deleteCollection(resources.events, { namespace });
  await world.settle();
  expect(world.errors.splice(0)).toEqual([]);
});
afterAll(() => world.end());

async function budget(spec: PodDisruptionBudgetSpec): Promise<void> {
  await world.client.create(resources.podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace, name: 'web' },
    spec: { selector, ...spec },
  });
  await world.settle();
}

const status = async () =>
  (await world.client.get(resources.podDisruptionBudgets, { namespace, name: 'web' })).status;

/** `currentHealthy`, `desiredHealthy`, `expectedPods`, `disruptionsAllowed`. */
async function counts() {
  const { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed } =
    (await status()) ?? {};
  return [currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed];
}

async function events() {
  const { items } = await world.client.list(resources.events);
  return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

async function readyPods(
  count: number,
  owner?: OwnerReference,
  prefix = 'pod',
): Promise<readonly Stored<Pod>[]> {
  const made: Stored<Pod>[] = [];
  for (let index = 0; index < count; index++)
    made.push(
      await world.client.create(resources.pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          namespace,
          name: `${prefix}-${index}`,
          labels,
          ...(owner === undefined ? {} : { ownerReferences: [owner] }),
        },
        spec: { ...template.spec, nodeName: 'node' },
      }),
    );
  await podsBecome(world, made, 'Ready');
  await world.settle();
  return made;
}

async function replicaSet(replicas: number, owner?: OwnerReference): Promise<Stored<ReplicaSet>> {
  return world.client.create(resources.replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace,
      name: 'web',
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: { replicas, selector, template },
  });
}

const deployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name: 'web' },
  spec: { replicas: 10, selector, template },
};

async function evict({ metadata }: Stored<Pod>): Promise<string> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name } };
  try {
    await world.client.createSubresource(resources.pods, metadata, 'eviction', body);
    return 'evicted';
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.status.details?.causes?.[0]?.message ?? error.message;
  }
}

describe('what a budget allows', () => {
  it('is what there is above minAvailable, counted by Pods', async () => {
    await readyPods(3);
    await budget({ minAvailable: 2 });
    expect(await counts()).toEqual([3, 2, 3, 1]);
    expect((await status())?.conditions).toMatchObject([
      {
        type: 'DisruptionAllowed',
        status: 'True',
        reason: 'SufficientPods',
        observedGeneration: 1,
      },
    ]);
    expect(world.sent.map(({ method, path }) => `${method} ${path}`)).toContain(
      'PUT /apis/policy/v1/namespaces/default/poddisruptionbudgets/web/status',
    );
  });

  it('is nothing without Pods', async () => {
    await budget({ maxUnavailable: 1 });
    expect(await counts()).toEqual([0, 0, 0, 0]);
    expect(await events()).toEqual(['Normal NoPods: No matching pods found']);
  });

  it('goes by how many their owners want, for shares and maxUnavailable', async () => {
    const set = await replicaSet(5);
    await readyPods(4, controllerRef(resources.replicaSets, set));
    await budget({ maxUnavailable: '30%' });
    // 30 % of 5 are two, when rounded up.
    expect(await counts()).toEqual([4, 3, 5, 1]);
    expect((await status())?.conditions?.[0]?.status).toBe('True');
  });

  it('goes by the Deployment while one rolls out', async () => {
    const above = await world.client.create(resources.deployments, deployment);
    const set = await replicaSet(4, controllerRef(resources.deployments, above));
    await readyPods(4, controllerRef(resources.replicaSets, set));
    await budget({ minAvailable: '35%' });
    expect(await counts()).toEqual([4, 4, 10, 0]);
    expect((await status())?.conditions).toMatchObject([
      { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' },
    ]);
  });

  it('is nothing when it cannot be found out', async () => {
    const owner = { apiVersion: 'example.com/v1', kind: 'Tool', name: 't', uid: 'u' };
    await readyPods(2, { ...owner, controller: true });
    await budget({ maxUnavailable: 1 });
    expect((await status())?.disruptionsAllowed).toBe(0);
    expect((await status())?.conditions).toMatchObject([{ status: 'False', reason: 'SyncFailed' }]);
    expect((await events()).join()).toContain('Warning CalculateExpectedPodCountFailed');
  });

  it('leaves Pods without an owner out, and warns', async () => {
    await readyPods(2);
    await budget({ maxUnavailable: 1 });
    expect(await counts()).toEqual([2, 0, 0, 0]);
    expect((await events())[0]).toMatch(
      /^Warning UnmanagedPods: Pods selected by this PodDisruptionBudget \(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\},MatchExpressions:\[\]LabelSelectorRequirement\{\},\}\) were found to be unmanaged\./,
    );
  });
});

describe('evictions', () => {
  it('are allowed as long as the budget lasts, and again when Pods are back', async () => {
    const pods = await readyPods(3);
    await budget({ minAvailable: 2 });
    const answers = await Promise.all(pods.map(evict));
    expect(answers.filter((answer) => answer === 'evicted')).toHaveLength(1);
    await world.settle();
    expect(await counts()).toEqual([2, 2, 3, 0]);
    expect((await status())?.disruptedPods).toBeUndefined();
    const [left] = pods.filter((_pod, index) => answers[index] !== 'evicted');
    if (left === undefined) throw new Error('all were evicted');
    expect(await evict(left)).toBe(
      'The disruption budget web needs 2 healthy pods and has 2 currently',
    );
    const [gone] = pods.filter((_pod, index) => answers[index] === 'evicted');
    await world.client.delete(resources.pods, gone?.metadata ?? {}, { gracePeriodSeconds: 0 });
    await readyPods(1, undefined, 'back');
    expect(await counts()).toEqual([3, 2, 3, 1]);
    expect(await evict(left)).toBe('evicted');
  });

  it('that were allowed and did not happen are given back', async () => {
    await readyPods(2);
    await budget({ minAvailable: 1 });
    const disruptedPods = { 'pod-0': formatTime(world.clock.now()) };
    await world.client.patch(
      resources.podDisruptionBudgets,
      { namespace, name: 'web' },
      { type: 'merge', patch: { status: { disruptionsAllowed: 0, disruptedPods } } },
      { subresource: 'status' },
    );
    await world.settle();
    expect(await counts()).toEqual([1, 1, 2, 0]);
    expect((await status())?.disruptedPods).toEqual(disruptedPods);
    await world.advance(120_000);
    expect(await counts()).toEqual([2, 1, 2, 1]);
    expect(await events()).toContain(
      "Warning NotDeleted: Pod was expected by PDB default/default to be deleted but it wasn't",
    );
  });

  it('that were announced to a Pod and did not happen are taken back', async () => {
    const [pod] = await readyPods(1);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'preempting',
      lastTransitionTime: formatTime(world.clock.now()),
    };
    const name = pod?.metadata ?? {};
    await world.client.patch(
      resources.pods,
      name,
      { type: 'strategic', patch: { status: { conditions: [condition] } } },
      { subresource: 'status' },
    );
    await world.settle();
    const told = async () =>
      (await world.client.get(resources.pods, name)).status?.conditions?.find(
        ({ type }) => type === 'DisruptionTarget',
      );
    await world.advance(119_000);
    expect(await told()).toMatchObject({ status: 'True' });
    await world.advance(1000);
    expect(await told()).toMatchObject({ status: 'False' });
    expect((await told())?.reason).toBeUndefined();
  });
});
