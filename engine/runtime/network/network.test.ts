import { describe, expect, it } from 'vitest';
import { AddressPool, macFor } from './address-pool.ts';
import { PortTable } from './port-table.ts';
import { parseSubnet } from './subnet.ts';

describe('AddressPool', () => {
  it('gives the lowest free address after the gateway', () => {
    const pool = new AddressPool({ subnet: '172.17.0.0/16', gateway: '172.17.0.1' });
    expect([pool.gateway, pool.take(), pool.take()]).toEqual([
      '172.17.0.1',
      '172.17.0.2',
      '172.17.0.3',
    ]);
    pool.release('172.17.0.2');
    expect(pool.take()).toBe('172.17.0.2');
    expect(macFor('172.17.0.2')).toBe('02:42:ac:11:00:02');
  });

  it('gives what is asked for once, and says when nothing is left', () => {
    const pool = new AddressPool({ subnet: '10.0.0.0/30', gateway: '10.0.0.1' });
    expect(() => pool.take('10.0.0.4')).toThrow(
      "Invalid address 10.0.0.4: It does not belong to any of this network's subnets",
    );
    expect(() => pool.take('10.0.0.1')).toThrow('Address already in use');
    expect(pool.take('10.0.0.2')).toBe('10.0.0.2');
    expect(() => pool.take('10.0.0.2')).toThrow('Address already in use');
    expect(() => pool.take()).toThrow('no available IPv4 addresses');
  });
});

describe('a pool with a range', () => {
  it('takes from the range, and what is asked for from anywhere but what is reserved', () => {
    const pool = new AddressPool({
      subnet: '10.1.0.0/16',
      gateway: '10.1.5.0',
      range: '10.1.5.0/30',
      reserved: ['10.1.5.2'],
    });
    expect([pool.take(), pool.take(), pool.take('10.1.9.9')]).toEqual([
      '10.1.5.1',
      '10.1.5.3',
      '10.1.9.9',
    ]);
    expect(() => pool.take()).toThrow('no available IPv4 addresses');
    expect(() => pool.take('10.1.5.2')).toThrow('Address already in use');
  });
});

describe('subnets', () => {
  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '10.0.0.256/8', '010.0.0.0/8', 'x/8'])(
    'refuses %s',
    (text) => expect(() => parseSubnet(text)).toThrow(`invalid CIDR address: ${text}`),
  );
});

describe('PortTable', () => {
  const port = (hostPort: number, hostAddress?: string) => ({
    protocol: 'tcp' as const,
    containerPort: 80,
    hostPort,
    ...(hostAddress ? { hostAddress } : {}),
  });

  it('refuses what overlaps, and takes all or none', () => {
    const table = new PortTable();
    const first = table.allocate([port(80)]);
    expect(() => table.allocate([port(81), port(80, '127.0.0.1')])).toThrow(
      'Bind for 127.0.0.1:80 failed: port is already allocated',
    );
    table.release(first);
    expect(table.allocate([port(81), port(80, '127.0.0.1')])).toHaveLength(2);
    expect(() => table.allocate([port(80)])).toThrow(
      'Bind for 0.0.0.0:80 failed: port is already allocated',
    );
  });

  it('takes the first free port of a range', () => {
    const table = new PortTable();
    const range = { ...port(8000), lastHostPort: 8001 };
    expect(table.allocate([range, range]).map(({ hostPort }) => hostPort)).toEqual([8000, 8001]);
    expect(() => table.allocate([range])).toThrow('all ports are allocated');
    expect(table.allocate([port(9000)], '127.0.0.1')[0]?.hostAddress).toBe('127.0.0.1');
  });

  it('chooses ports in turn, per protocol', () => {
    const table = new PortTable();
    expect(table.allocate([port(0), port(0)]).map(({ hostPort }) => hostPort)).toEqual([
      32_768, 32_769,
    ]);
    expect(table.allocate([{ protocol: 'udp', containerPort: 53, hostPort: 32_768 }])).toHaveLength(
      1,
    );
  });
});
