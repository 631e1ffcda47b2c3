import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

type Fields = Readonly<Record<string, unknown>>;
const names = (fields: unknown): readonly string[] => Object.keys(fields as object);
const at = async (path: string, version: string): Promise<Fields> =>
  (await dock.get(`/v${version}${path}`)) as Fields;

it('says which versions it speaks, and answers in the newest where none is asked for', async () => {
  expect(await dock.get('/version')).toMatchObject({ ApiVersion: '1.44', MinAPIVersion: '1.12' });
  const { headers } = await dock.call('HEAD', '/_ping');
  expect(Object.fromEntries(headers)).toMatchObject({ 'api-version': '1.44', swarm: 'inactive' });
  expect(names(await dock.get('/images/busybox/json'))).not.toContain('VirtualSize');
});

describe('images', () => {
  it('lose VirtualSize in 1.44', async () => {
    expect(names(await at('/images/busybox/json', '1.43'))).toContain('VirtualSize');
    expect(names(await at('/images/busybox/json', '1.44'))).not.toContain('VirtualSize');
    const usage = await at('/system/df', '1.44');
    expect(names((usage['Images'] as readonly Fields[])[0])).not.toContain('VirtualSize');
  });

  it('have no names <none> since 1.43', async () => {
    await dock.create('one');
    await dock.call('POST', '/commit?container=one');
    const dangling = '/images/json?filters={"dangling":["true"]}';
    expect(await dock.get(`/v1.42${dangling}`)).toMatchObject([
      { RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] },
    ]);
    expect(await dock.get(`/v1.43${dangling}`)).toMatchObject([{ RepoTags: [], RepoDigests: [] }]);
  });

  it('tell what they share when asked', async () => {
    await dock.create('one');
    await dock.call('POST', '/commit?container=one&repo=made');
    const list = (await dock.get('/images/json?shared-size=1')) as readonly Fields[];
    expect(list.every(({ SharedSize }) => SharedSize !== -1)).toBe(true);
  });
});

it('gives parts of /system/df since 1.42', async () => {
  expect(names(await at('/system/df', '1.41'))).toContain('BuilderSize');
  expect(names(await at('/system/df', '1.42'))).not.toContain('BuilderSize');
  expect(names(await at('/system/df?type=volume', '1.42'))).toEqual(['Volumes']);
  expect(names(await at('/system/df?type=image&type=container', '1.42'))).toEqual([
    'LayersSize',
    'Images',
    'Containers',
  ]);
});

it('drops limits of kernel memory in 1.42', async () => {
  await dock.create('one');
  for (const [version, there] of [
    ['1.41', true],
    ['1.42', false],
  ] as const) {
    const { HostConfig: host } = await at('/containers/one/json', version);
    expect(names(host).includes('KernelMemory')).toBe(there);
    expect(names(await at('/info', version)).includes('KernelMemory')).toBe(there);
  }
  expect(await at('/info', '1.44')).toMatchObject({ CDISpecDirs: [] });
});

it('stops with a signal of the client’s choice since 1.42', async () => {
  for (const version of ['1.41', '1.42']) {
    await dock.run(`one${version}`);
    dock.agent.before.set('task.signal', () => {
      dock.agent.before.delete('task.signal');
      const [task] = dock.agent.tasks.keys();
      queueMicrotask(() => dock.exit(task ?? '', 0));
    });
    await dock.call('POST', `/v${version}/containers/one${version}/stop?signal=USR1`);
    await dock.call('DELETE', `/containers/one${version}`);
  }
  expect(dock.agent.signals).toEqual(['SIGTERM', 'SIGUSR1']);
});

it('tells since 1.42 whether output is multiplexed', async () => {
  await dock.create('plain');
  await dock.create('terminal', { Tty: true });
  const type = async (version: string, name: string): Promise<string | null> => {
    const path = `/v${version}/containers/${name}/logs?stdout=1`;
    return (await dock.call('GET', path)).headers.get('content-type');
  };
  expect(await type('1.41', 'plain')).toBe('application/vnd.docker.raw-stream');
  expect(await type('1.42', 'plain')).toBe('application/vnd.docker.multiplexed-stream');
  expect(await type('1.42', 'terminal')).toBe('application/vnd.docker.raw-stream');
});

it('prunes only anonymous volumes since 1.42, unless told otherwise', async () => {
  await dock.call('POST', '/volumes/create', { Name: 'named' });
  await dock.call('POST', '/volumes/create', {});
  const prune = async (query: string): Promise<number> => {
    const { body } = await dock.call('POST', `/v1.42/volumes/prune${query}`);
    const { VolumesDeleted: deleted } = JSON.parse(body) as Fields;
    return (deleted as readonly string[] | null)?.length ?? 0;
  };
  expect(await prune('')).toBe(1);
  expect(await prune('')).toBe(0);
  expect(await prune('?filters={"all":["1"]}')).toBe(1);
});

describe('a new container', () => {
  async function create(version: string, body: object): Promise<string> {
    const answer = await dock.call('POST', `/v${version}/containers/create`, {
      Image: 'busybox',
      ...body,
    });
    const { Id: id, message } = JSON.parse(answer.body) as Readonly<Record<string, string>>;
    return id ?? `${answer.status} ${message}`;
  }

  it('is on several networks at once since 1.44, and tells its names there', async () => {
    for (const Name of ['front', 'back']) await dock.call('POST', '/networks/create', { Name });
    const body = {
      Hostname: 'host',
      HostConfig: { NetworkMode: 'front' },
      NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['www'] }, back: {} } },
    };
    expect(await create('1.43', body)).toMatch(/^400 Container cannot be connected to network/);
    const id = await create('1.44', body);
    expect((await dock.call('POST', `/containers/${id}/start`)).status).toBe(204);
    const { Name: name, NetworkSettings: settings } = await at(`/containers/${id}/json`, '1.44');
    const { Networks: networks } = settings as {
      readonly Networks: Readonly<Record<string, Fields>>;
    };
    expect(Object.keys(networks)).toEqual(['back', 'front']);
    expect(networks['front']?.['DNSNames']).toEqual([
      String(name).slice(1),
      'www',
      id.slice(0, 12),
      'host',
    ]);
  });

  it('has only options that the client’s version knows', async () => {
    const body = {
      Healthcheck: { Test: ['CMD', 'true'], StartInterval: 5_000_000_000 },
      HostConfig: {
        Annotations: { a: 'b' },
        ConsoleSize: [10, 20],
        Mounts: [
          { Type: 'bind', Source: '/new', Target: '/x', BindOptions: { CreateMountpoint: true } },
        ],
      },
    };
    expect(await create('1.41', body)).toBe(
      '400 invalid mount config for type "bind": bind source path does not exist: /new',
    );
    const id = await create('1.44', body);
    const { Config: config, HostConfig: host } = await at(`/containers/${id}/json`, '1.44');
    expect(config).toMatchObject({ Healthcheck: { StartInterval: 5_000_000_000 } });
    expect(host).toMatchObject({ Annotations: { a: 'b' }, ConsoleSize: [10, 20] });
    expect(dock.runtime.container(id).config.annotations).toEqual({ a: 'b' });
    const mixed = { HostConfig: { Mounts: [{ Type: 'tmpfs', Target: '/x', VolumeOptions: {} }] } };
    expect(await create('1.42', mixed)).toBe(
      '400 VolumeOptions must not be specified on mount type "tmpfs"',
    );
  });
});
