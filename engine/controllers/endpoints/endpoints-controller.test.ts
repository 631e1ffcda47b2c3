import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { descriptors } from '../descriptors.ts';
import { addPod, addService } from '../service-pods/testing/network-world.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'endpoints-controller'),
  );
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const name = { namespace: 'default', name: 'web' };
async function endpoints() {
  await world.settle();
  return world.client.get(resources.endpoints, name);
}

it('lists ready and other Pods of a Service, and goes with it', async () => {
  const service = await addService(world.client, {}, { labels: { team: 'x' } });
  const ready = await addPod(world, { name: 'p', ips: ['10.0.0.1', 'fd00::1'] });
  await addPod(world, { name: 'q', ips: ['10.0.0.2'], ready: false });
  const { subsets, metadata } = await endpoints();
  expect(metadata.labels).toEqual({
    team: 'x',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  });
  expect(subsets).toEqual([
    {
      addresses: [
        {
          ip: '10.0.0.1',
          nodeName: 'n1',
          targetRef: { kind: 'Pod', namespace: 'default', name: 'p', uid: ready.metadata.uid },
        },
      ],
      notReadyAddresses: [expect.objectContaining({ ip: '10.0.0.2' })],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ]);
  await world.client.delete(resources.services, service.metadata);
  expect(await endpoints().catch(reasonOf)).toBe('NotFound');
});

it('lists a headless Service without ports, and Pods that are not ready when it says so', async () => {
  await addService(world.client, { clusterIP: 'None', ports: [], publishNotReadyAddresses: true });
  const spec = { hostname: 'db-0', subdomain: 'web' };
  await addPod(world, { name: 'p', ips: ['10.0.0.1'], ready: false, spec });
  const { subsets, metadata } = await endpoints();
  expect(subsets).toMatchObject([{ addresses: [{ ip: '10.0.0.1', hostname: 'db-0' }] }]);
  expect(metadata.labels).toHaveProperty('service.kubernetes.io/headless', '');
});

it('writes nothing when nothing changed, and makes Endpoints again that others deleted', async () => {
  await addService(world.client, {});
  await addPod(world, { name: 'p', ips: ['10.0.0.1'] });
  await endpoints();
  world.sent.length = 0;
  await world.client.patch(resources.services, name, {
    type: 'merge',
    patch: { metadata: { annotations: { note: 'x' } } },
  });
  await world.settle();
  expect(world.sent).toEqual([]);
  await world.client.delete(resources.endpoints, name);
  expect((await endpoints()).subsets).toHaveLength(1);
});

it('leaves Endpoints of Services without a selector alone', async () => {
  await world.client.create(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: name,
    spec: { ports: [{ port: 80 }] },
  });
  await world.client.create(resources.endpoints, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: name,
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }],
  });
  await world.settle();
  expect(world.sent).toEqual([]);
});
