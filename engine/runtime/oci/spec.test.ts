import { describe, expect, it } from 'vitest';
import type { ContainerConfig } from '../types.ts';
import { cgroupFiles, ociSpec, type SpecInput } from './spec.ts';
import { resolveUser } from './users.ts';

const passwd = 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www:/var/www:/bin/sh\n# comment\n';
const group = 'root:x:0:\nwww-data:x:33:\nadm:x:4:syslog,www-data\nstaff:x:50:\n';

const config: ContainerConfig & { id: string } = {
  id: 'a'.repeat(64),
  image: `sha256:${'0'.repeat(64)}`,
  sandbox: { kind: 'shared', id: 'box' },
  args: ['sh'],
  env: ['PATH=/bin', 'A=1'],
  tty: false,
  openStdin: false,
  mounts: [],
  resources: {},
};

const input = (
  changes: Partial<ContainerConfig> = {},
  more: Partial<SpecInput> = {},
): SpecInput => ({
  config: { ...config, ...changes },
  user: resolveUser('', passwd, group),
  hostname: 'abc',
  ownNetwork: true,
  files: { hostname: '/c/hostname', hosts: '/c/hosts', resolvConf: '/c/resolv.conf' },
  mounts: [],
  devices: { devices: [], rules: [] },
  joined: {},
  ...more,
});

describe('resolveUser', () => {
  it.each([
    ['', { uid: 0, gid: 0, additionalGids: [0], home: '/root' }],
    ['www-data', { uid: 33, gid: 33, additionalGids: [33, 4], home: '/var/www' }],
    ['33', { uid: 33, gid: 33, additionalGids: [33, 4], home: '/var/www' }],
    ['www-data:staff', { uid: 33, gid: 50, additionalGids: [50], home: '/var/www' }],
    ['1000', { uid: 1000, gid: 0, additionalGids: [0], home: '/' }],
    ['1000:1001', { uid: 1000, gid: 1001, additionalGids: [1001], home: '/' }],
  ])('%s', (spec, expected) => {
    expect(resolveUser(spec, passwd, group)).toEqual(expected);
  });

  it("refuses unknown names in Docker's words", () => {
    expect(() => resolveUser('nobody', passwd, group)).toThrow(
      'unable to find user nobody: no matching entries in passwd file',
    );
    expect(() => resolveUser('0:nogroup', passwd, group)).toThrow(
      'unable to find group nogroup: no matching entries in group file',
    );
    expect(resolveUser('0', passwd, group, ['staff', '7']).additionalGids).toEqual([0, 50, 7]);
  });
});

describe('ociSpec', () => {
  it("has Docker's defaults", () => {
    const spec = ociSpec(input());
    expect(spec.process.env).toEqual(['PATH=/bin', 'HOSTNAME=abc', 'A=1', 'HOME=/root']);
    expect(spec.process.capabilities.bounding).toHaveLength(14);
    expect(spec.linux.cgroupsPath).toBe(`/docker/${'a'.repeat(64)}`);
    expect(spec.linux.namespaces.map(({ type }) => type)).toEqual([
      'mount',
      'uts',
      'ipc',
      'pid',
      'network',
      'cgroup',
    ]);
    expect(Object.keys(spec.annotations ?? {})).toEqual(['run.oci.seccomp_bpf_data']);
    expect(spec.mounts.map(({ destination }) => destination)).toEqual([
      '/proc',
      '/dev',
      '/dev/pts',
      '/sys',
      '/sys/fs/cgroup',
      '/dev/mqueue',
      '/dev/shm',
      '/etc/resolv.conf',
      '/etc/hostname',
      '/etc/hosts',
    ]);
  });

  it('takes effective capabilities from other users, and everything back for privileged', () => {
    const user = ociSpec(input({}, { user: resolveUser('www-data', passwd, group) }));
    expect(user.process.capabilities).toMatchObject({ effective: [], permitted: [] });
    const privileged = ociSpec(input({ privileged: true, tty: true }));
    expect(privileged.annotations).toBeUndefined();
    expect(privileged.linux.maskedPaths).toEqual([]);
    expect(privileged.process.capabilities.effective).toContain('CAP_SYS_ADMIN');
    expect(privileged.process.env).toContain('TERM=xterm');
  });

  it("a user's mount replaces Docker's at the same place, parents first", () => {
    const mounts = [
      {
        mount: { kind: 'bind', source: '/x', target: '/data/inner', readOnly: true, create: false },
        source: '/x',
      },
      { mount: { kind: 'volume', volume: 'v', target: '/data', readOnly: false }, source: '/v' },
      { mount: { kind: 'tmpfs', target: '/dev/shm', options: ['size=1m'] }, source: '' },
    ] as const;
    const spec = ociSpec(input({}, { mounts }));
    expect(spec.mounts.filter(({ destination }) => destination === '/dev/shm')).toHaveLength(1);
    const order = spec.mounts.map(({ destination }) => destination);
    expect(order.indexOf('/data')).toBeLessThan(order.indexOf('/data/inner'));
    expect(spec.mounts.find(({ destination }) => destination === '/data/inner')?.options).toContain(
      'ro',
    );
  });

  it('turns limits into resources and into cgroup files', () => {
    const resources = { memory: 33_554_432, nanoCpus: 500_000_000, pidsLimit: 64, cpuShares: 1024 };
    expect(ociSpec(input({ resources })).linux.resources).toMatchObject({
      memory: { limit: 33_554_432 },
      cpu: { quota: 50_000, period: 100_000, shares: 1024 },
      pids: { limit: 64 },
    });
    expect(cgroupFiles(resources)).toEqual({
      'memory.max': '33554432',
      'cpu.max': '50000 100000',
      'cpu.weight': '39',
      'pids.max': '64',
    });
  });
});
