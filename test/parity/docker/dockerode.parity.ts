/** dockerode, the usual Node library, over TCP: streams, archives, filters and errors as its users meet them. */
import { PassThrough, type Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerMachine } from '../../scenarios/docker/docker-machine.ts';
import { serveOverTcp, type EngineOverTcp } from './engine-over-tcp.ts';

let dock: DockerMachine;
let server: EngineOverTcp;
let docker: Docker;
beforeAll(async () => {
  dock = await DockerMachine.start();
  server = await serveOverTcp(dock.engine);
  docker = new Docker({ host: '127.0.0.1', port: server.port, version: 'v1.41' });
});
afterAll(async () => {
  server.close();
  await dock.stop();
});

/** Ends with the progress of a pull or a build, all messages in order. */
const progress = (
  stream: NodeJS.ReadableStream,
): Promise<readonly { stream?: string; status?: string }[]> =>
  new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error, output) =>
      error === null ? resolve(output as []) : reject(error),
    ),
  );

const tarOf = (files: Readonly<Record<string, string>>): Readable => {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return archive as unknown as Readable;
};

/** Both outputs of a stream of a container without a terminal. */
async function outputs(stream: NodeJS.ReadableStream): Promise<[string, string]> {
  const out = new PassThrough();
  const error = new PassThrough();
  docker.modem.demuxStream(stream, out, error);
  stream.once('end', () => {
    out.end();
    error.end();
  });
  return Promise.all([text(out), text(error)]);
}

it('pulls with progress', async () => {
  const messages = await progress(await docker.pull('busybox:latest'));
  expect(messages.at(-1)?.status).toBe('Status: Downloaded newer image for busybox:latest');
  expect((await docker.listImages()).map(({ RepoTags }) => RepoTags)).toEqual([['busybox:latest']]);
});

describe('a container', () => {
  it('is run', async () => {
    const out = new PassThrough();
    const [result] = (await docker.run('busybox', ['echo', 'hello'], out)) as [
      { StatusCode: number },
    ];
    expect(result.StatusCode).toBe(0);
    expect(await text(out)).toContain('hello');
  });

  it('is attached to, started and waited for', async () => {
    const container = await docker.createContainer({
      Image: 'busybox',
      Cmd: ['sh', '-c', 'read line; echo "got $line"; echo bad >&2; exit 3'],
      OpenStdin: true,
      StdinOnce: true,
      name: 'reader',
    });
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    });
    await container.start();
    const both = outputs(stream);
    stream.end('words\n');
    expect(await container.wait()).toMatchObject({ StatusCode: 3 });
    expect(await both).toEqual(['got words\n', 'bad\n']);
    expect(
      await outputs(
        (await container.logs({
          stdout: true,
          stderr: true,
          follow: true,
        })) as NodeJS.ReadableStream,
      ),
    ).toEqual(['got words\n', 'bad\n']);
    expect((await container.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 3 });
    await container.remove();
  });

  it('runs further programs', async () => {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '1000'] });
    await container.start();
    const exec = await container.exec({
      Cmd: ['sh', '-c', 'cat; exit 4'],
      AttachStdin: true,
      AttachStdout: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const both = outputs(stream);
    stream.end('through\n');
    expect(await both).toEqual(['through\n', '']);
    expect(await exec.inspect()).toMatchObject({ ExitCode: 4, Running: false });
    expect((await container.top({ ps_args: '-o pid,comm' })).Processes).toEqual([
      [expect.stringMatching(/^\d+$/), 'sleep'],
    ]);
    expect(await container.stats({ stream: false })).toMatchObject({ pids_stats: { current: 1 } });
    await container.kill();
    await container.remove();
  });

  it('exchanges archives', async () => {
    const container = await docker.createContainer({ Image: 'busybox' });
    await container.putArchive(tarOf({ 'a/file': 'content\n' }), { path: '/root' });
    const names: string[] = [];
    const reader = extract();
    reader.on('entry', (header, stream, next) => {
      names.push(header.name);
      stream.on('end', () => next()).resume();
    });
    (await container.getArchive({ path: '/root/a' })).pipe(reader);
    await new Promise<void>((resolve) => reader.on('finish', () => resolve()));
    expect(names).toEqual(['a/', 'a/file']);
    expect(await container.changes()).toContainEqual({ Path: '/root/a/file', Kind: 1 });
    expect((await buffer(await container.export())).length).toBeGreaterThan(100_000);
    await container.remove();
  });

  it('is found by filters', async () => {
    const container = await docker.createContainer({
      Image: 'busybox',
      Labels: { crew: '12' },
      name: 'found',
    });
    const list = await docker.listContainers({ all: true, filters: { label: ['crew=12'] } });
    expect(list.map(({ Names, State }) => [Names, State])).toEqual([[['/found'], 'created']]);
    expect(await docker.listContainers({ filters: { label: ['crew=12'] } })).toEqual([]);
    await container.remove();
  });
});

