import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAll, type TakenOver } from '../http/index.ts';
import { request, settled, TestDock } from './test-dock.node.ts';

const decoder = new TextDecoder();
let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

function message(text: string): string {
  return `${JSON.stringify({ message: text })}\n`;
}

describe('versions and errors', () => {
  it('has the headers of dockerd', async () => {
    const { headers, body } = await dock.call('GET', '/_ping');
    expect(body).toBe('OK');
    expect(Object.fromEntries(headers)).toMatchObject({
      'api-version': '1.44',
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
      'client version 1.99 is too new. Maximum supported API version is 1.44',
    ],
    [
      'GET',
      '/v1.10/info',
      400,
      'client version 1.10 is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version',
    ],
    ['GET', '/v1.41/nothing', 404, 'page not found'],
    ['GET', '/containers/nope/json', 404, 'No such container: nope'],
    ['GET', '/images/nope/json', 404, 'No such image: nope:latest'],
    ['GET', '/volumes/nope', 404, 'get nope: no such volume'],
    ['GET', '/networks/nope', 404, 'network nope not found'],
    ['GET', '/exec/nope/json', 404, 'No such exec instance: nope'],
    ['GET', '/containers/json?filters={"x":["y"]}', 400, "Invalid filter 'x'"],
    ['GET', '/containers/json?filters=[', 400, 'invalid filter: ['],
    ['GET', '/containers/json?filters={"status":["x"]}', 400, "Invalid filter 'status=x'"],
    ['GET', '/containers/json?filters={"since":["nosuch"]}', 404, 'no such container nosuch'],
    ['POST', '/containers/create?name=x!', 400, 'no image specified'],
  ])('%s %s', async (method, path, status, text) => {
    expect(await dock.call(method, path, method === 'POST' ? {} : undefined)).toMatchObject({
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
    const answer = await dock.engine.handle({
      ...request('POST', '/containers/create'),
      headers: new Headers({ 'content-type': 'application/json' }),
      body,
    });
    expect(answer.status).toBe(status);
  });
});

describe('create', () => {
  it('completes the configuration from the image', async () => {
    await dock.create('one', { Cmd: ['echo', 'hi'], Env: ['A=b'], ExposedPorts: { '80': {} } });
    expect(await dock.get('/containers/one/json')).toMatchObject({
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
    const id = await dock.create('one');
    expect(
      (await dock.call('POST', '/containers/create?name=one', { Image: 'busybox' })).body,
    ).toBe(
      message(
        `Conflict. The container name "/one" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
      ),
    );
    expect(await dock.call('POST', '/containers/create', { Image: 'nope' })).toMatchObject({
      status: 404,
      body: message('No such image: nope:latest'),
    });
    expect(
      (
        await dock.call('POST', '/containers/create', {
          Image: 'busybox',
          HostConfig: { Memory: 1024 },
        })
      ).body,
    ).toBe(message('Minimum memory limit allowed is 6MB'));
    expect(
      (await dock.call('POST', '/containers/create', { Image: 'busybox', Entrypoint: [''] })).body,
    ).toBe(message('No command specified'));
  });

  it('makes volumes for -v and VOLUME, and refuses to lose them while in use', async () => {
    const id = await dock.create('one', { HostConfig: { Binds: ['data:/data:ro', '/srv:/srv'] } });
    expect(await dock.get('/containers/one/json')).toMatchObject({
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
    expect(await dock.call('DELETE', '/volumes/data')).toMatchObject({
      status: 409,
      body: message(`remove data: volume is in use - [${id}]`),
    });
  });
});

describe('life', () => {
  it('starts, answers 304 when there is nothing to do, stops with the right signals', async () => {
    const id = await dock.run('one');
    expect((await dock.call('POST', '/containers/one/start')).status).toBe(304);
    expect(await dock.call('DELETE', '/containers/one')).toMatchObject({
      status: 409,
      body: message(
        `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
      ),
    });
    const stopped = dock.call('POST', '/containers/one/stop?t=3');
    await settled();
    expect(dock.agent.signals).toEqual(['SIGTERM']);
    dock.clock.advance(3000);
    expect((await stopped).status).toBe(204);
    expect(dock.agent.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect((await dock.call('POST', '/containers/one/stop')).status).toBe(304);
    expect((await dock.call('POST', '/containers/one/kill')).body).toBe(
      message(`Cannot kill container: one: Container ${id} is not running`),
    );
  });

  it('answers a wait before the container ends, and removes it after with AutoRemove', async () => {
    const id = await dock.create('one', { HostConfig: { AutoRemove: true } });
    const waiting = await dock.engine.handle(
      request('POST', '/containers/one/wait?condition=removed'),
    );
    await dock.call('POST', '/containers/one/start');
    dock.exit(id, 3);
    if ('takeOver' in waiting || !(waiting.body instanceof ReadableStream))
      throw new Error('no stream');
    expect(decoder.decode(await readAll(waiting.body))).toBe('{"Error":null,"StatusCode":3}\n');
    expect(await dock.get('/containers/json?all=1')).toEqual([]);
  });

  it('restarts by policy, waiting longer each time, and gives up', async () => {
    const id = await dock.run('one', {
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
    });
    for (const wait of [100, 200]) {
      dock.exit(id, 1);
      await settled();
      expect(await dock.get('/containers/one/json')).toMatchObject({
        State: { Status: 'restarting', Restarting: true },
      });
      for (const request of ['exec', 'pause'])
        expect(
          await dock.call('POST', `/containers/one/${request}`, { Cmd: ['true'] }),
        ).toMatchObject({
          status: 409,
          body: expect.stringContaining(
            `Container ${id} is restarting, wait until the container is running`,
          ) as string,
        });
      dock.clock.advance(wait - 1);
      expect(dock.runtime.container(id).state).toBe('exited');
      let during: unknown;
      dock.agent.before.set('task.start reply', async () => {
        during = await dock.get('/containers/one/json');
      });
      dock.clock.advance(1);
      await settled();
      expect(during).toMatchObject({ State: { Status: 'restarting' } });
      expect(dock.runtime.container(id).state).toBe('running');
    }
    dock.exit(id, 1);
    await settled();
    expect(await dock.get('/containers/one/json')).toMatchObject({
      RestartCount: 2,
      State: { Status: 'exited', ExitCode: 1 },
    });
  });

  it('says failures to start in Docker’s words', async () => {
    await dock.create('one', { Cmd: ['nosuch'] });
    dock.agent.failures.set('task.start', {
      code: 'ETASK',
      message: 'executable file `nosuch` not found in $PATH: No such file or directory',
    });
    expect(await dock.call('POST', '/containers/one/start')).toMatchObject({
      status: 400,
      body: message(
        'failed to create shim task: OCI runtime create failed: crun create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown',
      ),
    });
    expect(await dock.get('/containers/one/json')).toMatchObject({
      State: { Status: 'created', ExitCode: 127 },
    });
    const ports = { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '80' }] } } };
    await dock.run('first', ports);
    await dock.create('second', ports);
    expect((await dock.call('POST', '/containers/second/start')).body).toMatch(
      /driver failed programming external connectivity on endpoint second \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:80 failed: port is already allocated/,
    );
  });

  it('finds its containers again', async () => {
    await dock.run('one');
    await dock.replaceEngine();
    expect(await dock.get('/containers/json')).toMatchObject([
      { Names: ['/one'], State: 'running', Image: 'busybox' },
    ]);
  });

  it.each([
    ['always', 0, 'running'],
    ['unless-stopped', 0, 'running'],
    ['on-failure', 0, 'exited'],
    ['on-failure', 3, 'running'],
    ['no', 3, 'exited'],
  ])('after an engine death, with policy %s and exit code %i: %s', async (Name, code, status) => {
    const id = await dock.run('one', { HostConfig: { RestartPolicy: { Name } } });
    await dock.replaceEngine(() => dock.exit(id, code));
    expect(await dock.get('/containers/one/json')).toMatchObject({ State: { Status: status } });
  });

  it('starts again after an engine death what was stopped by hand only with policy always', async () => {
    for (const Name of ['always', 'unless-stopped']) {
      const id = await dock.run(Name, { HostConfig: { RestartPolicy: { Name } } });
      const stopped = dock.call('POST', `/containers/${Name}/stop`);
      await settled();
      dock.exit(id, 0);
      await stopped;
    }
    await dock.replaceEngine();
    expect(await dock.get('/containers/json')).toMatchObject([{ Names: ['/always'] }]);
  });

  it('tells published ports when they change', async () => {
    const seen: number[][] = [];
    dock.engine.onPorts((ports) => seen.push(ports.map(({ port }) => port)));
    const id = await dock.run('one', {
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    });
    dock.exit(id, 0);
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
    const id = await dock.create('one', { OpenStdin: true, StdinOnce: true });
    const answer = await dock.engine.handle(
      request('POST', '/containers/one/attach?stream=1&stdin=1&stdout=1&stderr=1'),
    );
    if (!('takeOver' in answer)) throw new Error('not taken over');
    expect(answer.status).toBe(200);
    const client = connect(answer);
    void client.send.write(new TextEncoder().encode('typed'));
    void client.send.close();
    await dock.call('POST', '/containers/one/start');
    dock.agent.write(id, 'stdout', 'out');
    dock.agent.write(id, 'stderr', 'err');
    await settled();
    dock.exit(id, 0);
    const bytes = await client.received;
    expect([...bytes.subarray(0, 8)]).toEqual([1, 0, 0, 0, 0, 0, 0, 3]);
    expect(decoder.decode(bytes.subarray(8, 11))).toBe('out');
    expect([...bytes.subarray(11, 19)]).toEqual([2, 0, 0, 0, 0, 0, 0, 3]);
    await client.over;
    expect(dock.agent.inputOf(id)).toBe('typed<end>');
  });

  it('is raw on a terminal, and ends at the detach keys while the container goes on', async () => {
    const id = await dock.run('one', { Tty: true, OpenStdin: true });
    const answer = await dock.engine.handle(
      request('POST', '/containers/one/attach?stream=1&stdin=1&stdout=1'),
    );
    if (!('takeOver' in answer)) throw new Error('not taken over');
    const client = connect(answer);
    await settled();
    dock.agent.write(id, 'stdout', '$ ');
    for (const key of [[0x61], [0x10], [0x11]]) await client.send.write(Uint8Array.from(key));
    await client.over;
    expect(decoder.decode(await client.received)).toBe('$ ');
    expect(dock.agent.inputOf(id)).toBe('a');
    expect(dock.runtime.container(id).state).toBe('running');
  });

  it('goes over a WebSocket, with its frames instead of Docker’s', async () => {
    const id = await dock.run('box', { OpenStdin: true });
    const path = '/containers/box/attach/ws?stream=1&stdin=1&stdout=1&stderr=1';
    const answer = await dock.engine.handle(
      request('GET', path, undefined, {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }),
    );
    if (!('takeOver' in answer)) throw new Error('not taken over');
    expect([answer.status, answer.headers.get('upgrade')]).toEqual([101, 'websocket']);
    const client = connect(answer);
    const hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    await client.send.write(Uint8Array.from(hello));
    await expect.poll(() => dock.agent.inputOf(id)).toBe('Hello');
    dock.agent.write(id, 'stderr', 'said');
    await settled();
    dock.exit(id, 0);
    const received = await client.received;
    expect([...received]).toEqual([0x82, 4, ...new TextEncoder().encode('said'), 0x88, 2, 3, 232]);
    const plain = await dock.call('GET', path);
    expect([plain.status, plain.body]).toEqual([400, message('not websocket protocol')]);
  });
});

it('says that there is no swarm, and no plugin', async () => {
  for (const kind of ['services', 'nodes', 'secrets'])
    expect((await dock.call('GET', `/${kind}`)).status).toBe(503);
  expect(await dock.get('/plugins')).toEqual([]);
});

describe('what is seen', () => {
  it('lists by status, name and limit, newest first', async () => {
    await dock.run('one');
    dock.clock.advance(5000);
    await dock.create('two');
    const names = async (query: string): Promise<unknown> =>
      ((await dock.get(`/containers/json${query}`)) as { Names: string[] }[]).flatMap(
        ({ Names }) => Names,
      );
    expect(await names('')).toEqual(['/one']);
    expect(await names('?all=1')).toEqual(['/two', '/one']);
    expect(await names('?limit=1')).toEqual(['/two']);
    expect(await names('?filters={"status":["created"]}')).toEqual(['/two']);
    expect(await names('?all=1&filters={"name":["^/on"]}')).toEqual(['/one']);
  });

  it('lists by the ports of the machine that are published, and those that are exposed', async () => {
    await dock.run('web', {
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8081' }] } },
    });
    const found = async (filter: string, port: string): Promise<number> =>
      ((await dock.get(`/containers/json?filters={"${filter}":["${port}"]}`)) as unknown[]).length;
    expect(await found('publish', '8081')).toBe(1);
    expect(await found('publish', '8080-8090/tcp')).toBe(1);
    expect(await found('publish', '80')).toBe(0);
    expect(await found('publish', '8081/udp')).toBe(0);
    expect(await found('expose', '80')).toBe(1);
    expect(await found('expose', '8081')).toBe(0);
  });

  it('describes processes and readings', async () => {
    dock.agent.programs.set('ps', () => ({
      stdout: 'UID PID CMD\nroot 1 init of all\nroot 40 sleep 1000\n',
    }));
    await dock.run('one');
    expect(await dock.get('/containers/one/top')).toEqual({
      Titles: ['UID', 'PID', 'CMD'],
      Processes: [['root', '40', 'sleep 1000']],
    });
    dock.agent.programs.set('ps', () => ({ code: 1, stderr: 'error: no\n\nUsage:\n ps\n' }));
    expect(await dock.call('GET', '/containers/one/top?ps_args=-Z')).toMatchObject({
      status: 500,
      body: '{"message":"ps: error: no"}\n',
    });
    expect(await dock.get('/containers/one/stats?stream=0&one-shot=1')).toMatchObject({
      name: '/one',
      memory_stats: { usage: 4096, limit: 1000 },
      cpu_stats: { cpu_usage: { total_usage: 1_000_000 }, online_cpus: 1 },
      networks: { eth0: { rx_bytes: 1, tx_bytes: 2 } },
    });
    // A client in Go takes no number that is larger.
    expect((await dock.call('GET', '/containers/one/stats?stream=0&one-shot=1')).body).toContain(
      '"pids_stats":{"current":1,"limit":18446744073709551615}',
    );
  });

  it('replays events, filtered', async () => {
    const id = await dock.run('one');
    dock.exit(id, 2);
    await settled();
    const until = Math.trunc(dock.clock.now() / 1000) + 1;
    dock.clock.advance(2000);
    const { body } = await dock.call(
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
    const id = await dock.create('one');
    const { status, body } = await dock.call('DELETE', '/images/busybox');
    expect(status).toBe(409);
    expect(body).toContain(
      `conflict: unable to remove repository reference \\"busybox\\" (must force) - container ${id.slice(0, 12)} is using its referenced image`,
    );
    await dock.call('DELETE', '/containers/one');
    expect(await dock.call('DELETE', '/images/busybox')).toMatchObject({ status: 200 });
    expect(await dock.get('/images/json')).toEqual([]);
  });

  it('tells a failed pull by status before anything was written', async () => {
    const { status, body } = await dock.call('POST', '/images/create?fromImage=secret&tag=latest');
    expect(status).toBe(404);
    expect(body).toContain(
      "pull access denied for secret, repository does not exist or may require 'docker login'",
    );
  });
});
