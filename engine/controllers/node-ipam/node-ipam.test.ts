import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { parseCidr } from '../../objects/ip.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { CidrSet } from './cidr-set.ts';

let world: ControlWorld | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

async function node(client: Client, name: string, podCIDR?: string): Promise<void> {
  const spec = podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] };
  const metadata = { name };
  await client.create(resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata, spec });
}

function start(clusterCidr: string, seed?: (client: Client) => Promise<void>) {
  return ControlWorld.start(
    descriptors.filter(({ name }) => name === 'node-ipam-controller'),
    { clusterCidr },
    seed,
  );
}

async function cidrs(client: Client): Promise<readonly string[]> {
  const { items } = await client.list(resources.nodes);
  return items.map(({ metadata, spec }) => `${metadata.name} ${spec?.podCIDRs?.join(',')}`);
}

describe('node-ipam-controller', () => {
  it('gives each node a range, and takes nothing that a node has', async () => {
    world = await start('10.244.0.0/16', async (client) => {
      await node(client, 'a');
      await node(client, 'b', '10.244.0.0/24');
    });
    await node(world.client, 'c');
    await world.settle();
    expect(await cidrs(world.client)).toEqual([
      'a 10.244.1.0/24',
      'b 10.244.0.0/24',
      'c 10.244.2.0/24',
    ]);
    expect(world.sent.map(({ by, method, path }) => `${by} ${method} ${path}`)).toEqual([
      'node-controller PATCH /api/v1/nodes/a',
      'node-controller PATCH /api/v1/nodes/c',
    ]);
    expect(world.errors).toEqual([]);
  });

  it('gives one of each family', async () => {
    world = await start('10.244.0.0/16,fd00:10:244::/48');
    await node(world.client, 'a');
    await world.settle();
    expect(await cidrs(world.client)).toEqual(['a 10.244.0.0/24,fd00:10:244::/64']);
    expect(world.errors).toEqual([]);
  });

  it('says when none is left, and gives what a node leaves to the next', async () => {
    world = await start('10.244.0.0/23');
    for (const name of ['a', 'b', 'c']) await node(world.client, name);
    await world.settle();
    expect(await cidrs(world.client)).toEqual([
      'a 10.244.0.0/24',
      'b 10.244.1.0/24',
      'c undefined',
    ]);
    const { items } = await world.client.list(resources.events);
    expect(
      items.map(({ source, reason, message }) => [source?.component, reason, message]),
    ).toContainEqual([
      'cidrAllocator',
      'CIDRNotAvailable',
      'Node c status is now: CIDRNotAvailable',
    ]);
    expect(world.errors.map(String)).toContain(
      'Error: failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
    );
    await world.client.delete(resources.nodes, { name: 'a' });
    await world.settle();
    await world.advance(10_000);
    expect(await cidrs(world.client)).toEqual(['b 10.244.1.0/24', 'c 10.244.0.0/24']);
  });
});

describe('CidrSet', () => {
  const setOf = (cidr: string, length: number): CidrSet => {
    const prefix = parseCidr(cidr);
    if (prefix === undefined) throw new RangeError(cidr);
    return new CidrSet(prefix, length);
  };

  it('goes round, and gives what was released only when its turn comes', () => {
    const set = setOf('10.0.0.0/22', 24);
    expect([set.allocate(), set.allocate()]).toEqual(['10.0.0.0/24', '10.0.1.0/24']);
    set.release('10.0.0.0/24');
    expect([set.allocate(), set.allocate(), set.allocate(), set.allocate()]).toEqual([
      '10.0.2.0/24',
      '10.0.3.0/24',
      '10.0.0.0/24',
      undefined,
    ]);
  });

  it('takes all ranges that a larger one covers, and the one that a smaller one lies in', () => {
    const set = setOf('10.0.0.0/22', 24);
    set.occupy('10.0.0.0/23');
    set.occupy('10.0.2.128/25');
    expect([set.allocate(), set.allocate()]).toEqual(['10.0.3.0/24', undefined]);
    expect(() => set.occupy('10.1.0.0/24')).toThrow(
      'cidr 10.1.0.0/24 is out the range of cluster cidr 10.0.0.0/22',
    );
  });

  it('counts in IPv6 too', () => {
    const set = setOf('fd00::/56', 64);
    set.occupy('fd00::/63');
    expect(set.allocate()).toBe('fd00:0:0:2::/64');
    expect(() => setOf('fd00::/40', 64)).toThrow('cannot be taken from fd00::/40');
  });
});
