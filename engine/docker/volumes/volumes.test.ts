import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settled, TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

async function refusal(method: string, path: string, body?: object): Promise<string> {
  const { status, body: text } = await dock.call(method, path, body);
  return `${status} ${(JSON.parse(text) as { message: string }).message}`;
}

const create = (Name: string, more: object = {}): Promise<{ readonly status: number }> =>
  dock.call('POST', '/volumes/create', { Name, ...more });
const names = async (filters: object): Promise<readonly string[]> => {
  const { Volumes } = (await dock.get(`/volumes?filters=${JSON.stringify(filters)}`)) as {
    readonly Volumes: readonly { readonly Name: string }[];
  };
  return Volumes.map(({ Name }) => Name);
};
const mounts = (): readonly unknown[] =>
  dock.agent.calls.filter(({ op }) => op.endsWith('mount')).map(({ op, request }) => [op, request]);

it('shows what it was made with', async () => {
  await create('data', { Labels: { team: 'a' }, DriverOpts: {} });
  expect(await dock.get('/volumes/data')).toEqual({
    CreatedAt: '2023-11-14T22:13:20Z',
    Driver: 'local',
    Labels: { team: 'a' },
    Mountpoint: '/var/lib/docker/volumes/data/_data',
    Name: 'data',
    Options: {},
    Scope: 'local',
  });
  await dock.create('web', { HostConfig: { Binds: ['own:/x'] } });
  expect(await dock.get('/volumes/own')).toMatchObject({ Labels: null, Options: null });
  // One that there is stays as it is.
  expect((await create('data', { Labels: { team: 'b' } })).status).toBe(201);
  expect(await dock.get('/volumes/data')).toMatchObject({ Labels: { team: 'a' } });
});

it('is listed by filters', async () => {
  await create('used');
  await create('free', { Labels: { a: '1' } });
  await dock.create('web', { HostConfig: { Binds: ['used:/x'] } });
  expect(await names({ dangling: ['true'] })).toEqual(['free']);
  expect(await names({ dangling: ['false'] })).toEqual(['used']);
  expect(await names({ name: ['us'] })).toEqual(['used']);
  expect(await names({ label: ['a=1'] })).toEqual(['free']);
  expect(await names({ driver: ['nfs'] })).toEqual([]);
  expect(await refusal('GET', '/volumes?filters={"odd":["1"]}')).toBe("400 Invalid filter 'odd'");
});

it('is pruned when nobody has it and it is nothing special', async () => {
  for (const name of ['free', 'kept', 'used']) await create(name, { Labels: { [name]: '' } });
  await create('ram', { DriverOpts: { type: 'tmpfs', device: 'tmpfs' } });
  await dock.create('web', { HostConfig: { Binds: ['used:/x'] } });
  const filters = JSON.stringify({ 'label!': ['kept'] });
  const { body } = await dock.call('POST', `/v1.41/volumes/prune?filters=${filters}`);
  expect(JSON.parse(body)).toEqual({ VolumesDeleted: ['free'], SpaceReclaimed: 0 });
  expect(await names({})).toEqual(['kept', 'ram', 'used']);
  expect(await refusal('POST', '/v1.41/volumes/prune?filters={"until":["1h"]}')).toBe(
    "400 Invalid filter 'until'",
  );
});

describe('with a file system of its own', () => {
  const DriverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,nosuid' };
  const target = '/var/lib/docker/volumes/ram/_data';

  it('is mounted while containers run with it', async () => {
    await create('ram', { DriverOpts });
    const one = await dock.run('one', { HostConfig: { Binds: ['ram:/x:nocopy'] } });
    const two = await dock.run('two', { HostConfig: { Binds: ['ram:/x:nocopy'] } });
    const mounted = [
      'file.mount',
      { source: 'tmpfs', target, type: 'tmpfs', flags: 2, data: 'size=1m' },
    ];
    expect(mounts()).toEqual([mounted, mounted]);
    dock.exit(one, 0);
    await settled();
    await dock.call('DELETE', '/containers/one');
    expect(mounts()).toHaveLength(2);
    dock.exit(two, 0);
    await settled();
    await dock.call('DELETE', '/containers/two');
    expect(mounts()[2]).toEqual(['file.unmount', { path: target }]);
  });

  it('tells why it cannot be mounted', async () => {
    await create('ram', { DriverOpts: { type: 'none', device: '/nosuch', o: 'bind' } });
    await dock.create('one', { HostConfig: { Binds: ['ram:/x:nocopy'] } });
    dock.agent.failures.set('file.mount', {
      code: 'ENOENT',
      message: 'no such file or directory',
    });
    expect(await refusal('POST', '/containers/one/start')).toContain(
      `error while mounting volume '${target}': failed to mount local volume: mount /nosuch:${target}, flags: 0x1000: no such file or directory`,
    );
  });
});

it('goes with its container only when it was made for it', async () => {
  await create('named');
  await dock.create('one', {
    Volumes: { '/own': {} },
    HostConfig: { Binds: ['named:/x'] },
  });
  await dock.create('two', { HostConfig: { VolumesFrom: ['one'] } });
  expect(await names({})).toHaveLength(2);
  await dock.call('DELETE', '/containers/one?v=1');
  expect(await names({})).toHaveLength(2);
  await dock.call('DELETE', '/containers/two?v=1');
  expect(await names({})).toEqual(['named']);
});

it.each<[object, string]>([
  [
    { Name: 'x' },
    '400 create x: volume name is too short, names should be at least two alphanumeric characters',
  ],
  [
    { Name: 'a/b' },
    '400 create a/b: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
  [
    { Name: 'vol', Driver: 'nfs' },
    '404 create vol: error looking up volume plugin nfs: plugin "nfs" not found',
  ],
  [{ Name: 'vol', DriverOpts: { foo: 'bar' } }, '400 create vol: invalid option: "foo"'],
  [
    { Name: 'vol', DriverOpts: { type: 'tmpfs' } },
    '400 create vol: missing required option: "device"',
  ],
  [
    { Name: 'vol', DriverOpts: { size: '1m' } },
    '400 create vol: quota size requested but no quota support',
  ],
])('refuses %j', async (body, message) => {
  expect(await refusal('POST', '/volumes/create', body)).toBe(message);
});
