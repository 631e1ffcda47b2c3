import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { addNode, addPod, addService, setPod } from '../service-pods/testing/network-world.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { endpointsOf } from './endpoint-set.ts';

let world: ControlWorld;
beforeEach(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'endpointslice-controller'),
    {},
    async (client) => {
      await addNode(client, 'n1', 'a');
      await addNode(client, 'n2', 'b');
    },
  );
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

async function slices(): Promise<readonly EndpointSlice[]> {
  await world.settle();
  const { items } = await world.client.list(resources.endpointSlices, { namespace: 'default' });
  return items.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web');
}

async function onlySlice(): Promise<EndpointSlice> {
  const all = await slices();
  expect(all).toHaveLength(1);
  const [slice] = all;
  if (slice === undefined) throw new Error('no slice');
  return slice;
}

const sent = () => world.sent.map(({ method }) => method);
const addressesIn = (slice: EndpointSlice) =>
  endpointsOf(slice)
    .flatMap(({ addresses }) => addresses)
    .toSorted();

describe('a Service with a selector', () => {
  it('gets a slice before it has any Pod', async () => {
    const service = await addService(world.client, {}, { labels: { team: 'x' } });
    const { metadata, addressType, endpoints, ports } = await onlySlice();
    expect(metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
    expect(metadata.labels).toEqual({
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': 'web',
      team: 'x',
    });
    expect(metadata.annotations).toEqual({
      'endpoints.kubernetes.io/last-change-trigger-time': service.metadata.creationTimestamp,
    });
    expect(metadata.ownerReferences).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Service',
        name: 'web',
        uid: service.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect({ addressType, endpoints, ports }).toEqual({
      addressType: 'IPv4',
      endpoints: null,
      ports: null,
    });
  });

  it('gets its Pods into the slice that is there', async () => {
    await addService(world.client, {});
    await world.settle();
    const pod = await addPod(world, { name: 'p', ips: ['10.0.0.1'] });
    const { endpoints, ports } = await onlySlice();
    expect(endpoints).toEqual([
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        targetRef: { kind: 'Pod', namespace: 'default', name: 'p', uid: pod.metadata.uid },
        zone: 'a',
      },
    ]);
    expect(ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
    expect(sent()).toEqual(['POST', 'PUT']);
  });

  it('says when what it shows happened', async () => {
    await addService(world.client, {});
    await addPod(world, { name: 'p', ips: ['10.0.0.1'], ready: false });
    await world.settle();
    await world.advance(60_000);
    const changed = await setPod(world, { name: 'p', ips: ['10.0.0.1'] }, true);
    expect((await onlySlice()).metadata.annotations).toEqual({
      'endpoints.kubernetes.io/last-change-trigger-time':
        changed.status?.conditions?.[0]?.lastTransitionTime,
    });
  });

  it('loses a Pod that has ended, and leaves one that ends as serving but not ready', async () => {
    await addService(world.client, {});
    await addPod(world, { name: 'ends', ips: ['10.0.0.1'] });
    await addPod(world, { name: 'ended', ips: ['10.0.0.2'] });
    await world.settle();
    await world.client.delete(resources.pods, { namespace: 'default', name: 'ends' });
    await world.client.patch(
      resources.pods,
      { namespace: 'default', name: 'ended' },
      {
        type: 'merge',
        patch: { status: { phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'False' }] } },
      },
      { subresource: 'status' },
    );
    const { endpoints } = await onlySlice();
    expect(endpoints?.map(({ targetRef, conditions }) => [targetRef?.name, conditions])).toEqual([
      ['ends', { ready: false, serving: true, terminating: true }],
    ]);
  });

  it('finds named ports, those of sidecars too, and has a slice for each set of ports', async () => {
    await addService(world.client, {
      ports: [{ name: 'http', port: 80, targetPort: 'web', appProtocol: 'http' }],
    });
    const container = (containerPort: number) => ({
      name: 'c',
      image: 'nginx',
      ports: [{ name: 'web', containerPort }],
    });
    await addPod(world, { name: 'p', ips: ['10.0.0.1'], spec: { containers: [container(8080)] } });
    await addPod(world, { name: 'q', ips: ['10.0.0.2'], spec: { containers: [container(9090)] } });
    await addPod(world, {
      name: 'r',
      ips: ['10.0.0.3'],
      spec: { initContainers: [{ ...container(9090), name: 'i', restartPolicy: 'Always' }] },
    });
    await addPod(world, { name: 's', ips: ['10.0.0.4'] });
    const all = await slices();
    const byPorts = all.map((slice) => [slice.ports, addressesIn(slice)]);
    const port = (number: number) => [
      { name: 'http', port: number, protocol: 'TCP', appProtocol: 'http' },
    ];
    expect(byPorts).toHaveLength(3);
    expect(byPorts).toEqual(
      expect.arrayContaining([
        [port(8080), ['10.0.0.1']],
        [port(9090), ['10.0.0.2', '10.0.0.3']],
        // None of the ports is there, and the Pod still is.
        [null, ['10.0.0.4']],
      ]),
    );
  });

  it('publishes what is not ready when it is told to, with host names', async () => {
    await addService(world.client, {
      publishNotReadyAddresses: true,
      clusterIP: 'None',
      ports: [],
    });
    const spec = { hostname: 'db-0', subdomain: 'web' };
    await addPod(world, { name: 'p', ips: ['10.0.0.1'], ready: false, spec });
    const { endpoints, ports, metadata } = await onlySlice();
    expect(ports).toBeNull();
    expect(metadata.labels).toHaveProperty('service.kubernetes.io/headless', '');
    expect(endpoints).toMatchObject([
      { hostname: 'db-0', conditions: { ready: true, serving: false, terminating: false } },
    ]);
  });

  it('gets back what others took from it', async () => {
    await addService(world.client, {});
    await addPod(world, { name: 'p', ips: ['10.0.0.1'] });
    const { metadata } = await onlySlice();
    await world.client.patch(resources.endpointSlices, metadata, {
      type: 'merge',
      patch: { endpoints: [] },
    });
    await world.settle();
    await world.advance(1000);
    expect(addressesIn(await onlySlice())).toEqual(['10.0.0.1']);
    await world.client.delete(resources.endpointSlices, metadata);
    await world.settle();
    await world.advance(1000);
    expect(addressesIn(await onlySlice())).toEqual(['10.0.0.1']);
  });

  it('passes changed labels on', async () => {
    const { metadata } = await addService(world.client, {}, { labels: { team: 'x' } });
    await world.settle();
    await world.client.patch(resources.services, metadata, {
      type: 'merge',
      patch: { metadata: { labels: { team: 'y', 'kubernetes.io/service-name': 'mine' } } },
    });
    expect((await onlySlice()).metadata.labels).toMatchObject({
      team: 'y',
      'kubernetes.io/service-name': 'web',
    });
  });

  it('takes Pods in and out as their labels change', async () => {
    await addService(world.client, {});
    const pod = await addPod(world, { name: 'p', ips: ['10.0.0.1'], labels: { app: 'other' } });
    expect(addressesIn(await onlySlice())).toEqual([]);
    const relabel = (app: string) =>
      world.client.patch(resources.pods, pod.metadata, {
        type: 'merge',
        patch: { metadata: { labels: { app } } },
      });
    await relabel('web');
    expect(addressesIn(await onlySlice())).toEqual(['10.0.0.1']);
    await relabel('other');
    expect(addressesIn(await onlySlice())).toEqual([]);
  });
});

