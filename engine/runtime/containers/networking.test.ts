import { afterEach, describe, expect, it } from 'vitest';
import type { FakeAgent } from './fake-agent.ts';
import type { ContainerRuntime } from '../container-runtime.ts';
import { testRuntime, type TestRuntime } from '../test-runtime.node.ts';
import type { NetworkMode } from '../types.ts';

let runtime: ContainerRuntime;
afterEach(() => runtime.close());

async function setUp(): Promise<TestRuntime> {
  const made = await testRuntime();
  runtime = made.runtime;
  return made;
}

const on = (network: NetworkMode, hostPort?: number) => ({
  sandbox: {
    kind: 'own' as const,
    network,
    ports:
      hostPort === undefined ? [] : [{ protocol: 'tcp' as const, containerPort: 80, hostPort }],
  },
});
const bridge = (...networks: string[]): NetworkMode => ({
  kind: 'bridge',
  endpoints: networks.map((network) => ({ network, names: ['web'] })),
});
const last = (agent: FakeAgent, op: string) =>
  agent.calls.filter((call) => call.op === op).at(-1)?.request;

describe('networks', () => {
  it('take the next of Docker’s pools, and not the one that was just given up', async () => {
    const { agent } = await setUp();
    const first = await runtime.networks.create({ name: 'one' });
    expect(first).toMatchObject({ subnet: '172.18.0.0/16', gateway: '172.18.0.1' });
    expect(first.bridge).toBe(`br-${first.id.slice(0, 12)}`);
    expect(last(agent, 'bridge.ensure')).toEqual({
      name: first.bridge,
      address: '172.18.0.1/16',
    });
    await runtime.networks.remove(first.id);
    expect(last(agent, 'bridge.remove')).toEqual({ name: first.bridge });
    expect((await runtime.networks.create({ name: 'two' })).subnet).toBe('172.19.0.0/16');
  });

  it('go on with 192.168 when 172 is used up, and end', async () => {
    await setUp();
    const subnets: string[] = [];
    for (let count = 0; count < 30; count++)
      subnets.push((await runtime.networks.create({ name: `n${count}` })).subnet);
    expect(subnets.slice(13, 16)).toEqual(['172.31.0.0/16', '192.168.0.0/20', '192.168.16.0/20']);
    await expect(runtime.networks.create({ name: 'one-more' })).rejects.toThrow(
      'could not find an available, non-overlapping IPv4 address pool among the defaults',
    );
  });

  it.each([
    [{ subnet: 'x' }, 'invalid CIDR address: x'],
    [{ subnet: '172.17.5.0/24' }, 'Pool overlaps with other one on this address space'],
    [
      { subnet: '10.1.0.0/16', gateway: '10.2.0.1' },
      'failed to allocate gateway (10.2.0.1): Requested address is out of range',
    ],
    [{ subnet: '10.1.0.0/16', ipRange: '10.2.0.0/24' }, 'Invalid Address SubPool'],
    [
      { subnet: '10.1.0.0/16', auxiliary: { router: '10.2.0.1' } },
      'auxiliary address: (router:10.2.0.1) must belong to the master pool: 10.1.0.0/16',
    ],
  ])('refuse %j', async (options, message) => {
    await setUp();
    await expect(runtime.networks.create({ name: 'one', ...options })).rejects.toThrow(message);
  });

  it('stay while somebody runs on them', async () => {
    const { config } = await setUp();
    const { id, name } = await runtime.networks.create({ name: 'one' });
    const container = await runtime.createContainer(config(on(bridge(id))));
    await runtime.startContainer(container.id);
    await expect(runtime.networks.remove(id)).rejects.toThrow(
      `network ${name} id ${id} has active endpoints`,
    );
    await runtime.removeContainer(container.id, { force: true });
    await runtime.networks.remove(id);
    expect(runtime.networks.find('one')).toBeUndefined();
  });
});

