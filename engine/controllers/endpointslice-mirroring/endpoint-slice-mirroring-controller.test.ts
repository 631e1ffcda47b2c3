import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import type { Endpoints } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'endpointslice-mirroring-controller'),
  );
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const name = { namespace: 'default', name: 'db' };

const writeService = () =>
  world.client.create(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: name,
    spec: { ports: [{ port: 5432 }] },
  });

const writeEndpoints = (subsets: Endpoints['subsets'], metadata: Endpoints['metadata'] = {}) =>
  world.client.create(resources.endpoints, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...name, ...metadata },
    ...(subsets === undefined ? {} : { subsets }),
  });

async function mirrors() {
  await world.settle();
  const { items } = await world.client.list(resources.endpointSlices, { namespace: 'default' });
  return items.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'db');
}

const port = { port: 5432, protocol: 'TCP' as const };

it('copies addresses of each family into a slice of its own', async () => {
  await writeService();
  const { metadata } = await writeEndpoints(
    [
      {
        addresses: [{ ip: '192.0.2.1', hostname: 'one' }, { ip: '2001:db8::1' }],
        notReadyAddresses: [{ ip: '192.0.2.2' }],
        ports: [port],
      },
    ],
    { labels: { team: 'x' }, annotations: { note: 'y' } },
  );
  const all = await mirrors();
  expect(all).toHaveLength(2);
  const [v4] = all.filter(({ addressType }) => addressType === 'IPv4');
  expect(v4).toMatchObject({
    metadata: {
      labels: {
        team: 'x',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      annotations: { note: 'y' },
      ownerReferences: [{ kind: 'Endpoints', name: 'db', uid: metadata.uid, controller: true }],
    },
    endpoints: [
      { addresses: ['192.0.2.1'], hostname: 'one', conditions: { ready: true } },
      { addresses: ['192.0.2.2'], conditions: { ready: false } },
    ],
    ports: [{ name: '', ...port }],
  });
  expect(v4?.metadata.name).toMatch(/^db-[a-z0-9]{5}$/);
});

it('follows changes in the same slice, and goes with the Endpoints', async () => {
  await writeService();
  await writeEndpoints([{ addresses: [{ ip: '192.0.2.1' }], ports: [port] }]);
  const [first] = await mirrors();
  const change = (subsets: Endpoints['subsets']) =>
    world.client.patch(resources.endpoints, name, { type: 'merge', patch: { subsets } });
  await change([{ addresses: [{ ip: '192.0.2.9' }], ports: [{ ...port, port: 5433 }] }]);
  const [second, ...others] = await mirrors();
  expect(others).toEqual([]);
  expect(second?.metadata.name).toBe(first?.metadata.name);
  expect(second).toMatchObject({
    endpoints: [{ addresses: ['192.0.2.9'] }],
    ports: [{ port: 5433 }],
  });
  await world.client.delete(resources.endpoints, name);
  expect(await mirrors()).toEqual([]);
});

it('writes nothing again, and gets back what others changed', async () => {
  await writeService();
  await writeEndpoints([{ addresses: [{ ip: '192.0.2.1' }], ports: [port] }]);
  const [slice] = await mirrors();
  await world.client.patch(resources.endpoints, name, {
    type: 'merge',
    patch: {
      metadata: { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': 'x' } },
    },
  });
  await world.settle();
  expect(world.sent.map(({ method }) => method)).toEqual(['POST']);
  await world.client.delete(resources.endpointSlices, slice?.metadata ?? name);
  expect(await mirrors()).toHaveLength(1);
});

it('leaves Services with a selector alone, and what is not to be mirrored', async () => {
  const { metadata } = await writeService();
  const skip = 'endpointslice.kubernetes.io/skip-mirror';
  await writeEndpoints([{ addresses: [{ ip: '192.0.2.1' }], ports: [port] }], {
    labels: { [skip]: 'true' },
  });
  expect(await mirrors()).toEqual([]);
  const label = { metadata: { labels: { [skip]: null } } };
  await world.client.patch(resources.endpoints, name, { type: 'merge', patch: label });
  expect(await mirrors()).toHaveLength(1);
  await world.client.patch(resources.services, metadata, {
    type: 'merge',
    patch: { spec: { selector: { app: 'db' } } },
  });
  expect(await mirrors()).toEqual([]);
});

it('says how many addresses are too many', async () => {
  await writeService();
  const addresses = Array.from({ length: 1005 }, (_, index) => ({
    ip: `10.0.${index >> 8}.${index & 255}`,
  }));
  await writeEndpoints([{ addresses, ports: [port] }]);
  expect((await mirrors()).map(({ endpoints }) => endpoints?.length)).toEqual([1000]);
  const { items } = await world.client.list(resources.events);
  expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 5 addresses were skipped',
  ]);
});
