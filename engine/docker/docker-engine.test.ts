import { beforeEach, describe, expect, it } from 'vitest';
import type { AgentCalls } from '../api/agent.ts';
import { readAll, type HttpRequest, type TakenOver } from '../http/index.ts';
import { RuntimeError } from '../runtime/runtime-error.ts';
import { DockerEngine } from './docker-engine.ts';
import { FakeRuntime } from './fake-runtime.ts';
import type { Guest } from './guest.ts';

const decoder = new TextDecoder();

const guest: Guest = {
  call: <Op extends keyof AgentCalls>(op: Op) => {
    const replies: Partial<Record<keyof AgentCalls, unknown>> = {
      hello: { version: '1', kernel: '6.1.0', hostname: 'dock', bootMs: 1 },
      stats: { memory: { total: 1000, available: 500 } },
      run: {
        exit: { code: 0, finishedAt: 0 },
        stdout: 'UID PID CMD\nroot 1 init of all\nroot 42 sleep 1000\n',
        stderr: '',
      },
    };
    return Promise.resolve(replies[op] as AgentCalls[Op]['reply']);
  },
  listenUnix: () => Promise.resolve(() => Promise.resolve()),
};

let fake: FakeRuntime;
let engine: DockerEngine;
beforeEach(async () => {
  fake = await FakeRuntime.create();
  engine = await open();
});

function open(): Promise<DockerEngine> {
  const { runtime, clock, random } = fake;
  return DockerEngine.open({
    runtime,
    guest,
    clock,
    random,
    registry: () => Promise.resolve(new Response('{}')),
  });
}

