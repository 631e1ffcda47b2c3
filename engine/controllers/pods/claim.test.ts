import { afterEach, beforeEach, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { podsBecome } from '../testing/pods-become.ts';
import { claim } from './claim.ts';
import { byController, controllerOf, isControlledBy, orphansIn } from './controller-ref.ts';
import { isNamespaceTerminating, PodControl, podFromTemplate } from './pod-control.ts';
import { isPodActive, isPodReady } from './pod-state.ts';

let world: ControlWorld;
let owner: Stored<ReplicaSet>;
beforeEach(async () => {
  world = await ControlWorld.start([]);
  owner = await replicaSet('web');
});
afterEach(() => world.end());

const template = {
  metadata: { labels: { app: 'web' }, annotations: { note: 'yes' } },
  spec: { containers: [{ name: 'c', image: 'busybox' }] },
};

async function replicaSet(name: string): Promise<Stored<ReplicaSet>> {
  return world.client.create(resources.replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default' },
    spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template },
  });
}

async function claimed(): Promise<readonly string[]> {
  const { items } = await world.client.list(resources.pods);
  const pods = await claim(items, {
    client: world.client,
    resource: resources.pods,
    owner,
    ownerResource: resources.replicaSets,
    selector: labelSelectorOf(owner.spec?.selector),
  });
  return pods.map(({ metadata }) => metadata.name).toSorted();
}

async function pod(name: string, labels: Readonly<Record<string, string>>): Promise<Stored<Pod>> {
  return world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: template.spec,
  });
}

function podControl(): PodControl<ReplicaSet> {
  const { client, clock } = world;
  const recorder = new EventRecorder({
    client,
    clock,
    random: new SeededRandom(1),
    source: { component: 'replicaset-controller' },
    onError: (error) => world.errors.push(error),
  });
  return new PodControl({ client, recorder, ownerResource: resources.replicaSets });
}

const events = async () => {
  await world.settle();
  const { items } = await world.client.list(resources.events);
  return items.map(({ type, reason, message }) => ({ type, reason, message }));
};

it('adopts what the selector matches and nobody manages, and no other', async () => {
  await pod('a', { app: 'web' });
  await pod('b', { app: 'db' });
  expect(await claimed()).toEqual(['a']);
  const adopted = await world.client.get(resources.pods, { namespace: 'default', name: 'a' });
  expect(adopted.metadata.ownerReferences).toEqual([
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web',
      uid: owner.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  expect(isControlledBy(adopted, owner)).toBe(true);
  expect(byController(adopted)).toEqual([owner.metadata.uid]);
  expect(await claimed()).toEqual(['a']);
  owner = await replicaSet('other');
  expect(await claimed()).toEqual([]);
});

it('releases what the selector matches no longer', async () => {
  const { metadata } = await podControl().create(template, owner);
  await world.client.patch(resources.pods, metadata, {
    type: 'merge',
    patch: { metadata: { labels: { app: 'debug' } } },
  });
  expect(await claimed()).toEqual([]);
  const released = await world.client.get(resources.pods, metadata);
  expect(controllerOf(released)).toBeUndefined();
  expect(byController(released)).toEqual([orphansIn('default')]);
});

it('adopts nothing for an owner that is gone, or is another by now', async () => {
  await pod('a', { app: 'web' });
  await world.client.delete(resources.replicaSets, owner.metadata);
  await expect(claimed()).rejects.toThrow(/can't adopt Pod default\/a .*not found/);
  await replicaSet('web');
  await expect(claimed()).rejects.toThrow(/original ReplicaSet default\/web is gone: got uid/);
});

it('creates and deletes for an owner, and says so', async () => {
  const pods = podControl();
  const created = await pods.create(template, owner);
  expect(created.metadata.name).toMatch(/^web-.{5}$/);
  expect(created.metadata.annotations).toEqual({ note: 'yes' });
  await pods.delete(created, owner);
  await expect(pods.delete(created, owner)).rejects.toMatchObject({ reason: 'NotFound' });
  const { name } = created.metadata;
  expect(await events()).toEqual([
    { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${name}` },
    { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` },
  ]);
});

it('says why it could not create', async () => {
  const { metadata } = template;
  const created = podControl().create({ metadata, spec: { containers: [] } }, owner);
  await expect(created.catch(isNamespaceTerminating)).resolves.toBe(false);
  expect(await events()).toMatchObject([
    {
      type: 'Warning',
      reason: 'FailedCreate',
      message: expect.stringMatching(
        /^Error creating: Pod "web-.*" is invalid: spec.containers: Required value$/,
      ),
    },
  ]);
});

it('has a kubelet of its own in tests', async () => {
  const created = await pod('a', { app: 'web' });
  const after = async (state: 'Ready' | 'Failed') => {
    await podsBecome(world, [created], state);
    return world.client.get(resources.pods, created.metadata);
  };
  expect(isPodReady(await after('Ready'))).toBe(true);
  expect(isPodActive(await after('Failed'))).toBe(false);
});

it('leaves out the dash of names that fill the room', () => {
  const { kind, apiVersion, spec } = owner;
  const name = 'w'.repeat(253);
  const long = { apiVersion, kind, spec, metadata: { ...owner.metadata, name } };
  const made = podFromTemplate(template, long, resources.replicaSets);
  expect(made.metadata.generateName).toBe(name);
});
