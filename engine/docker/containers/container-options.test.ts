/** From options of `docker run` to what crun is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OciSpec } from '../../runtime/oci/spec.ts';
import { TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
  dock.agent.devices.set('/dev/fuse', { type: 'character', major: 10, minor: 229 });
  dock.agent.devices.set('/dev/sdb', { type: 'block', major: 8, minor: 16 });
});
afterEach(() => dock.close());

/** The specification of a container that is started with these options. */
async function specOf(HostConfig: object, body: object = {}): Promise<OciSpec> {
  await dock.run(`c${dock.agent.calls.length}`, { HostConfig, ...body });
  const start = dock.agent.calls.filter(({ op }) => op === 'task.start').at(-1);
  return start?.request['config'] as OciSpec;
}

const refusal = async (HostConfig: object, body: object = {}): Promise<string> => {
  const created = await dock.call('POST', '/containers/create?name=refused', {
    Image: 'busybox',
    HostConfig,
    ...body,
  });
  const answer =
    created.status === 201 ? await dock.call('POST', '/containers/refused/start') : created;
  return `${answer.status} ${(JSON.parse(answer.body) as { message: string }).message}`;
};

describe('processes', () => {
  it('--init puts a small first process before the command', async () => {
    const { process, mounts } = await specOf({ Init: true }, { Cmd: ['sleep', '9'] });
    expect(process.args).toEqual(['/sbin/docker-init', '--', 'sleep', '9']);
    expect(mounts.find(({ destination }) => destination === '/sbin/docker-init')).toMatchObject({
      source: '/usr/bin/tini-static',
      options: ['bind', 'ro'],
    });
  });

  it('--ulimit, --oom-score-adj, --sysctl, --group-add, --read-only, --security-opt', async () => {
    const spec = await specOf({
      Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
      OomScoreAdj: 7,
      Sysctls: { 'net.core.somaxconn': '9' },
      GroupAdd: ['5'],
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges:true'],
    });
    expect(spec).toMatchObject({
      process: {
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }],
        oomScoreAdj: 7,
        noNewPrivileges: true,
        user: { additionalGids: [0, 5] },
      },
      root: { readonly: true },
      linux: { sysctl: { 'net.core.somaxconn': '9' } },
    });
  });

  it('without rights may listen on any port of a network of their own', async () => {
    const key = 'net.ipv4.ip_unprivileged_port_start';
    expect((await specOf({})).linux.sysctl).toMatchObject({ [key]: '0' });
  });
});

describe('devices', () => {
  it('--device and --device-cgroup-rule', async () => {
    const { linux } = await specOf({
      Devices: [
        { PathOnHost: '/dev/fuse', PathInContainer: '/dev/f', CgroupPermissions: 'rw' },
        { PathOnHost: '/dev/sdb' },
      ],
      DeviceCgroupRules: ['c 1:* r'],
    });
    expect(linux.devices).toEqual([
      { path: '/dev/f', type: 'c', major: 10, minor: 229, fileMode: 0o660, uid: 0, gid: 6 },
      { path: '/dev/sdb', type: 'b', major: 8, minor: 16, fileMode: 0o660, uid: 0, gid: 6 },
    ]);
    expect(linux.resources.devices?.slice(1)).toEqual([
      { allow: true, type: 'c', access: 'r', major: 1 },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
      { allow: true, type: 'b', major: 8, minor: 16, access: 'rwm' },
    ]);
  });

  it('--privileged gives all of them, and every freedom', async () => {
    const { linux, mounts, annotations } = await specOf({ Privileged: true });
    expect(linux.devices?.map(({ path }) => path)).toEqual(['/dev/fuse', '/dev/sdb']);
    expect(linux).toMatchObject({ maskedPaths: [], readonlyPaths: [], resources: {} });
    expect(mounts.find(({ destination }) => destination === '/sys')?.options).toContain('rw');
    expect(annotations).toBeUndefined();
  });

  it('--device-read-bps', async () => {
    const { linux } = await specOf({ BlkioDeviceReadBps: [{ Path: '/dev/sdb', Rate: 1024 }] });
    expect(linux.resources.blockIO).toEqual({
      throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 1024 }],
    });
  });
});

describe('namespaces', () => {
  const types = ({ linux }: OciSpec): string[] =>
    linux.namespaces.map(({ type, path }) => (path === undefined ? type : `${type}:${path}`));

  it.each<[object, readonly string[]]>([
    [{}, ['mount', 'uts', 'ipc', 'pid', 'network', 'cgroup']],
    [{ PidMode: 'host' }, ['mount', 'uts', 'ipc', 'network', 'cgroup']],
    [{ IpcMode: 'host' }, ['mount', 'uts', 'pid', 'network', 'cgroup']],
    [{ UTSMode: 'host' }, ['mount', 'ipc', 'pid', 'network', 'cgroup']],
    [{ CgroupnsMode: 'host' }, ['mount', 'uts', 'ipc', 'pid', 'network']],
  ])('%j', async (host, expected) => {
    expect(types(await specOf(host))).toEqual(expected);
  });

  it('are shared between containers', async () => {
    const donor = await dock.run('donor', { HostConfig: { IpcMode: 'shareable' } });
    const { pid } = dock.runtime.container(donor);
    const start = donor.slice(0, 8);
    const spec = await specOf({ PidMode: 'container:donor', IpcMode: `container:${start}` });
    expect(types(spec)).toContain(`pid:/proc/${pid}/ns/pid`);
    expect(types(spec)).toContain(`ipc:/proc/${pid}/ns/ipc`);
    expect(spec.mounts.find(({ destination }) => destination === '/dev/shm')?.source).toBe(
      `/var/lib/drydock/containers/${donor}/shm`,
    );
  });

  it('--ipc none has no shared memory', async () => {
    const { mounts } = await specOf({ IpcMode: 'none' });
    expect(mounts.some(({ destination }) => destination === '/dev/shm')).toBe(false);
  });
});

