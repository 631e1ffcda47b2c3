import { beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../../api/byte-stream.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { ByteReader } from '../../http/byte-reader.ts';
import { readAll, type HttpHandler, type TakenOver } from '../../http/index.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { ContainerState } from '../../objects/generated/core-v1.generated.ts';
import { DEFAULT_CONFIGURATION } from '../configuration.ts';
import type { KubeletContext } from '../contracts.ts';
import { FakeCri } from '../testing/fake-cri.ts';
import { FakePods } from '../testing/fake-pods.ts';
import { runtimePodOf } from '../testing/runtime-pod.ts';
import { startContainer } from '../testing/start-container.ts';
import { kubeletServer } from './kubelet-server.ts';

let cri: FakeCri;
let pods: FakePods;
let handler: HttpHandler;
let containerId: string;
const decoder = new TextDecoder();

const files: Readonly<Record<string, string>> = {
  '/logs/web/0.log': '2026-11-26T18:00:00Z stdout F hello\n',
  '/var/log/messages': 'booted\n',
};

/** The files above, as an agent has them. */
const agent = {
  call: async (op: string, { path }: { path: string }) => {
    const below = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
    if (op === 'file.list')
      return {
        entries: below.map((name) => ({ name: name.slice(path.length + 1), kind: 'file' })),
      };
    if (below.length > 0) return { kind: 'directory', size: 0 };
    return { kind: 'file', size: contentOf(path).length };
  },
  openFile: async ({ path, offset = 0 }: { path: string; offset?: number }) => ({
    readable: new Blob([contentOf(path).slice(offset)]).stream(),
    finish: async () => undefined,
  }),
};

function contentOf(path: string): string {
  const content = files[path];
  if (content === undefined)
    throw new AgentError('ENOENT', `open ${path}: no such file or directory`);
  return content;
}

beforeEach(async () => {
  const clock = new FakeClock();
  cri = new FakeCri(clock);
  pods = new FakePods();
  containerId = await startContainer(cri, 'web');
  pods.set({
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'web', image: 'nginx', tty: false }, { name: 'other' }] },
  });
  pods.runtimes.set('uid-web', await runtimePodOf(cri, 'web'));
  state('web', { running: {} });
  const context = {
    agent,
    cri,
    pods,
    clock,
    configuration: DEFAULT_CONFIGURATION,
    onError: (error: unknown) => {
      throw error;
    },
  };
  handler = kubeletServer({
    context: context as unknown as KubeletContext,
    summary: async () => ({ node: { nodeName: 'worker-1' }, pods: [] }),
    metrics: new Map([['/probes', async () => 'probes 1\n']]),
  });
});

function state(name: string, now: ContainerState, last?: ContainerState): void {
  pods.setStatus('web', {
    containerStatuses: [
      {
        name,
        image: '',
        imageID: '',
        ready: true,
        restartCount: 0,
        containerID: `drydock://${containerId}`,
        state: now,
        ...(last === undefined ? {} : { lastState: last }),
      },
    ],
  });
}

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return handler({
    method,
    url: `https://10.0.0.12:10250${path}`,
    headers: new Headers(headers),
    body: null,
  });
}

async function get(path: string): Promise<readonly [number, string]> {
  const answer = await ask(path);
  if ('takeOver' in answer) throw new Error('upgraded');
  return [answer.status, decoder.decode(await readAll(answer.body))];
}

