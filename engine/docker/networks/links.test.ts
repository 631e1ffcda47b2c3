import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

const link = (...Links: readonly string[]): object => ({ HostConfig: { Links } });

async function refusal(method: string, path: string, body?: object): Promise<string> {
  const { status, body: text } = await dock.call(method, path, body);
  return `${status} ${(JSON.parse(text) as { message: string }).message}`;
}

/** What the last started task was given. */
function lastStart(): { readonly env: readonly string[]; readonly hosts: string } {
  const { request } = dock.agent.calls.findLast(({ op }) => op === 'task.start') ?? {};
  const { config, files } = request as unknown as {
    readonly config: { readonly process: { readonly env: readonly string[] } };
    readonly files: readonly { readonly path: string; readonly content: string }[];
  };
  const hosts = files.find(({ path }) => path.endsWith('/hosts'))?.content ?? '';
  return { env: config.process.env, hosts };
}

it('tells a container where its children are, in files and in variables', async () => {
  await dock.run('db', {
    Hostname: 'database',
    Env: ['ROLE=main', 'HOME=/db'],
    ExposedPorts: { '5432/tcp': {}, '5433/tcp': {}, '53/udp': {} },
  });
  await dock.run('web', { Env: ['OWN=1'], ...link('db:my-db') });
  const { env, hosts } = lastStart();
  expect(hosts).toContain('\n172.17.0.2\tmy-db database db\n');
  expect(env.filter((entry) => !entry.startsWith('HOME='))).toEqual([
    'PATH=/bin',
    expect.stringMatching(/^HOSTNAME=/),
    'MY_DB_PORT=udp://172.17.0.2:53',
    'MY_DB_PORT_5432_TCP_START=tcp://172.17.0.2:5432',
    'MY_DB_PORT_5432_TCP_ADDR=172.17.0.2',
    'MY_DB_PORT_5432_TCP_PROTO=tcp',
    'MY_DB_PORT_5432_TCP_PORT_START=5432',
    'MY_DB_PORT_5432_TCP_END=tcp://172.17.0.2:5433',
    'MY_DB_PORT_5432_TCP_PORT_END=5433',
    'MY_DB_PORT_53_UDP=udp://172.17.0.2:53',
    'MY_DB_PORT_53_UDP_ADDR=172.17.0.2',
    'MY_DB_PORT_53_UDP_PORT=53',
    'MY_DB_PORT_53_UDP_PROTO=udp',
    'MY_DB_PORT_5432_TCP=tcp://172.17.0.2:5432',
    'MY_DB_PORT_5432_TCP_PORT=5432',
    'MY_DB_PORT_5433_TCP=tcp://172.17.0.2:5433',
    'MY_DB_PORT_5433_TCP_ADDR=172.17.0.2',
    'MY_DB_PORT_5433_TCP_PORT=5433',
    'MY_DB_PORT_5433_TCP_PROTO=tcp',
    'MY_DB_NAME=/web/my-db',
    'MY_DB_ENV_ROLE=main',
    'OWN=1',
  ]);
  expect(await dock.get('/containers/web/json')).toMatchObject({
    HostConfig: { Links: ['/db:/web/my-db'] },
  });
});

it('lets a child be named by its link, until either goes', async () => {
  const id = await dock.run('db');
  await dock.create('web', link('db'));
  expect(await dock.get('/containers/web/db/json')).toMatchObject({ Id: id });
  expect(await dock.get('/containers/json?filters={"name":["web/db"]}')).toMatchObject([
    { Names: ['/db', '/web/db'] },
  ]);
  await dock.call('POST', '/containers/web/rename?name=shop');
  expect(await dock.get('/containers/shop/db/json')).toMatchObject({ Id: id });
  expect(await refusal('DELETE', '/containers/db?link=1')).toBe(
    '500 Conflict, cannot remove the default link name of the container',
  );
  expect((await dock.call('DELETE', '/containers/shop/db?link=1')).status).toBe(204);
  expect(await refusal('GET', '/containers/shop/db/json')).toBe('404 No such container: shop/db');
  await dock.create('other', link('db'));
  await dock.call('DELETE', '/containers/db?force=1');
  expect(await dock.get('/containers/other/json')).toMatchObject({ HostConfig: { Links: null } });
  expect((await dock.call('POST', '/containers/other/start')).status).toBe(204);
});

it('tells running parents where a child has moved', async () => {
  const db = await dock.run('db');
  const web = await dock.run('web', link('db:base'));
  const path = dock.runtime.container(web).paths.hosts;
  dock.agent.files.set(path, lastStart().hosts);
  dock.exit(db, 0);
  await dock.run('third');
  await dock.call('POST', '/containers/db/start');
  expect(dock.agent.files.get(path)).toContain('\n172.17.0.4\tbase ');
  expect(dock.agent.files.get(path)).toContain('\n172.17.0.3\t');
});

it('refuses what cannot be linked, in dockerd’s words', async () => {
  const create = (...links: readonly string[]): Promise<string> =>
    refusal('POST', '/containers/create', { Image: 'busybox', ...link(...links) });
  expect(await create('nosuch')).toBe(
    '400 could not get container for nosuch: No such container: nosuch',
  );
  expect(await create('a:b:c')).toBe('400 bad format for links: a:b:c');
  await dock.create('onhost', { HostConfig: { NetworkMode: 'host' } });
  expect(await create('onhost')).toMatch(/^400 conflicting options: host type networking/);
  await dock.create('db');
  await dock.create('web', link('db:base'));
  expect(await refusal('POST', '/containers/web/start')).toBe(
    '500 Cannot link to a non running container: /db AS /web/base',
  );
  await dock.call('POST', '/networks/create', { Name: 'back' });
  await dock.create('apart', { HostConfig: { NetworkMode: 'back' } });
  await dock.create('web2', link('apart'));
  expect(await refusal('POST', '/containers/web2/start')).toBe(
    '500 Cannot link to /apart, as it does not belong to the default network',
  );
});