describe('seccomp', () => {
  it('takes a profile of the user’s own', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' },
        { names: ['reboot'], action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_SYS_BOOT'] } },
        { names: ['chroot'], action: 'SCMP_ACT_ERRNO', includes: { caps: ['CAP_SYS_BOOT'] } },
        { names: ['clone3'], action: 'SCMP_ACT_LOG', includes: { arches: ['s390'] } },
      ],
    };
    const { linux, annotations } = await specOf({
      SecurityOpt: [`seccomp=${JSON.stringify(profile)}`],
    });
    expect(annotations).toBeUndefined();
    expect(linux.seccomp).toEqual({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' },
        { names: ['reboot'], action: 'SCMP_ACT_ERRNO' },
      ],
    });
  });
});

it('misses the container whose network is to be joined only at the start', async () => {
  const id = await dock.create('one', { HostConfig: { NetworkMode: 'container:nosuch' } });
  const { status, body } = await dock.call('POST', `/containers/${id}/start`);
  expect([status, JSON.parse(body)]).toEqual([404, { message: 'No such container: nosuch' }]);
});

describe('refusals in dockerd’s words', () => {
  it.each<[object, string]>([
    [
      { Devices: [{ PathOnHost: '/dev/nosuch' }] },
      '500 error gathering device information while adding custom device "/dev/nosuch": no such file or directory',
    ],
    [
      { DeviceRequests: [{ Driver: '', Capabilities: [['gpu']] }] },
      '500 could not select device driver "" with capabilities: [[gpu]]',
    ],
    [{ Runtime: 'foo' }, '400 Unknown runtime specified foo'],
    [{ CapAdd: ['FOO'] }, '400 invalid CapAdd: unknown capability: "CAP_FOO"'],
    [{ CapDrop: ['FOO'] }, '400 invalid CapDrop: unknown capability: "CAP_FOO"'],
    [{ SecurityOpt: ['foo=bar'] }, '500 invalid --security-opt 2: "foo=bar"'],
    [{ VolumesFrom: ['nosuch'] }, '400 No such container: nosuch'],
    [{ PidMode: 'container:nosuch' }, '400 No such container: nosuch'],
    [{ IpcMode: 'nosuch' }, '500 Invalid IPC mode: nosuch'],
    [
      { LogConfig: { Type: 'foo' } },
      '400 error looking up logging plugin foo: plugin "foo" not found',
    ],
    [
      { LogConfig: { Config: { foo: 'bar' } } },
      "400 unknown log opt 'foo' for json-file log driver",
    ],
    [{ Isolation: 'foo' }, `400 Invalid isolation: "foo" - linux only supports 'default'`],
    [
      { StorageOpt: { size: '1g' } },
      "500 --storage-opt is supported only for overlay over xfs with 'pquota' mount option",
    ],
    [{ OomScoreAdj: 2000 }, '400 Invalid value 2000, range for oom score adj is [-1000, 1000]'],
  ])('%j', async (host, message) => {
    expect(await refusal(host)).toBe(message);
  });

  it('an IPC namespace that nobody may join', async () => {
    const id = await dock.run('donor');
    expect(await refusal({ IpcMode: 'container:donor' })).toBe(
      `500 can't join IPC of container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  });
});

describe('limits', () => {
  it('warns about what this kernel cannot do, and leaves it out', async () => {
    const answer = await dock.call('POST', '/containers/create?name=one', {
      Image: 'busybox',
      HostConfig: { Memory: 33_554_432, CpusetCpus: '0', OomKillDisable: true },
    });
    expect((JSON.parse(answer.body) as { Warnings: string[] }).Warnings).toEqual([
      'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
      'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
      'Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.',
    ]);
    expect(await dock.get('/containers/one/json')).toMatchObject({
      HostConfig: { MemorySwap: -1, CpusetCpus: '', OomKillDisable: null },
    });
  });

  it('are changed while the container runs, one at a time', async () => {
    await dock.run('one', { HostConfig: { NanoCpus: 500_000_000 } });
    const update = (body: object) => dock.call('POST', '/containers/one/update', body);
    expect(await update({ Memory: 33_554_432, PidsLimit: -1 })).toMatchObject({ status: 200 });
    expect(dock.agent.calls.at(-1)?.request['cgroup']).toEqual({
      'memory.max': '33554432',
      'cpu.max': '50000 100000',
      'pids.max': 'max',
    });
    expect((await update({ CpuQuota: 20_000 })).body).toContain(
      'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
    );
    await update({ RestartPolicy: { Name: 'always' } });
    expect(await dock.get('/containers/one/json')).toMatchObject({
      HostConfig: {
        Memory: 33_554_432,
        NanoCpus: 500_000_000,
        PidsLimit: -1,
        RestartPolicy: { Name: 'always' },
      },
    });
  });
});