function request(method: string, path: string, body?: unknown): HttpRequest {
  const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
  return {
    method,
    url: `http://localhost${path}`,
    headers,
    body:
      body === undefined
        ? null
        : (new Blob([JSON.stringify(body)]).stream() as ReadableStream<Uint8Array>),
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await engine.handle(request(method, path, body));
  if ('takeOver' in answer) throw new Error('The connection was taken over.');
  const content = answer.body instanceof ReadableStream ? await readAll(answer.body) : answer.body;
  return {
    status: answer.status,
    headers: answer.headers,
    body: content === null ? '' : decoder.decode(content),
  };
}

async function get(path: string): Promise<unknown> {
  const { status, body } = await call('GET', path);
  expect(status).toBe(200);
  return JSON.parse(body);
}

async function create(name: string, body: object = {}): Promise<string> {
  const answer = await call('POST', `/v1.41/containers/create?name=${name}`, {
    Image: 'busybox',
    ...body,
  });
  expect(answer).toMatchObject({ status: 201 });
  return (JSON.parse(answer.body) as { Id: string }).Id;
}

async function run(name: string, body: object = {}): Promise<string> {
  const id = await create(name, body);
  expect(await call('POST', `/containers/${name}/start`)).toMatchObject({ status: 204 });
  return id;
}

/** Lets everything that is ready to run do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function message(text: string): string {
  return `${JSON.stringify({ message: text })}\n`;
}

describe('versions and errors', () => {
  it('has the headers of dockerd', async () => {
    const { headers, body } = await call('GET', '/_ping');
    expect(body).toBe('OK');
    expect(Object.fromEntries(headers)).toMatchObject({
      'api-version': '1.41',
      ostype: 'linux',
      'docker-experimental': 'false',
      'builder-version': '1',
    });
  });

  it.each([
    [
      'GET',
      '/v1.99/info',
      400,
      'client version 1.99 is too new. Maximum supported API version is 1.41',
    ],
    [
      'GET',
      '/v1.10/info',
      400,
      'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ],
    ['GET', '/v1.41/nothing', 404, 'page not found'],
    ['GET', '/containers/nope/json', 404, 'No such container: nope'],
    ['GET', '/images/nope/json', 404, 'No such image: nope'],
    ['GET', '/volumes/nope', 404, 'get nope: no such volume'],
    ['GET', '/networks/nope', 404, 'network nope not found'],
    ['GET', '/exec/nope/json', 404, 'No such exec instance: nope'],
    ['GET', '/containers/json?filters={"x":["y"]}', 400, "Invalid filter 'x'"],
    ['GET', '/containers/json?filters=[', 400, 'invalid filter: ['],
    ['POST', '/containers/create?name=x!', 400, 'no image specified'],
  ])('%s %s', async (method, path, status, text) => {
    expect(await call(method, path, method === 'POST' ? {} : undefined)).toMatchObject({
      status,
      body: message(text),
    });
  });

  it.each([
    ['{', 400],
    ['[]', 400],
    ['{"Image": 3}', 400],
    ['{"HostConfig": {"Memory": "lots"}, "Image": "busybox"}', 400],
  ])('refuses the body %s', async (text, status) => {
    const body = new Blob([text]).stream() as ReadableStream<Uint8Array>;
    const answer = await engine.handle({
      ...request('POST', '/containers/create'),
      headers: new Headers({ 'content-type': 'application/json' }),
      body,
    });
    expect(answer.status).toBe(status);
  });
});

describe('create', () => {
  it('completes the configuration from the image', async () => {
    await create('one', { Cmd: ['echo', 'hi'], Env: ['A=b'], ExposedPorts: { '80': {} } });
    expect(await get('/containers/one/json')).toMatchObject({
      Name: '/one',
      Path: 'echo',
      Args: ['hi'],
      State: { Status: 'created', Running: false, StartedAt: '0001-01-01T00:00:00Z' },
      Config: {
        Cmd: ['echo', 'hi'],
        Env: ['A=b', 'PATH=/bin'],
        ExposedPorts: { '80/tcp': {} },
        Image: 'busybox',
      },
      HostConfig: {
        NetworkMode: 'default',
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        ShmSize: 67_108_864,
      },
    });
  });

  it('refuses a name in use, an unknown image, and limits that make no sense', async () => {
    const id = await create('one');
    expect((await call('POST', '/containers/create?name=one', { Image: 'busybox' })).body).toBe(
      message(
        `Conflict. The container name "/one" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
      ),
    );
    expect(await call('POST', '/containers/create', { Image: 'nope' })).toMatchObject({
      status: 404,
      body: message('No such image: nope:latest'),
    });
    expect(
      (await call('POST', '/containers/create', { Image: 'busybox', HostConfig: { Memory: 1024 } }))
        .body,
    ).toBe(message('Minimum memory limit allowed is 6MB'));
    expect(
      (await call('POST', '/containers/create', { Image: 'busybox', Entrypoint: [''] })).body,
    ).toBe(message('No command specified'));
  });

  it('makes volumes for -v and VOLUME, and refuses to lose them while in use', async () => {
    const id = await create('one', { HostConfig: { Binds: ['data:/data:ro', '/srv:/srv'] } });
    expect(await get('/containers/one/json')).toMatchObject({
      Mounts: [
        {
          Type: 'volume',
          Name: 'data',
          Destination: '/data',
          Driver: 'local',
          Mode: 'ro',
          RW: false,
        },
        { Type: 'bind', Source: '/srv', Destination: '/srv', RW: true, Propagation: 'rprivate' },
      ],
    });
    expect(await call('DELETE', '/volumes/data')).toMatchObject({
      status: 409,
      body: message(`remove data: volume is in use - [${id}]`),
    });
  });
});

describe('life', () => {
  it('starts, answers 304 when there is nothing to do, stops with the right signals', async () => {
    const id = await run('one');
    expect((await call('POST', '/containers/one/start')).status).toBe(304);
    expect(await call('DELETE', '/containers/one')).toMatchObject({
      status: 409,
      body: message(
        `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
      ),
    });
    const stopped = call('POST', '/containers/one/stop?t=3');
    await settled();
    expect(fake.signals).toEqual(['SIGTERM']);
    fake.clock.advance(3000);
    expect((await stopped).status).toBe(204);
    expect(fake.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect((await call('POST', '/containers/one/stop')).status).toBe(304);
    expect((await call('POST', '/containers/one/kill')).body).toBe(
      message(`Cannot kill container: one: Container ${id} is not running`),
    );
  });

  it('answers a wait before the container ends, and removes it after with AutoRemove', async () => {
    const id = await create('one', { HostConfig: { AutoRemove: true } });
    const waiting = await engine.handle(request('POST', '/containers/one/wait?condition=removed'));
    await call('POST', '/containers/one/start');
    fake.exit(id, 3);
    if ('takeOver' in waiting || !(waiting.body instanceof ReadableStream))
      throw new Error('no stream');
    expect(decoder.decode(await readAll(waiting.body))).toBe('{"Error":null,"StatusCode":3}\n');
    expect(await get('/containers/json?all=1')).toEqual([]);
  });

  it('restarts by policy, waiting longer each time, and gives up', async () => {
    const id = await run('one', {
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
    });
    for (const wait of [100, 200]) {
      fake.exit(id, 1);
      await settled();
      expect(await get('/containers/one/json')).toMatchObject({
        State: { Status: 'restarting', Restarting: true },
      });
      fake.clock.advance(wait - 1);
      expect(fake.container(id).state).toBe('exited');
      fake.clock.advance(1);
      await settled();
      expect(fake.container(id).state).toBe('running');
    }
    fake.exit(id, 1);
    await settled();
    expect(await get('/containers/one/json')).toMatchObject({
      RestartCount: 2,
      State: { Status: 'exited', ExitCode: 1 },
    });
  });

  it('says failures to start in Docker’s words', async () => {
    await create('one', { Cmd: ['nosuch'] });
    fake.refuse = new RuntimeError(
      'START_FAILED',
      'executable file `nosuch` not found in $PATH: No such file or directory',
      { exitCode: 127 },
    );
    expect(await call('POST', '/containers/one/start')).toMatchObject({
      status: 400,
      body: message(
        'failed to create shim task: OCI runtime create failed: crun create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown',
      ),
    });
    expect(await get('/containers/one/json')).toMatchObject({
      State: { Status: 'created', ExitCode: 127 },
    });
    fake.refuse = new RuntimeError(
      'PORT_IN_USE',
      'Bind for 0.0.0.0:80 failed: port is already allocated',
    );
    expect((await call('POST', '/containers/one/start')).body).toMatch(
      /driver failed programming external connectivity on endpoint one \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:80 failed: port is already allocated/,
    );
  });

  it('finds its containers again', async () => {
    await run('one');
    await engine.close();
    engine = await open();
    expect(await get('/containers/json')).toMatchObject([
      { Names: ['/one'], State: 'running', Image: 'busybox' },
    ]);
  });

  it('tells published ports when they change', async () => {
    const seen: number[][] = [];
    engine.onPorts((ports) => seen.push(ports.map(({ port }) => port)));
    const id = await run('one', {
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    });
    fake.exit(id, 0);
    await settled();
    expect(seen).toEqual([[8080], []]);
  });
});

describe('attach', () => {
  /** Connects a client; returns its ends. */
  function connect(answer: TakenOver): {
    readonly send: WritableStreamDefaultWriter<Uint8Array>;
    readonly received: Promise<Uint8Array>;
    readonly over: Promise<void>;
  } {
    const up = new TransformStream<Uint8Array, Uint8Array>();
    const down = new TransformStream<Uint8Array, Uint8Array>();
    const over = answer.takeOver({ readable: up.readable, writable: down.writable });
    return { send: up.writable.getWriter(), received: readAll(down.readable), over };
  }

  it('sees the first byte of a container that starts later, in frames', async () => {
    const id = await create('one', { OpenStdin: true, StdinOnce: true });
    const answer = await engine.handle(
      request('POST', '/containers/one/attach?stream=1&stdin=1&stdout=1&stderr=1'),
    );
    if (!('takeOver' in answer)) throw new Error('not taken over');
    expect(answer.status).toBe(200);
    const client = connect(answer);
    void client.send.write(new TextEncoder().encode('typed'));
    void client.send.close();
    await call('POST', '/containers/one/start');
    fake.write(id, 'stdout', 'out');
    fake.write(id, 'stderr', 'err');
    await settled();
    fake.exit(id, 0);
    const bytes = await client.received;
    expect([...bytes.subarray(0, 8)]).toEqual([1, 0, 0, 0, 0, 0, 0, 3]);
    expect(decoder.decode(bytes.subarray(8, 11))).toBe('out');
    expect([...bytes.subarray(11, 19)]).toEqual([2, 0, 0, 0, 0, 0, 0, 3]);
    await client.over;
    expect(fake.inputOf(id)).toBe('typed<end>');
  });

  it('is raw on a terminal, and ends at the detach keys while the container goes on', async () => {
    const id = await run('one', { Tty: true, OpenStdin: true });
    const answer = await engine.handle(
      request('POST', '/containers/one/attach?stream=1&stdin=1&stdout=1'),
    );
    if (!('takeOver' in answer)) throw new Error('not taken over');
    const client = connect(answer);
    await settled();
    fake.write(id, 'stdout', '$ ');
    for (const key of [[0x61], [0x10], [0x11]]) await client.send.write(Uint8Array.from(key));
    await client.over;
    expect(decoder.decode(await client.received)).toBe('$ ');
    expect(fake.inputOf(id)).toBe('a');
    expect(fake.container(id).state).toBe('running');
  });
});