describe('containerLogs', () => {
  it('shows what the container wrote', async () => {
    expect(await get('/containerLogs/default/web/web?tailLines=5')).toEqual([200, 'hello\n']);
  });

  it.each([
    ['/containerLogs/default/nope/web', 404, 'pod "nope" does not exist'],
    ['/containerLogs/default/web/nope', 404, 'container "nope" not found in pod "web"'],
    ['/containerLogs/default/web/other', 400, 'container "other" in pod "web" is not available'],
    [
      '/containerLogs/default/web/web?previous=true',
      400,
      'previous terminated container "web" in pod "web" not found',
    ],
    ['/containerLogs/default/web/web?tailLines=x', 400, '{"message": "Unable to decode query."}'],
    ['/containerLogs/default/web/web?tailLines=-1', 422, '{"message": "Invalid request."}'],
    ['/containerLogs/default/web', 404, '404 page not found\n'],
  ])('%s', async (path, status, body) => {
    expect(await get(path)).toEqual([status, body]);
  });

  it.each([
    [
      { waiting: { reason: 'ContainerCreating' } },
      undefined,
      'is waiting to start: ContainerCreating',
    ],
    [
      { waiting: { reason: 'ErrImagePull' } },
      undefined,
      "is waiting to start: image can't be pulled",
    ],
    [
      { waiting: { reason: 'ImagePullBackOff' } },
      undefined,
      'is waiting to start: trying and failing to pull image',
    ],
    [{ terminated: { exitCode: 1 } }, undefined, 'is terminated'],
    [{ waiting: {} }, { terminated: { exitCode: 1 } }, 'is terminated'],
    [{}, undefined, 'is waiting to start - no logs yet'],
  ])('%j', async (now, last, problem) => {
    state('web', now, last);
    expect(await get('/containerLogs/default/web/web')).toEqual([
      400,
      `container "web" in pod "web" ${problem}`,
    ]);
  });

  it('finds the log of the container before', async () => {
    const last = { terminated: { exitCode: 1, containerID: `drydock://${containerId}` } };
    state('web', { waiting: { reason: 'CrashLoopBackOff' } }, last);
    expect(await get('/containerLogs/default/web/web')).toEqual([200, 'hello\n']);
    expect(await get('/containerLogs/default/web/web?previous=true')).toEqual([200, 'hello\n']);
    await cri.removeContainer(containerId);
    expect(await get('/containerLogs/default/web/web')).toEqual([
      400,
      `unable to retrieve container logs for drydock://${containerId}`,
    ]);
  });
});

describe('what is read', () => {
  it.each([
    ['/healthz', 200, 'ok'],
    ['/metrics/probes', 200, 'probes 1\n'],
    ['/metrics/nothing', 404, '404 page not found\n'],
    ['/checkpoint/default/web/web', 404, '404 page not found\n'],
    ['/logs/messages', 200, 'booted\n'],
    ['/logs/nothing', 404, '404 page not found\n'],
    ['/logs/%2e%2e%2fetc', 404, '404 page not found\n'],
    ['/attach/default/web/web?output=1', 400, expect.stringContaining('unable to upgrade')],
  ])('%s', async (path, status, body) => {
    expect(await get(path)).toEqual([status, body]);
  });

  it('tells the Pods that are to run and those that do', async () => {
    expect(JSON.parse((await get('/pods'))[1])).toMatchObject({
      kind: 'PodList',
      items: [{ metadata: { name: 'web' } }],
    });
    expect(JSON.parse((await get('/runningpods/'))[1])).toMatchObject({
      items: [{ metadata: { uid: 'uid-web' }, spec: { containers: [{ name: 'web' }] } }],
    });
  });

  it('tells its configuration', async () => {
    expect(JSON.parse((await get('/configz'))[1])).toMatchObject({
      kubeletconfig: { syncFrequency: '1m0s', streamingConnectionIdleTimeout: '4h0m0s' },
    });
  });

  it('lists log files', async () => {
    expect((await get('/logs/'))[1]).toContain('<a href="messages">messages</a>\n');
  });

  it('changes nothing', async () => {
    expect((await ask('/pods', {}, 'DELETE')).status).toBe(405);
  });
});