describe('a container on two networks', () => {
  it('has a device on each; the network that leads outside has its ports and its way out', async () => {
    const { agent, config } = await setUp();
    await runtime.networks.create({ name: 'a-hidden', internal: true, tellsNames: true });
    await runtime.networks.create({ name: 'front', mtu: 1400, hostAddress: '127.0.0.1' });
    const { id } = await runtime.createContainer(config(on(bridge('a-hidden', 'front'), 8080)));
    await runtime.startContainer(id);
    expect(last(agent, 'sandbox.create')).toMatchObject({
      id,
      mode: 'bridge',
      endpoints: [
        { network: 'a-hidden', device: 'eth0', address: '172.18.0.2/16', names: ['web'] },
        { network: 'front', device: 'eth1', address: '172.19.0.2/16', mtu: 1400 },
      ],
      defaultRoute: 'eth1',
      dns: { servers: ['10.0.0.1'], links: {}, keepsUnqualified: false },
    });
    expect(last(agent, 'port.publish')).toEqual({
      ports: [
        {
          protocol: 'tcp',
          hostAddress: '127.0.0.1',
          hostPort: 8080,
          address: '172.19.0.2',
          port: 80,
        },
      ],
    });
  });
});

describe('joining and leaving while it runs', () => {
  it('changes devices, files of names, published ports, and the next start', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config(on(bridge('bridge'), 8080)));
    const { container } = await runtime.startContainer(id);
    const { hosts, resolvConf } = container.paths;
    agent.files.set(hosts, '127.0.0.1\tlocalhost\n172.17.0.2\t' + id.slice(0, 12) + '\n');
    const back = await runtime.networks.create({ name: 'back', tellsNames: true });
    await runtime.connectContainer(id, { network: 'back', names: ['web', 'www'] });
    expect(last(agent, 'sandbox.connect')).toMatchObject({
      id,
      endpoint: { device: 'eth1', address: '172.18.0.2/16', names: ['web', 'www'] },
      defaultRoute: 'eth1',
      dns: { servers: ['10.0.0.1'] },
    });
    expect(agent.files.get(hosts)).toBe(
      `127.0.0.1\tlocalhost\n172.17.0.2\t${id.slice(0, 12)}\n172.18.0.2\t${id.slice(0, 12)}\n`,
    );
    expect(agent.files.get(resolvConf)).toBe('nameserver 127.0.0.11\noptions ndots:0\n');
    expect(last(agent, 'port.publish')).toMatchObject({ ports: [{ address: '172.18.0.2' }] });
    await expect(runtime.connectContainer(id, { network: 'back' })).rejects.toThrow(
      'already exists in network back',
    );

    await runtime.nameContainer(id, back.id, ['api']);
    expect(last(agent, 'sandbox.name')).toEqual({ id, device: 'eth1', names: ['api'] });

    const { id: defaultId } = runtime.networks.list()[0] ?? { id: '' };
    await runtime.disconnectContainer(id, defaultId);
    expect(last(agent, 'sandbox.disconnect')).toEqual({ id, device: 'eth0', defaultRoute: 'eth1' });
    expect(agent.files.get(hosts)).toBe(`127.0.0.1\tlocalhost\n172.18.0.2\t${id.slice(0, 12)}\n`);
    await expect(runtime.disconnectContainer(id, defaultId)).rejects.toThrow(
      `container ${id} is not connected to network bridge`,
    );

    agent.exit(id);
    await runtime.waitContainer(id);
    await runtime.startContainer(id);
    expect(last(agent, 'sandbox.create')).toMatchObject({
      endpoints: [{ network: 'back', device: 'eth0', names: ['api'] }],
    });
  });

  it('gives the address back when the machine refuses', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config(on(bridge('bridge'))));
    await runtime.startContainer(id);
    await runtime.networks.create({ name: 'back' });
    agent.failures.set('sandbox.connect', { code: 'EIO', message: 'no' });
    await expect(runtime.connectContainer(id, { network: 'back' })).rejects.toThrow('no');
    await runtime.connectContainer(id, { network: 'back', address: '172.18.0.2' });
  });

  it('is for those with a network of their own', async () => {
    const { config } = await setUp();
    const { id } = await runtime.createContainer(config(on({ kind: 'host' })));
    await expect(runtime.connectContainer(id, { network: 'bridge' })).rejects.toThrow(
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  });
});

describe('sharing', () => {
  it('a sandbox means sharing its files of names', async () => {
    const { agent, config } = await setUp();
    const owner = await runtime.createContainer(config());
    const guest = await runtime.createContainer(
      config({ sandbox: { kind: 'shared', id: owner.id } }),
    );
    await runtime.startContainer(owner.id);
    await runtime.startContainer(guest.id);
    const start = last(agent, 'task.start') as {
      files: unknown[];
      config: { mounts: { destination: string; source: string }[] };
    };
    expect(start.files).toEqual([]);
    expect(
      start.config.mounts.find(({ destination }) => destination === '/etc/hosts')?.source,
    ).toBe(owner.paths.hosts);
  });
});