describe('what is seen', () => {
  it('lists by status, name and limit, newest first', async () => {
    await run('one');
    fake.clock.advance(5000);
    await create('two');
    const names = async (query: string): Promise<unknown> =>
      ((await get(`/containers/json${query}`)) as { Names: string[] }[]).flatMap(
        ({ Names }) => Names,
      );
    expect(await names('')).toEqual(['/one']);
    expect(await names('?all=1')).toEqual(['/two', '/one']);
    expect(await names('?limit=1')).toEqual(['/two']);
    expect(await names('?filters={"status":["created"]}')).toEqual(['/two']);
    expect(await names('?all=1&filters={"name":["^/on"]}')).toEqual(['/one']);
  });

  it('describes processes and readings', async () => {
    await run('one');
    expect(await get('/containers/one/top')).toEqual({
      Titles: ['UID', 'PID', 'CMD'],
      Processes: [['root', '42', 'sleep 1000']],
    });
    expect(await get('/containers/one/stats?stream=0&one-shot=1')).toMatchObject({
      name: '/one',
      memory_stats: { usage: 4096, limit: 1000 },
      cpu_stats: { cpu_usage: { total_usage: 1_000_000 }, online_cpus: 1 },
      networks: { eth0: { rx_bytes: 1, tx_bytes: 2 } },
    });
  });

  it('replays events, filtered', async () => {
    const id = await run('one');
    fake.exit(id, 2);
    await settled();
    const until = Math.trunc(fake.clock.now() / 1000) + 1;
    fake.clock.advance(2000);
    const { body } = await call(
      'GET',
      `/events?since=1&until=${until}&filters={"type":["container"]}`,
    );
    const events = body
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } },
      );
    expect(events.map(({ Action }) => Action)).toEqual(['create', 'start', 'die']);
    expect(events.at(-1)?.Actor.Attributes).toEqual({
      exitCode: '2',
      image: 'busybox',
      name: 'one',
    });
  });

  it('removes images only when nothing needs them', async () => {
    const id = await create('one');
    const { status, body } = await call('DELETE', '/images/busybox');
    expect(status).toBe(409);
    expect(body).toContain(
      `conflict: unable to remove repository reference \\"busybox\\" (must force) - container ${id.slice(0, 12)} is using its referenced image`,
    );
    await call('DELETE', '/containers/one');
    expect(await call('DELETE', '/images/busybox')).toMatchObject({ status: 200 });
    expect(await get('/images/json')).toEqual([]);
  });

  it('tells a failed pull by status before anything was written', async () => {
    const { status, body } = await call('POST', '/images/create?fromImage=secret&tag=latest');
    expect(status).toBe(404);
    expect(body).toContain(
      "pull access denied for secret, repository does not exist or may require 'docker login'",
    );
  });
});
