import { afterEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const start = async (): Promise<void> => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'serviceaccount-controller'),
  );
};
const createdIn = (namespace: string) => ({
  by: 'service-account-controller',
  method: 'POST',
  path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
});
const namespace = (name: string) =>
  world.client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
    spec: {},
  });

it('makes a default account in each namespace that is there', async () => {
  await start();
  expect(new Set(world.sent)).toEqual(
    new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease'].map(createdIn)),
  );
  const account = await world.client.get(resources.serviceAccounts, {
    namespace: 'default',
    name: 'default',
  });
  expect(account.secrets).toBeUndefined();
});

it('makes one in a new namespace, and again when somebody deletes it, but no other one', async () => {
  await start();
  world.sent.length = 0;
  await namespace('shop');
  await world.settle();
  expect(world.sent).toEqual([createdIn('shop')]);
  await world.client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace: 'shop', name: 'till' },
  });
  for (const name of ['till', 'default'])
    await world.client.delete(resources.serviceAccounts, { namespace: 'shop', name });
  await world.settle();
  expect(world.sent).toEqual([createdIn('shop'), createdIn('shop')]);
});

it('makes none in a namespace that ends', async () => {
  await start();
  await namespace('shop');
  await world.settle();
  world.sent.length = 0;
  await world.client.delete(resources.namespaces, { name: 'shop' });
  await world.client.delete(resources.serviceAccounts, { namespace: 'shop', name: 'default' });
  await world.settle();
  expect(world.sent).toEqual([]);
});
