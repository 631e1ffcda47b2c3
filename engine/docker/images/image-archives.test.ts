import { packTar, unpackTar } from 'modern-tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

const file = (name: string, text: string) => ({ header: { name, size: text.length }, body: text });
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const imageId = (): string => dock.images.get('busybox').id;

async function save(names: string): Promise<Uint8Array> {
  const { status, bytes } = await dock.callForBytes('GET', `/images/get?${names}`);
  expect(status).toBe(200);
  return bytes;
}

describe('save', () => {
  it('has the files that dockerd writes', async () => {
    const entries = await unpackTar(await save('names=busybox'));
    const names = entries.map(({ header }) => header.name);
    const folder = names.find((name) => name.endsWith('/')) ?? '';
    const config = `${imageId().slice('sha256:'.length)}.json`;
    expect(folder).toMatch(/^[0-9a-f]{64}\/$/);
    expect(new Set(names)).toEqual(
      new Set([
        folder,
        `${folder}VERSION`,
        `${folder}json`,
        `${folder}layer.tar`,
        config,
        'manifest.json',
        'repositories',
      ]),
    );
    const content = (name: string): string =>
      text(entries.find(({ header }) => header.name === name)?.data);
    expect(JSON.parse(content('manifest.json'))).toEqual([
      { Config: config, RepoTags: ['busybox:latest'], Layers: [`${folder}layer.tar`] },
    ]);
    expect(JSON.parse(content('repositories'))).toEqual({
      busybox: { latest: folder.slice(0, -1) },
    });
    expect(content(`${folder}VERSION`)).toBe('1.0');
  });

  it('names nothing for an id, every tag for a repository, and refuses what is not there', async () => {
    await dock.images.tag('busybox', 'busybox:old');
    const manifest = async (names: string): Promise<unknown> => {
      const entries = await unpackTar(await save(names));
      const found = entries.find(({ header }) => header.name === 'manifest.json');
      return JSON.parse(text(found?.data)) as unknown;
    };
    expect(await manifest(`names=${imageId()}`)).toMatchObject([{ RepoTags: null }]);
    expect(await manifest('names=busybox')).toMatchObject([
      { RepoTags: ['busybox:latest', 'busybox:old'] },
    ]);
    expect(await manifest('names=busybox:old')).toMatchObject([{ RepoTags: ['busybox:old'] }]);
    expect(await dock.call('GET', '/images/get?names=nosuch')).toMatchObject({
      status: 404,
      body: '{"message":"No such image: nosuch"}\n',
    });
  });
});

describe('load', () => {
  it('brings back what was saved, layers and names', async () => {
    const archive = await save('names=busybox');
    const id = imageId();
    await dock.call('DELETE', '/images/busybox');
    expect(await dock.storage.list('blobs/')).toEqual([]);
    expect(await dock.lines('POST', '/images/load', archive)).toEqual([
      { stream: 'Loaded image: busybox:latest\n' },
    ]);
    expect(imageId()).toBe(id);
    await dock.run('one');
  });

  it('shows progress unless told to be quiet, and names ids that have no tag', async () => {
    const archive = await save(`names=${imageId()}`);
    expect(await dock.lines('POST', '/images/load?quiet=0', archive)).toEqual([
      expect.objectContaining({
        status: 'Loading layer',
        progressDetail: expect.any(Object) as object,
      }),
      { stream: `Loaded image ID: ${imageId()}\n` },
    ]);
  });

  it('says that a name moves', async () => {
    const archive = await save('names=busybox');
    const id = imageId();
    await dock.call('DELETE', '/images/busybox');
    expect(
      await dock.call(
        'POST',
        '/images/create?fromSrc=-&repo=busybox',
        await packTar([file('a', 'b')]),
      ),
    ).toMatchObject({ status: 200 });
    const other = imageId();
    expect(other).not.toBe(id);
    expect(await dock.lines('POST', '/images/load', archive)).toEqual([
      {
        stream: `The image busybox:latest already exists, renaming the old one with ID ${other} to empty string\n`,
      },
      { stream: 'Loaded image: busybox:latest\n' },
    ]);
  });

  it('takes an OCI layout with compressed layers', async () => {
    const layer = await packTar([file('hello', 'world')]);
    const packed = new Uint8Array(
      await new Response(
        new Blob([layer.slice()]).stream().pipeThrough(new CompressionStream('gzip')),
      ).arrayBuffer(),
    );
    const { diffId } = await dock.images.addLayer(layer);
    await dock.images.dropLayers([diffId]);
    const config = JSON.stringify({
      architecture: '386',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [diffId] },
    });
    const manifest = JSON.stringify([
      { Config: 'blobs/sha256/c', RepoTags: ['app:1'], Layers: ['blobs/sha256/l'] },
    ]);
    const archive = await packTar([
      { header: { name: 'blobs/sha256/l', size: packed.length }, body: packed },
      file('blobs/sha256/c', config),
      file('manifest.json', manifest),
    ]);
    expect(await dock.lines('POST', '/images/load', archive)).toEqual([
      { stream: 'Loaded image: app:1\n' },
    ]);
  });

  it.each<[string, () => Promise<Uint8Array>, string]>([
    ['no tar', () => Promise.resolve(new TextEncoder().encode('x'.repeat(2000))), 'tar header'],
    ['less than a tar', () => Promise.resolve(new TextEncoder().encode('x')), 'unexpected EOF'],
    ['no images', () => packTar([file('a', 'b')]), 'repositories: no such file or directory'],
    [
      'the files of a container',
      () => packTar([file('usr/a', 'b'), file('bin/a', 'b'), file('a', 'b')]),
      'bin/json: no such file or directory',
    ],
    [
      'a missing layer',
      async () =>
        packTar([
          file('c', '{"os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:00"]}}'),
          file('manifest.json', '[{"Config":"c","Layers":["l/layer.tar"]}]'),
        ]),
      'l/layer.tar: no such file or directory',
    ],
    [
      'another layer than the configuration says',
      async () =>
        packTar([
          file('c', '{"os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:00"]}}'),
          {
            header: { name: 'l/layer.tar', size: 2048 },
            body: (await packTar([file('x', 'y')])).slice(0, 2048),
          },
          file('manifest.json', '[{"Config":"c","Layers":["l/layer.tar"]}]'),
        ]),
      'invalid diffID for layer 0: expected "sha256:00"',
    ],
  ])('refuses %s and keeps nothing', async (_what, archive, message) => {
    const before = await dock.storage.list('blobs/');
    expect(await dock.lines('POST', '/images/load', await archive())).toEqual([
      expect.objectContaining({ error: expect.stringContaining(message) as string }),
    ]);
    expect(await dock.storage.list('blobs/')).toEqual(before);
  });
});

