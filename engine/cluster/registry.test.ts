/** Engines and the registry together, over the Docker Engine API: what one machine pushes, another pulls. */
import { packTar } from 'modern-tar';
import { beforeEach, describe, expect, it } from 'vitest';
import { TestDock } from '../docker/test-dock.node.ts';
import { HubClient } from '../hub/hub-fixture.node.ts';
import type { RegistryFetch } from '../runtime/types.ts';
import { putBytes } from '../storage/storage.ts';

let hub: HubClient;
let dock: TestDock;
let other: TestDock;
beforeEach(async () => {
  hub = await HubClient.open();
  const registry: RegistryFetch = async (request) => {
    const { hostname } = new URL(request.url);
    if (hostname.endsWith('docker.io')) return hub.hub.handle(request);
    throw new Error(`dial tcp: lookup ${hostname}: no such host`);
  };
  dock = await TestDock.open({ Cmd: ['sh'] }, registry);
  other = await TestDock.open({ Cmd: ['true'] }, registry);
});

const auth = (username: string, password = 'secret'): Record<string, string> => ({
  'x-registry-auth': Buffer.from(JSON.stringify({ username, password })).toString('base64url'),
});
type Line = Record<string, unknown>;
const linesOf = (body: string): Line[] =>
  body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
/** What a push tells programs last. */
const auxOf = (body: string): Line => (linesOf(body).at(-1) ?? {})['aux'] as Line;
const statuses = (body: string): unknown[] =>
  linesOf(body).map(({ status, id, error }) => error ?? (id === undefined ? status : [id, status]));

/** Tags `busybox` and pushes it. Returns what the client would print. */
async function push(
  from: TestDock,
  name: string,
  tag: string,
  headers = auth('ada'),
): Promise<string> {
  const query = `repo=${encodeURIComponent(name)}&tag=${tag}`;
  expect((await from.call('POST', `/images/busybox/tag?${query}`)).status).toBe(201);
  const answer = await from.call('POST', `/images/${name}/push?tag=${tag}`, undefined, headers);
  expect(answer.status).toBe(200);
  return answer.body;
}

const pull = (to: TestDock, name: string, tag: string, more = '') =>
  to.call('POST', `/images/create?fromImage=${name}&tag=${tag}${more}`);

describe('docker push', () => {
  it('sends an image once, which another machine pulls under the same digest', async () => {
    const told = await push(dock, 'ada/app', 'v1');
    const [layer] = dock.images.get('busybox').layers;
    const id = layer?.diffId.slice(7, 19);
    const lines = statuses(told);
    expect(lines.slice(0, 2)).toEqual([
      'The push refers to repository [docker.io/ada/app]',
      [id, 'Preparing'],
    ]);
    expect(lines.at(-3)).toEqual([id, 'Pushed']);
    const [, digest] =
      /^v1: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(String(lines.at(-2))) ?? [];
    expect(auxOf(told)).toMatchObject({ Tag: 'v1', Digest: digest });
    expect(dock.images.get('busybox').repoDigests).toEqual([`ada/app@${digest}`]);

    const pulled = statuses((await pull(other, 'ada/app', 'v1')).body);
    expect(pulled.slice(-2)).toEqual([
      `Digest: ${digest}`,
      'Status: Downloaded newer image for ada/app:v1',
    ]);
    expect(other.images.get('ada/app:v1').id).toBe(dock.images.get('busybox').id);
    expect(other.images.get(`ada/app@${digest}`).config).toMatchObject({ config: { Cmd: ['sh'] } });

    expect(statuses(await push(dock, 'ada/app', 'v1'))).toContainEqual([
      id,
      'Layer already exists',
    ]);
    expect(statuses(await push(other, 'ada/two', 'v1'))).not.toContainEqual([id, 'Pushed']);
    expect(statuses(await push(dock, 'ada/three', 'v1')).join('\n')).toContain(
      `${id},Mounted from ada/app`,
    );
    const filters = encodeURIComponent(JSON.stringify({ event: ['push'] }));
    dock.clock.advance(1000);
    const until = dock.clock.now() / 1000;
    const events = await dock.call('GET', `/events?since=0&until=${until}&filters=${filters}`);
    expect(linesOf(events.body)[0]).toMatchObject({
      Type: 'image',
      Action: 'push',
      Actor: { ID: 'ada/app:v1', Attributes: { name: 'ada/app' } },
    });
  });

  it('sends every tag of a name when none is named', async () => {
    await push(dock, 'ada/app', 'v1');
    await push(dock, 'ada/app', 'v2');
    const { body } = await dock.call('POST', '/images/ada/app/push', undefined, auth('ada'));
    expect(statuses(body).filter((line) => String(line).includes('digest: '))).toHaveLength(2);
    const all = await other.call('POST', '/images/create?fromImage=ada/app');
    expect(
      statuses(all.body).filter((line) => String(line).endsWith('Pulling from ada/app')),
    ).toHaveLength(2);
    expect(statuses(all.body).at(-1)).toBe('Status: Downloaded newer image for ada/app');
  });

  it.each([
    ['grace/app', 'v1', auth('ada'), 'denied: requested access to the resource is denied'],
    ['ada/app', 'v1', {}, 'denied: requested access to the resource is denied'],
    ['busybox', 'v1', auth('ada'), 'denied: requested access to the resource is denied'],
    ['ada/app', 'v1', auth('ada', 'wrong'), 'unauthorized: incorrect username or password'],
  ] as const)('%s:%s is refused', async (name, tag, headers, message) => {
    await push(dock, 'ada/known', 'v1');
    expect(statuses(await push(dock, name, tag, headers)).at(-1)).toBe(message);
  });

  it('says what is not there', async () => {
    const said = async (path: string): Promise<unknown> =>
      statuses((await dock.call('POST', path, undefined, auth('ada'))).body).at(-1);
    expect(await said('/images/ada/none/push?tag=v1')).toBe(
      'An image does not exist locally with the tag: ada/none',
    );
    expect(await said('/images/busybox/push?tag=none')).toBe('tag does not exist: busybox:none');
    expect((await dock.call('POST', '/images/Bad/push?tag=x')).status).toBe(400);
  });
});

