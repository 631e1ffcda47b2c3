import { describe, expect, it } from 'vitest';
import { AddressPool, macFor } from './address-pool.ts';
import { PortTable } from './port-table.ts';

describe('AddressPool', () => {
  it('gives the lowest free address after the gateway', () => {
    const pool = new AddressPool('172.17.0.0/16');
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
    const pool = new AddressPool('10.0.0.0/30');
    expect(() => pool.take('10.0.0.1')).toThrow('does not belong');
    expect(pool.take('10.0.0.2')).toBe('10.0.0.2');
    expect(() => pool.take('10.0.0.2')).toThrow('Address already in use');
    expect(() => pool.take()).toThrow('could not find an available IPv4 address');
  });
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
