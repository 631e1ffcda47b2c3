import { unpackTar } from 'modern-tar';
import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerRuntime } from '../container-runtime.ts';
import { testRuntime, type TestRuntime } from '../test-runtime.node.ts';
import type { Mount } from '../types.ts';

let runtime: ContainerRuntime;
afterEach(() => runtime.close());

async function setUp(): Promise<TestRuntime> {
  const made = await testRuntime();
  runtime = made.runtime;
  return made;
}

const empty = (): ReadableStream<Uint8Array> => new Blob([]).stream();
const volume = (target: string, readOnly = false): Mount => ({
  kind: 'volume',
  volume: 'data',
  target,
  readOnly,
});

describe('files of a stopped container', () => {
  it('are seen with its volumes, and unmounted also when reading fails half-way', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config({ mounts: [volume('/data')] }));
    agent.tars.set('/etc', { names: ['etc/passwd', 'etc/group'], failsAfter: 1024 });
    const { stat, tar } = await runtime.readArchive(id, '/etc/passwd');
    expect(stat.name).toBe('passwd');
    const mount = agent.calls.find(({ op }) => op === 'root.mount')?.request;
    expect(mount).toMatchObject({
      overlay: { upper: expect.stringContaining(id) as string },
      binds: [{ source: '/var/lib/docker/volumes/data/_data', target: '/data' }],
    });
    expect(agent.ops).not.toContain('root.unmount');
    await expect(new Response(tar as BodyInit).arrayBuffer()).rejects.toThrow('The session ended.');
    expect(agent.ops.slice(-2)).toEqual(['root.unmount', 'file.remove']);
  });

  it('are those of a directory by the names below it when its path ends in a dot', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.tars.set('/tmp/', { names: ['./', './one'] });
    expect((await runtime.readArchive(id, '/tmp/.')).stat.name).toBe('.');
  });

  it('are those of the root by names that begin with a slash', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.tars.set('/', {
      names: ['./', './etc/', './etc/passwd'],
      links: { './etc/same': './etc/passwd' },
    });
    const { stat, tar } = await runtime.readArchive(id, '/');
    expect(stat.name).toBe('/');
    const entries = await unpackTar(tar);
    expect(entries.map(({ header }) => header.name)).toEqual([
      '/',
      '/etc/',
      '/etc/passwd',
      '/etc/same',
    ]);
    expect(entries.at(-1)?.header.linkname).toBe('/etc/passwd');
    expect(agent.ops.slice(-2)).toEqual(['root.unmount', 'file.remove']);
    expect((await runtime.statPath(id, '/')).name).toBe('/');
  });

  it('are exported by names relative to the root', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.tars.set('/', { names: ['etc/', 'etc/passwd'] });
    const entries = await unpackTar(await runtime.exportContainer(id));
    expect(entries.map(({ header }) => header.name)).toEqual(['etc/', 'etc/passwd']);
    const read = agent.calls.findLast(({ op }) => op === 'tar.read')?.request;
    expect(read).toEqual({ path: '/', root: expect.stringContaining(id) as string });
    expect(agent.ops.slice(-2)).toEqual(['root.unmount', 'file.remove']);
  });

  it('are no directories because a path says so', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.tars.set('/etc', { names: ['etc/passwd'] });
    await expect(runtime.statPath(id, '/etc/passwd/')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are unmounted when nobody reads on', async () => {
    const { agent, config } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.tars.set('/etc', { names: ['etc/passwd'] });
    const { tar } = await runtime.readArchive(id, '/etc/passwd');
    await tar.cancel();
    expect(agent.ops.slice(-2)).toEqual(['root.unmount', 'file.remove']);
  });
});

describe('files of a running container', () => {
  it('are its own mount, unless it has volumes', async () => {
    const { agent, config } = await setUp();
    const plain = await runtime.createContainer(config());
    await runtime.startContainer(plain.id);
    await runtime.writeArchive(plain.id, '/tmp', empty());
    expect(agent.ops).not.toContain('root.mount');
    const other = await runtime.createContainer(
      config({
        sandbox: { kind: 'own', network: { kind: 'none' }, ports: [] },
        mounts: [volume('/data')],
      }),
    );
    await runtime.startContainer(other.id);
    await runtime.writeArchive(other.id, '/data', empty());
    expect(agent.calls.find(({ op }) => op === 'root.mount')?.request).toMatchObject({
      merged: other.paths.merged,
    });
  });
});

describe('writing', () => {
  it.each([
    ['/etc', 'container rootfs is marked read-only'],
    ['/', 'container rootfs is marked read-only'],
    ['/data-like', 'container rootfs is marked read-only'],
    ['/data', undefined],
    ['/data/deep/', undefined],
    ['/data/fixed', 'mounted volume is marked read-only'],
  ])('into %s of a read-only container: %s', async (path, message) => {
    const { config } = await setUp();
    const mounts = [volume('/data'), volume('/data/fixed', true)];
    const { id } = await runtime.createContainer(config({ mounts, readOnlyRootfs: true }));
    const writing = runtime.writeArchive(id, path, empty());
    if (message === undefined) await writing;
    else await expect(writing).rejects.toMatchObject({ code: 'INTERNAL', message });
  });
});
