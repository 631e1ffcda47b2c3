import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { ControlWorld } from '../../controllers/testing/control-world.ts';
import type { ServiceSpec } from '../../objects/generated/core-v1.generated.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { CloudClient } from '../cloud-client.ts';
import { cloudApi } from '../simulator/cloud-api.ts';
import { SimulatedCloud } from '../simulator/simulated-cloud.ts';
import { cloudDescriptors } from './descriptors.ts';

let world: ControlWorld;
let cloud: SimulatedCloud;
const cloudClock = new FakeClock();

async function start(...controllers: readonly string[]): Promise<void> {
  cloud = await SimulatedCloud.open({
    storage: new MemoryStorage(),
    clock: cloudClock,
    random: new SeededRandom(1),
  });
  const client = new CloudClient(cloudApi(cloud, cloudClock));
  world = await ControlWorld.start(
    cloudDescriptors(client, ['10.128.0.0/9']).filter(({ name }) => controllers.includes(name)),
  );
}
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const addMachines = (...names: readonly string[]) =>
  cloud.ensureMachines(
    names.map((name, index) => ({
      name,
      type: 'dock.small',
      addresses: [{ type: 'InternalIP', address: `100.64.0.${index + 1}` }],
    })),
  );

/** As its kubelet registers it with `--cloud-provider=external`. */
async function addNode(name: string, more: { readonly podCIDR?: string } = {}): Promise<void> {
  const { podCIDR } = more;
  await world.client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: {
      taints: [
        {
          key: 'node.cloudprovider.kubernetes.io/uninitialized',
          value: 'true',
          effect: 'NoSchedule',
        },
      ],
      ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] }),
    },
  });
  await setReady(name, 'True');
}

async function setReady(name: string, status: string): Promise<void> {
  const conditions = [{ type: 'Ready', status }];
  const addresses = [{ type: 'Hostname', address: name }];
  await world.client.patch(
    resources.nodes,
    { name },
    { type: 'strategic', patch: { status: { conditions, addresses } } },
    { subresource: 'status' },
  );
  await world.settle();
}

const nodeOf = async (name: string) => {
  await world.settle();
  return world.client.get(resources.nodes, { name });
};

async function events(): Promise<readonly string[]> {
  await world.settle();
  const { items } = await world.client.list(resources.events);
  return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
}

describe('cloud-node-controller', () => {
  beforeEach(() => start('cloud-node-controller'));

  it('initialises Nodes with what the cloud knows of them', async () => {
    const [machine] = await addMachines('n1');
    await addNode('n1');
    const { spec, metadata, status } = await nodeOf('n1');
    expect(spec.providerID).toBe(`drydock://harbor-1a/${machine?.id}`);
    expect(spec.taints?.map(({ key }) => key) ?? []).not.toContain(
      'node.cloudprovider.kubernetes.io/uninitialized',
    );
    expect(metadata.labels).toMatchObject({
      'topology.kubernetes.io/zone': 'harbor-1a',
      'topology.kubernetes.io/region': 'harbor-1',
      'node.kubernetes.io/instance-type': 'dock.small',
      'beta.kubernetes.io/instance-type': 'dock.small',
      'failure-domain.beta.kubernetes.io/zone': 'harbor-1a',
      'failure-domain.beta.kubernetes.io/region': 'harbor-1',
    });
    expect(status?.addresses).toContainEqual({ type: 'InternalIP', address: '100.64.0.1' });
    expect(await events()).toEqual(['Normal Synced Node synced successfully']);
  });

  it('tries again until the cloud has the machine', async () => {
    await addNode('n1');
    expect(world.errors.splice(0).map(String)).toContain(
      'Error: failed to get instance metadata for node n1: instance not found',
    );
    await addMachines('n1');
    await world.advance(60_000);
    world.errors.length = 0;
    expect((await nodeOf('n1')).spec.providerID).toMatch(/^drydock:/);
  });
});