it('builds from an archive', async () => {
  const context = tarOf({
    Dockerfile: 'FROM busybox\nCOPY page /page\nRUN cat /page\n',
    page: 'built\n',
  });
  const messages = await progress(await docker.buildImage(context, { t: 'site' }));
  expect(messages.map(({ stream }) => stream ?? '').join('')).toMatch(
    / ---> Running in [0-9a-f]{12}\nbuilt\n/,
  );
  expect((await docker.getImage('site').history())[0]).toMatchObject({ Tags: ['site:latest'] });
  await docker.getImage('site').remove();
});

it('makes networks and volumes', async () => {
  const network = await docker.createNetwork({ Name: 'sea', Labels: { a: 'b' } });
  expect(await network.inspect()).toMatchObject({
    Name: 'sea',
    Driver: 'bridge',
    Labels: { a: 'b' },
  });
  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '1000'] });
  await network.connect({ Container: container.id });
  await container.start();
  expect(Object.keys((await container.inspect()).NetworkSettings.Networks)).toEqual([
    'bridge',
    'sea',
  ]);
  await container.remove({ force: true });
  await network.remove();
  await docker.createVolume({ Name: 'data' });
  expect(await docker.listVolumes()).toMatchObject({ Volumes: [{ Name: 'data' }] });
  await docker.getVolume('data').remove();
});

it('is told of events as they happen', async () => {
  const events = await docker.getEvents({ filters: { type: ['volume'] } });
  const first = new Promise<string>((resolve) =>
    events.once('data', (data: Buffer) => resolve(data.toString())),
  );
  await docker.createVolume({ Name: 'news' });
  expect(JSON.parse(await first)).toMatchObject({
    Type: 'volume',
    Action: 'create',
    Actor: { ID: 'news' },
  });
  (events as Readable).destroy();
  await docker.getVolume('news').remove();
});

it('gets errors with their status and reason', async () => {
  await expect(docker.getContainer('nosuch').inspect()).rejects.toMatchObject({
    statusCode: 404,
    reason: 'no such container',
    json: { message: 'No such container: nosuch' },
  });
  await expect(docker.createContainer({ Image: 'nosuchimage' })).rejects.toMatchObject({
    statusCode: 404,
  });
  await expect(
    docker.createContainer({ Image: 'busybox', name: 'not a name' }),
  ).rejects.toMatchObject({ statusCode: 400 });
  await expect(docker.createNetwork({ Name: 'host' })).rejects.toMatchObject({ statusCode: 403 });
});

it('describes the engine', async () => {
  expect(await docker.ping()).toBeDefined();
  expect(await docker.version()).toMatchObject({ ApiVersion: '1.44', Os: 'linux', Arch: '386' });
  expect(await docker.info()).toMatchObject({ Driver: 'overlay2', CgroupVersion: '2' });
  expect(await docker.df()).toHaveProperty('Images');
  expect(await docker.pruneImages()).toHaveProperty('SpaceReclaimed');
});
