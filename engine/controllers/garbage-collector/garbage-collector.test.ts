import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DeleteOptions } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ConfigMap } from '../../objects/generated/core-v1.generated.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { crates, defineCrates } from '../testing/crates.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';

let world: ControlWorld;
let namespace: string;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'garbage-collector-controller'),
  );
});
beforeEach(async () => {
  expect(world.errors).toEqual([]);
  namespace = await namespaceOfTest(world);
});
afterAll(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

function owner(
  object: Stored<KubernetesObject>,
  more: Partial<OwnerReference> = {},
): OwnerReference {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, ...more };
}

async function create(
  name: string,
  ownerReferences: readonly OwnerReference[] = [],
  within = namespace,
): Promise<Stored<ConfigMap>> {
  const created = await world.client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: within, name, ownerReferences: [...ownerReferences] },
  });
  await world.settle();
  return created;
}

async function remove(
  name: string,
  propagationPolicy: DeleteOptions['propagationPolicy'] = 'Background',
): Promise<void> {
  await world.client.delete(resources.configMaps, { namespace, name }, { propagationPolicy });
  await world.settle();
}

/** Names of ConfigMaps that are there. */
const names = async (): Promise<string[]> =>
  (await world.client.list(resources.configMaps, { namespace })).items.map(
    ({ metadata }) => metadata.name,
  );
const ownersOf = async (name: string): Promise<string[]> => {
  const { metadata } = await world.client.get(resources.configMaps, { namespace, name });
  return (metadata.ownerReferences ?? []).map((reference) => reference.name);
};
const sent = (): string[] => world.sent.map(({ method, path }) => `${method} ${path}`);
const path = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;

it('deletes what an owner leaves behind, and what that leaves behind', async () => {
  const top = await create('top');
  const middle = await create('middle', [owner(top)]);
  await create('leaf', [owner(middle)]);
  await create('other');
  await remove('top');
  expect(await names()).toEqual(['other']);
  expect(sent()).toEqual([`DELETE ${path('middle')}`, `DELETE ${path('leaf')}`]);
});

it('keeps what another owner still has, without the one that is gone', async () => {
  const one = await create('one');
  const two = await create('two');
  await create('child', [owner(one), owner(two)]);
  await remove('one');
  expect(await names()).toEqual(['child', 'two']);
  expect(await ownersOf('child')).toEqual(['two']);
  expect(sent()).toEqual([`PATCH ${path('child')}`]);
});

it('deletes dependents that block an owner before it, in the foreground', async () => {
  const top = await create('top');
  const middle = await create('middle', [owner(top, { blockOwnerDeletion: true })]);
  await create('leaf', [owner(middle, { blockOwnerDeletion: true })]);
  await remove('top', 'Foreground');
  expect(await names()).toEqual([]);
  expect(sent()).toEqual([
    `DELETE ${path('middle')}`,
    `DELETE ${path('leaf')}`,
    `PATCH ${path('middle')}`,
    `PATCH ${path('top')}`,
  ]);
});

it('lets an owner wait for a dependent that cannot go yet', async () => {
  const top = await create('top');
  const child = await create('child', [owner(top, { blockOwnerDeletion: true })]);
  const finalizers = (value: readonly string[] | null) =>
    world.client.patch(resources.configMaps, child.metadata, {
      type: 'merge',
      patch: { metadata: { finalizers: value } },
    });
  await finalizers(['example.org/keep']);
  await remove('top', 'Foreground');
  expect(await names()).toEqual(['child', 'top']);
  await finalizers(null);
  await world.settle();
  expect(await names()).toEqual([]);
});

it('does not wait for dependents that do not block', async () => {
  const top = await create('top');
  const child = await create('child', [owner(top)]);
  await world.client.patch(resources.configMaps, child.metadata, {
    type: 'merge',
    patch: { metadata: { finalizers: ['example.org/keep'] } },
  });
  await remove('top', 'Foreground');
  expect(await names()).toEqual(['child']);
});

it('leaves dependents without an owner when they are to be orphans', async () => {
  const top = await create('top');
  await create('child', [owner(top, { blockOwnerDeletion: true })]);
  await remove('top', 'Orphan');
  expect(await names()).toEqual(['child']);
  expect(await ownersOf('child')).toEqual([]);
  expect(sent()).toEqual([`PATCH ${path('child')}`, `PATCH ${path('top')}`]);
});

it('deletes two that own each other when one of them goes in the foreground', async () => {
  const one = await create('one');
  const two = await create('two', [owner(one, { blockOwnerDeletion: true })]);
  await world.client.patch(resources.configMaps, one.metadata, {
    type: 'merge',
    patch: { metadata: { ownerReferences: [owner(two, { blockOwnerDeletion: true })] } },
  });
  await world.settle();
  await remove('one', 'Foreground');
  expect(await names()).toEqual([]);
});

it('asks the API server for owners that nobody has seen, and deletes what refers to none', async () => {
  await create('child', [{ apiVersion: 'v1', kind: 'Secret', name: 'gone', uid: 'never' }]);
  expect(await names()).toEqual([]);
  const impostor = await create('impostor');
  await create('heir', [owner(impostor, { uid: 'of-another-one' })]);
  expect(await names()).toEqual(['impostor']);
});

it('tells of an owner in another namespace, which is none', async () => {
  const far = await create('far', [], 'default');
  const child = await create('child', [owner(far)]);
  await create('witness');
  expect(await names()).toEqual(['witness']);
  const { items } = await world.client.list(resources.events, { namespace });
  expect(items).toMatchObject([
    {
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      source: { component: 'garbage-collector-controller' },
      involvedObject: { kind: 'ConfigMap', name: 'child', uid: child.metadata.uid },
      message: `ownerRef [v1/ConfigMap, namespace: ${namespace}, name: far, uid: ${far.metadata.uid}] does not exist in namespace "${namespace}"`,
    },
  ]);
});

it('lets objects without a namespace own those in one, but not the other way round', async () => {
  const role = await world.client.create(resources.clusterRoles, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: namespace },
  });
  const child = await create('child', [owner(role)]);
  const wide = await world.client.create(resources.clusterRoles, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `${namespace}-wide`, ownerReferences: [owner(child)] },
  });
  await world.client.delete(resources.clusterRoles, role.metadata);
  await world.settle();
  expect(await names()).toEqual([]);
  expect(await world.client.get(resources.clusterRoles, wide.metadata)).toBeDefined();
});

it('collects custom resources once it has learnt of them, half a minute later at most', async () => {
  await defineCrates(world.client);
  await world.settle();
  const [one, two] = [await create('one'), await create('two')];
  const crate = await world.client.create(crates, {
    apiVersion: 'example.org/v1',
    kind: 'Crate',
    metadata: { namespace, name: 'crate', ownerReferences: [owner(one), owner(two)] },
  });
  await create('content', [owner(crate)]);
  await world.advance(30_000);
  await remove('one');
  const { metadata } = await world.client.get(crates, crate.metadata);
  expect(metadata.ownerReferences?.map(({ name }) => name)).toEqual(['two']);
  await remove('two');
  expect(await world.client.get(crates, crate.metadata).catch(reasonOf)).toBe('NotFound');
  expect(await names()).toEqual([]);
});