it('does nothing for Services without a selector, and for external names', async () => {
  const { selector: _selector, ...spec } =
    (await addService(world.client, {}, { name: 'x' })).spec ?? {};
  world.sent.length = 0;
  await world.client.create(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: { ports: spec.ports ?? [] },
  });
  await addService(
    world.client,
    { type: 'ExternalName', externalName: 'example.com' },
    { name: 'y' },
  );
  expect(await slices()).toEqual([]);
});

it('leaves a Pod out whose node is not known, and tries again', async () => {
  await addService(world.client, {});
  await addPod(world, { name: 'p', ips: ['10.0.0.1'], node: 'n3' });
  await addPod(world, { name: 'q', ips: ['10.0.0.2'] });
  expect(addressesIn(await onlySlice())).toEqual(['10.0.0.2']);
  expect(world.errors.splice(0).map(String)).toContain(
    'Error: skipping Pod p for Service default/web: Node n3 Not Found',
  );
  await addNode(world.client, 'n3', 'a');
  await world.settle();
  await world.advance(4000);
  expect(addressesIn(await onlySlice())).toEqual(['10.0.0.1', '10.0.0.2']);
});

describe('hints', () => {
  const hints = async () =>
    (await onlySlice()).endpoints?.map(({ targetRef, hints: given }) => [targetRef?.name, given]);

  async function twoPods(): Promise<void> {
    await addPod(world, { name: 'p', ips: ['10.0.0.1'], node: 'n1' });
    await addPod(world, { name: 'q', ips: ['10.0.0.2'], node: 'n2' });
    await world.settle();
  }

  it.each([
    ['PreferSameZone', (zone: string, _node: string) => ({ forZones: [{ name: zone }] })],
    ['PreferClose', (zone: string, _node: string) => ({ forZones: [{ name: zone }] })],
    [
      'PreferSameNode',
      (zone: string, node: string) => ({ forZones: [{ name: zone }], forNodes: [{ name: node }] }),
    ],
  ])('follow %s, and go with it', async (trafficDistribution, hint) => {
    const { metadata } = await addService(world.client, { trafficDistribution });
    await twoPods();
    expect(await hints()).toEqual([
      ['p', hint('a', 'n1')],
      ['q', hint('b', 'n2')],
    ]);
    await world.client.patch(resources.services, metadata, {
      type: 'merge',
      patch: { spec: { trafficDistribution: null } },
    });
    expect(await hints()).toEqual([
      ['p', undefined],
      ['q', undefined],
    ]);
  });

  it('share endpoints out by CPUs with the annotation, and say so', async () => {
    await addService(
      world.client,
      {},
      { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } },
    );
    await twoPods();
    await addPod(world, { name: 'r', ips: ['10.0.0.3'], node: 'n1' });
    await addPod(world, { name: 's', ips: ['10.0.0.4'], node: 'n1' });
    const zones = (await hints())?.map(([, given]) => given);
    expect(zones?.filter((given) => JSON.stringify(given)?.includes('"b"'))).toHaveLength(2);
    const { items } = await world.client.list(resources.events);
    expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toEqual(
      expect.arrayContaining([
        'TopologyAwareHintsDisabled: Insufficient number of endpoints (0 endpoints, 2 zones), addressType: IPv4',
        'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
      ]),
    );
  });
});