describe('import', () => {
  it('makes an image of one layer, with changes', async () => {
    const query =
      'fromSrc=-&repo=mine&tag=1&message=hello&changes=CMD%20%5B%22sh%22%5D&changes=ENV%20A%3D1%20B%3D2&changes=WORKDIR%20/srv';
    const [line] = await dock.lines(
      'POST',
      `/images/create?${query}`,
      await packTar([file('a', 'b')]),
    );
    expect(line).toEqual({ status: dock.images.get('mine:1').id });
    expect(await dock.get('/images/mine:1/json')).toMatchObject({
      Comment: 'hello',
      Config: { Cmd: ['sh'], Env: ['A=1', 'B=2'], WorkingDir: '/srv' },
      RootFS: { Layers: [expect.stringMatching(/^sha256:/) as string] },
    });
  });

  it.each([
    ['fromSrc=-&changes=RUN%20ls', 400, 'run is not a valid change command'],
    ['fromSrc=-&changes=NOSUCH%20x', 400, 'nosuch is not a valid change command'],
    ['fromSrc=-&repo=A', 400, 'repository name must be lowercase'],
    ['fromSrc=http://example.org/x.tar', 500, 'no way out to the internet'],
  ])('refuses %s', async (query, status, message) => {
    const answer = await dock.call(
      'POST',
      `/images/create?${query}`,
      await packTar([file('a', 'b')]),
    );
    expect(answer).toMatchObject({ status, body: expect.stringContaining(message) as string });
  });
});

it('import says what is no tar, as load does', async () => {
  const body = new TextEncoder().encode('not a tar\n');
  const answer = await dock.call('POST', '/images/create?fromSrc=-', body);
  expect(answer).toMatchObject({
    status: 500,
    body: '{"message":"Error processing tar file(exit status 1): unexpected EOF"}\n',
  });
});

describe('commit', () => {
  it('stops the container meanwhile, and keeps its configuration with the changes', async () => {
    const id = await dock.run('one', { Cmd: ['sleep', '9'], Env: ['A=1'] });
    dock.agent.tars.set(dock.runtime.container(id).paths.upper, { names: ['new'] });
    const path = '/commit?container=one&repo=mine&comment=why&author=me&changes=ENV%20B%3D2';
    expect((await dock.call('POST', path)).status).toBe(201);
    expect(dock.agent.ops.slice(-4)).toEqual([
      'task.pause',
      'file.mkdir',
      'tar.read',
      'task.resume',
    ]);
    expect(await dock.get('/images/mine/json')).toMatchObject({
      Author: 'me',
      Comment: 'why',
      Parent: dock.images.get('busybox').id,
      Container: id,
      Config: { Cmd: ['sleep', '9'], Env: ['A=1', 'PATH=/bin', 'B=2'], Hostname: id.slice(0, 12) },
      ContainerConfig: { Cmd: ['sleep', '9'] },
    });
    expect(await dock.get('/images/mine/history')).toMatchObject([
      { CreatedBy: 'sleep 9', Comment: 'why' },
      { CreatedBy: 'ADD rootfs' },
    ]);
  });
});