describe('cloud-node-lifecycle-controller', () => {
  beforeEach(() => start('cloud-node-controller', 'cloud-node-lifecycle-controller'));

  it('deletes a Node that is not ready and has no machine any more', async () => {
    const [machine] = await addMachines('n1', 'n2');
    await addNode('n1');
    await addNode('n2');
    await world.settle();
    await setReady('n2', 'Unknown');
    await cloud.deleteMachine(machine?.id ?? '');
    await world.advance(5000);
    expect((await nodeOf('n1')).metadata.name).toBe('n1');
    await setReady('n1', 'Unknown');
    await world.advance(5000);
    expect(await nodeOf('n1').catch(reasonOf)).toBe('NotFound');
    expect((await nodeOf('n2')).metadata.name).toBe('n2');
    expect(await events()).toContain(
      'Normal DeletingNode Deleting node n1 because it does not exist in the cloud provider',
    );
  });

  it('taints a Node whose machine is switched off, until it is ready again', async () => {
    const [machine] = await addMachines('n1');
    await addNode('n1');
    const keys = async () => (await nodeOf('n1')).spec.taints?.map(({ key }) => key) ?? [];
    await cloud.setPower(machine?.id ?? '', 'off');
    await setReady('n1', 'False');
    await world.advance(5000);
    expect(await keys()).toContain('node.cloudprovider.kubernetes.io/shutdown');
    await cloud.setPower(machine?.id ?? '', 'on');
    await setReady('n1', 'True');
    await world.advance(5000);
    expect(await keys()).not.toContain('node.cloudprovider.kubernetes.io/shutdown');
  });
});

describe('node-route-controller', () => {
  beforeEach(() => start('node-route-controller'));

  it('has a route to each Node, and says of Nodes whether there is one', async () => {
    await addMachines('n1', 'n2');
    await addNode('n1', { podCIDR: '10.128.1.0/24' });
    await addNode('n3', { podCIDR: '10.128.3.0/24' });
    await cloud.createRoute({ machine: 'n2', destinationCidr: '10.128.2.0/24' });
    await cloud.createRoute({ machine: 'n2', destinationCidr: '192.168.0.0/24' });
    await world.advance(10_000);
    const routes = cloud.state.routes.map((route) => [route.machine, route.destinationCidr]);
    expect(routes).toEqual([
      ['n2', '192.168.0.0/24'],
      ['n1', '10.128.1.0/24'],
    ]);
    const condition = async (name: string) =>
      (await nodeOf(name)).status?.conditions?.find(({ type }) => type === 'NetworkUnavailable');
    expect(await condition('n1')).toMatchObject({
      status: 'False',
      reason: 'RouteCreated',
      message: 'RouteController created a route',
    });
    expect(await condition('n3')).toMatchObject({ status: 'True', reason: 'NoRouteCreated' });
    expect((await events()).join('\n')).toMatch(
      /^Warning FailedToCreateRoute Could not create route .* 10\.128\.3\.0\/24 for node n3: There is no machine n3\.$/,
    );
  });
});