describe('streams', () => {
  it.each([
    [
      '/exec/default/web/web?command=ls',
      400,
      'you must specify at least 1 of stdin, stdout, stderr',
    ],
    ['/exec/default/nope/web?output=1', 404, 'pod does not exist'],
    ['/exec/default/web/other?output=1', 500, 'container not found ("other")'],
    ['/attach/default/web/other?output=1', 500, 'container other not found in pod web_default'],
    ['/portForward/default/nope', 404, 'pod does not exist'],
    ['/portForward/default/web/another-uid', 404, 'pod not found'],
  ])('%s', async (path, status, body) => {
    expect(await get(path)).toEqual([status, body]);
  });

  it('are refused in a protocol that nobody knows', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': 'v9',
    };
    const answer = await ask('/exec/default/web/web?output=1&command=ls', headers, 'POST');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-accepted-stream-protocol-versions')).toContain(
      'v4.channel.k8s.io',
    );
  });

  it('run a command over a WebSocket', async () => {
    cri.onExec = (_container, command) => ({
      stdout: `ran ${command.join(' ')}`,
      stderr: 'oh',
      exitCode: 3,
    });
    const client = await connect(
      '/exec/default/web/web?output=1&error=1&command=ls&command=-l',
      'v5.channel.k8s.io,v4.channel.k8s.io',
    );
    expect(client.protocol).toBe('v5.channel.k8s.io');
    expect(await client.messages()).toEqual([
      [1, ''],
      [1, 'ran ls -l'],
      [2, 'oh'],
      [
        3,
        '{"status":"Failure","message":"command terminated with non-zero exit code: error executing command [ls -l], exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}',
      ],
    ]);
  });

  it('say why a command cannot be run', async () => {
    cri.intercept = (call) => {
      if (call === 'exec') throw new Error('no such program');
    };
    const client = await connect('/exec/default/web/web?output=1&command=x', 'v4.channel.k8s.io');
    expect((await client.messages()).at(-1)).toEqual([
      3,
      '{"status":"Failure","message":"Internal error occurred: error executing command in container: no such program","reason":"InternalError","code":500}',
    ]);
  });

  it('forward ports over the channels of a WebSocket', async () => {
    const client = await connect('/portForward/default/web?port=80,81', 'v4.channel.k8s.io');
    await client.send(Uint8Array.of(0, 104, 105));
    expect(await client.next()).toEqual([0, 'P\0']);
    expect(await client.next()).toEqual([1, 'P\0']);
    expect(await client.next()).toEqual([2, 'Q\0']);
    expect(await client.next()).toEqual([3, 'Q\0']);
    expect(await client.next()).toEqual([0, 'hi']);
    expect(cri.calls).toContain('portForward web:81');
  });
});

/** The client's end of a WebSocket: short messages only. */
async function connect(path: string, protocols: string) {
  const answer = (await ask(path, {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-protocol': protocols,
  })) as TakenOver;
  expect(answer.status).toBe(101);
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, {
    highWaterMark: 100,
  });
  const stream: ByteStream = { readable: up.readable, writable: down.writable };
  void answer.takeOver(stream);
  const reader = new ByteReader(down.readable);
  const writer = up.writable.getWriter();
  const next = async (): Promise<readonly [number, string] | undefined> => {
    const [opcode = 0, short = 0] = (await reader.exactly(2)) ?? [];
    if ((opcode & 15) === 8 || opcode === 0) return undefined;
    const [high = 0, low = 0] = short === 126 ? ((await reader.exactly(2)) ?? []) : [0, short];
    const message = (await reader.exactly(high * 256 + low)) ?? new Uint8Array(0);
    return [message[0] ?? -1, decoder.decode(message.subarray(1))];
  };
  return {
    protocol: answer.headers.get('sec-websocket-protocol'),
    next,
    async messages() {
      const all: (readonly [number, string])[] = [];
      for (let one = await next(); one !== undefined; one = await next()) all.push(one);
      return all;
    },
    send: (message: Uint8Array) =>
      writer.write(Uint8Array.of(0x82, 0x80 | message.length, 0, 0, 0, 0, ...message)),
  };
}
