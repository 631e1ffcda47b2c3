import { expect, onTestFinished, test } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { advance } from '../client/testing/settle.ts';
import type { Node } from '../objects/generated/core-v1.generated.ts';
import { CONFLIST_PATH } from './conflist.ts';
import { NodeNetwork } from './node-network.ts';
import { FakeNode } from './testing/fake-node.ts';

function node(name: string, number: number, podCIDR?: string): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
    status: {
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'InternalIP', address: `10.0.0.${number}` },
      ],
    },
  };
}

function setUp() {
  const api = new FakeApi();
  const clock = new FakeClock();
  const machine = new FakeNode();
  const errors: unknown[] = [];
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const start = () => {
    const network = new NodeNetwork({
      nodeName: 'worker-1',
      clusterCidr: '10.244.0.0/16',
      client,
      agent: machine.agent,
      clock,
      random: new SeededRandom(1),
      onError: (error) => void errors.push(error),
    });
    const stop = new AbortController();
    const ended = network.start(stop.signal);
    const end = (): Promise<void> => {
      stop.abort();
      return ended;
    };
    onTestFinished(end);
    return { network, end };
  };
  return { client, clock, machine, errors, start };
}

test('a node is set up when it has a range of addresses for its Pods', async () => {
  const { client, clock, machine, errors, start } = setUp();
  await client.create(resources.nodes, node('worker-1', 12));
  start();
  await advance(clock, 2000);
  expect(machine.files.size).toBe(0);
  await client.patch(
    resources.nodes,
    { name: 'worker-1' },
    {
      type: 'merge',
      patch: { spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] } },
    },
  );
  await advance(clock, 2000);
  expect(JSON.parse(machine.files.get(CONFLIST_PATH) ?? '')).toEqual({
    cniVersion: '1.0.0',
    name: 'drydock',
    plugins: [
      {
        type: 'drydock',
        bridge: 'cni0',
        mtu: 1500,
        ipam: {
          type: 'host-local',
          subnet: '10.244.1.0/24',
          routes: [{ dst: '0.0.0.0/0' }],
        },
        capabilities: { portMappings: true },
      },
    ],
  });
  expect(machine.files.get('/proc/sys/net/ipv4/ip_forward')).toBe('1');
  expect(machine.nft.list('drydock-network')).toEqual([
    'chain postrouting',
    'chain postrouting 0 ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade comment "Pods to where they are not known"',
  ]);
  expect(errors).toEqual([]);
});

test('routes follow the nodes', async () => {
  const { client, clock, machine, start } = setUp();
  await client.create(resources.nodes, node('control-plane', 11, '10.244.0.0/24'));
  await client.create(resources.nodes, node('worker-1', 12, '10.244.1.0/24'));
  start();
  await advance(clock, 2000);
  expect(machine.batches).toEqual([
    'route replace default dev eth0 metric 1024 proto 104\nroute replace 10.244.0.0/24 via 10.0.0.11 dev eth0 onlink proto 104\n',
  ]);
  await client.create(resources.nodes, node('worker-2', 13));
  await client.create(resources.nodes, node('worker-3', 14, '10.244.3.0/24'));
  await advance(clock, 2000);
  expect(Object.fromEntries(machine.routes)).toEqual({
    default: undefined,
    '10.244.0.0/24': '10.0.0.11',
    '10.244.3.0/24': '10.0.0.14',
  });
  await client.delete(resources.nodes, { name: 'worker-3' });
  await advance(clock, 2000);
  expect(machine.batches.at(-1)).toBe('route del 10.244.3.0/24 proto 104\n');
  const batches = machine.batches.length;
  await client.patch(
    resources.nodes,
    { name: 'control-plane' },
    {
      type: 'merge',
      patch: { status: { phase: 'Running' } },
    },
  );
  await advance(clock, 2000);
  expect(machine.batches).toHaveLength(batches);
});

test('one that starts again takes up what it finds', async () => {
  const { client, clock, machine, start } = setUp();
  await client.create(resources.nodes, node('control-plane', 11, '10.244.0.0/24'));
  await client.create(resources.nodes, node('worker-1', 12, '10.244.1.0/24'));
  machine.routes.set('default', undefined);
  machine.routes.set('10.244.0.0/24', '10.0.0.11');
  machine.routes.set('10.244.9.0/24', '10.0.0.19');
  start();
  await advance(clock, 2000);
  expect(machine.batches).toEqual(['route del 10.244.9.0/24 proto 104\n']);
});

test('nothing is left when it is removed', async () => {
  const { client, clock, machine, start } = setUp();
  await client.create(resources.nodes, node('control-plane', 11, '10.244.0.0/24'));
  await client.create(resources.nodes, node('worker-1', 12, '10.244.1.0/24'));
  const { network, end } = start();
  await advance(clock, 2000);
  await end();
  expect(machine.files.has(CONFLIST_PATH)).toBe(true);
  await network.remove();
  await network.remove();
  expect(machine.files.has(CONFLIST_PATH)).toBe(false);
  expect(machine.routes.size).toBe(0);
  expect(machine.nft.tables.size).toBe(0);
});

test('routes that the kernel refused are tried again from what it has', async () => {
  const { client, clock, machine, errors, start } = setUp();
  await client.create(resources.nodes, node('control-plane', 11, '10.244.0.0/24'));
  await client.create(resources.nodes, node('worker-1', 12, '10.244.1.0/24'));
  start();
  await advance(clock, 2000);
  machine.routes.clear();
  await client.delete(resources.nodes, { name: 'control-plane' });
  await advance(clock, 5000);
  expect(errors).toHaveLength(1);
  // What is gone too is made again.
  expect(machine.batches).toHaveLength(3);
});