describe('service-lb-controller', () => {
  beforeEach(async () => {
    await start('cloud-node-controller', 'service-lb-controller');
    await addMachines('n1', 'n2');
    await addNode('n1');
    await addNode('n2');
    await world.settle();
    world.sent.length = 0;
  });

  const name = { namespace: 'default', name: 'web' };
  const create = (spec: ServiceSpec = {}) =>
    world.client.create(resources.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: name,
      spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }], ...spec },
    });
  const service = async () => {
    await world.settle();
    return world.client.get(resources.services, name);
  };
  const aboutServices = async () =>
    (await events()).filter((event) => event.includes('LoadBalancer'));

  it('gives a Service a load balancer, and takes it away with it', async () => {
    const { metadata } = await create({ loadBalancerSourceRanges: ['192.0.2.0/24'] });
    const provided = await service();
    expect(provided.status?.loadBalancer?.ingress).toEqual([{ ip: '203.0.113.1', ipMode: 'VIP' }]);
    expect(provided.metadata.finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup']);
    expect(cloud.state.loadBalancers).toMatchObject([
      {
        name: `a${metadata.uid.replaceAll('-', '')}`.slice(0, 32),
        address: '203.0.113.1',
        machines: ['n1', 'n2'],
        sourceRanges: ['192.0.2.0/24'],
        ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 30080 }],
      },
    ]);
    await world.client.delete(resources.services, name);
    expect(await service().catch(reasonOf)).toBe('NotFound');
    expect(cloud.state.loadBalancers).toEqual([]);
    expect(await aboutServices()).toEqual(
      expect.arrayContaining([
        'Normal EnsuringLoadBalancer Ensuring load balancer',
        'Normal EnsuredLoadBalancer Ensured load balancer',
        'Normal DeletingLoadBalancer Deleting load balancer',
        'Normal DeletedLoadBalancer Deleted load balancer',
      ]),
    );
  });

  it('takes it away when the Service wants none any more', async () => {
    await create();
    await service();
    await world.client.patch(resources.services, name, {
      type: 'merge',
      patch: { spec: { type: 'ClusterIP' } },
    });
    const { status, metadata } = await service();
    expect(status?.loadBalancer?.ingress).toBeUndefined();
    expect(metadata.finalizers).toBeUndefined();
    expect(cloud.state.loadBalancers).toEqual([]);
  });

  it('follows changes of the Service, and leaves it its address', async () => {
    await create();
    await service();
    await world.client.patch(resources.services, name, {
      type: 'merge',
      patch: { spec: { externalTrafficPolicy: 'Local', ports: [{ port: 81, nodePort: 30081 }] } },
    });
    const { spec } = await service();
    expect(cloud.state.loadBalancers).toMatchObject([
      {
        address: '203.0.113.1',
        healthCheckNodePort: spec?.healthCheckNodePort,
        ports: [{ port: 81, nodePort: 30081 }],
      },
    ]);
    world.sent.length = 0;
    await world.client.patch(resources.services, name, {
      type: 'merge',
      patch: { metadata: { labels: { team: 'x' } } },
    });
    await world.settle();
    expect(world.sent).toEqual([]);
  });

  it('balances over the Nodes that are there, whether ready or not, and not excluded', async () => {
    await create();
    await service();
    const machines = () => cloud.state.loadBalancers[0]?.machines;
    await setReady('n1', 'False');
    expect(machines()).toEqual(['n1', 'n2']);
    const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
    const exclude = (value: string | null) =>
      world.client.patch(
        resources.nodes,
        { name: 'n1' },
        { type: 'merge', patch: { metadata: { labels: { [label]: value } } } },
      );
    await exclude('');
    await world.settle();
    expect(machines()).toEqual(['n2']);
    await exclude('false');
    await world.settle();
    expect(machines()).toEqual(['n1', 'n2']);
    for (const node of ['n1', 'n2']) await world.client.delete(resources.nodes, { name: node });
    await world.settle();
    expect(machines()).toEqual([]);
    expect(await aboutServices()).toEqual(
      expect.arrayContaining([
        'Normal UpdatedLoadBalancer Updated load balancer with new hosts',
        'Warning UnAvailableLoadBalancer There are no available nodes for LoadBalancer',
      ]),
    );
  });

  it('puts nothing back when Nodes change while it is taken away', async () => {
    await create();
    await service();
    const { settings } = cloud.state;
    await cloud.setSettings({ ...settings, latency: 1000 });
    await world.client.delete(resources.services, name);
    await world.settle();
    cloudClock.advance(500);
    await world.client.delete(resources.nodes, { name: 'n1' });
    await world.settle();
    for (let step = 0; step < 10; step++) {
      cloudClock.advance(500);
      await world.settle();
    }
    expect(await service().catch(reasonOf)).toBe('NotFound');
    expect(cloud.state.loadBalancers).toEqual([]);
  });

  it('leaves Services of other classes alone', async () => {
    await create({ loadBalancerClass: 'example.com/mine' });
    await service();
    expect(cloud.state.loadBalancers).toEqual([]);
    expect(world.sent).toEqual([]);
  });

  it('says what the cloud refuses, and tries again', async () => {
    const { settings } = cloud.state;
    await cloud.setSettings({ ...settings, quotas: { ...settings.quotas, loadBalancers: 0 } });
    await create();
    expect((await service()).status?.loadBalancer?.ingress).toBeUndefined();
    expect(await aboutServices()).toContain(
      'Warning SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: The quota of 0 loadBalancers is used up.',
    );
    await cloud.setSettings(settings);
    await world.advance(5000);
    expect((await service()).status?.loadBalancer?.ingress).toHaveLength(1);
    world.errors.length = 0;
  });
});