describe('docker pull', () => {
  it('is told by digest, and of another platform', async () => {
    const told = await push(dock, 'ada/app', 'v1');
    const digest = String(auxOf(told)['Digest']);
    const byDigest = statuses((await pull(other, 'ada/app', digest)).body);
    expect(byDigest[0]).toEqual([digest, 'Pulling from ada/app']);
    expect(byDigest.at(-1)).toBe(`Status: Downloaded newer image for ada/app@${digest}`);
    expect(other.images.get(`ada/app@${digest}`).tags).toEqual([]);
    const foreign = statuses((await pull(other, 'ada/app', 'v1', '&platform=amd64')).body);
    expect(foreign.at(-1)).toBe(
      'WARNING: image with reference ada/app:v1 was found but does not match the specified platform: wanted linux/amd64, actual: linux/386',
    );
  });

  it.each([
    [
      'ada/none',
      'latest',
      "pull access denied for ada/none, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    ['ada/app', 'none', 'manifest for ada/app:none not found: manifest unknown: manifest unknown'],
    [
      'registry.example/app',
      'x',
      'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
    ],
  ])('%s:%s fails before it begins', async (name, tag, message) => {
    await push(dock, 'ada/app', 'v1');
    const { status, body } = await pull(other, name, tag);
    expect([status, JSON.parse(body)]).toEqual([name.includes('.') ? 500 : 404, { message }]);
  });
});

describe('docker login', () => {
  const logIn = (
    username: string,
    password: string,
    serveraddress = 'https://index.docker.io/v1/',
  ) => dock.call('POST', '/auth', { username, password, serveraddress });

  it('takes the first password of a name, and then only that', async () => {
    const good = await logIn('ada', 'secret');
    expect([good.status, JSON.parse(good.body)]).toEqual([
      200,
      { IdentityToken: '', Status: 'Login Succeeded' },
    ]);
    const bad = await logIn('ada', 'other');
    expect([bad.status, JSON.parse(bad.body)]).toEqual([
      401,
      {
        message:
          'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password',
      },
    ]);
    expect((await logIn('ada', 'secret', 'registry.example')).status).toBe(500);
  });
});

describe('docker search and docker manifest inspect', () => {
  it('find what is official and what was pushed', async () => {
    await push(dock, 'ada/busybox', 'v1');
    expect(await dock.get('/images/search?term=busybox')).toEqual([
      {
        name: 'busybox',
        description: 'Small tools in one program',
        is_official: true,
        is_automated: false,
        star_count: 0,
      },
      {
        name: 'ada/busybox',
        description: '',
        is_official: false,
        is_automated: false,
        star_count: 0,
      },
    ]);
    const filters = encodeURIComponent(JSON.stringify({ 'is-official': ['true'] }));
    expect(await dock.get(`/images/search?term=busybox&filters=${filters}`)).toHaveLength(1);
    expect(await dock.get('/images/search?term=library/busybox&limit=1')).toHaveLength(1);
    const limit = await dock.call('GET', '/images/search?term=x&limit=101');
    expect([limit.status, JSON.parse(limit.body)]).toEqual([
      400,
      { message: 'limit 101 is outside the range of [1, 100]' },
    ]);
  });

  it('describe what a reference leads to', async () => {
    const told = await push(dock, 'ada/app', 'v1');
    const { Digest: digest, Size: size } = auxOf(told);
    expect(await other.get('/distribution/ada/app:v1/json')).toEqual({
      Descriptor: {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        digest,
        size,
      },
      Platforms: [{ os: 'linux', architecture: '386' }],
    });
    const denied = await other.call('GET', '/distribution/ada/none/json');
    expect(denied.status).toBe(404);
  });
});

it('keeps a registry from making an engine believe what it sends', async () => {
  const layer = await packTar([{ header: { name: 'own/', type: 'directory', size: 0 } }]);
  const { diffId } = await dock.images.addLayer(layer);
  const config = {
    architecture: '386',
    os: 'linux',
    rootfs: { type: 'layers' as const, diff_ids: [diffId] },
  };
  await dock.images.add({ config, layers: [diffId], tags: ['ada/own:v1'] });
  await dock.call('POST', '/images/ada/own/push?tag=v1', undefined, auth('ada'));
  const blobs = await hub.storage.list('blobs/');
  for (const { name, size } of blobs) {
    const bytes = await hub.storage.read(name, 0, size);
    // Gzip's magic number: the layer.
    if (bytes?.[0] === 0x1f) await putBytes(hub.storage, name, bytes.toReversed());
  }
  const last = statuses((await pull(other, 'ada/own', 'v1')).body).at(-1);
  expect(last).toMatch(/verification failed|gzip|incorrect header/);
  expect(other.images.find('ada/own:v1')).toBeUndefined();
});
