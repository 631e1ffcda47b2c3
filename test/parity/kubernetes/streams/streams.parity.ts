import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Exec, KubeConfig, Log, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../../engine/base/random.ts';
import { createClusterPki } from '../../../../engine/pki/cluster-pki.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../../engine/cluster/control-plane.node.ts';
import { kubernetesTools } from '../kubernetes-tools.ts';
import { TestKubelet } from './test-kubelet.ts';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const encoder = new TextEncoder();

/** Says the last of an answer. */
function say(
  body: WritableStreamDefaultWriter<Uint8Array>,
  text: string,
  status?: number,
): number | undefined {
  void body.write(encoder.encode(text)).then(() => body.close());
  return status;
}

let cluster: ControlPlane;
let kubelet: TestKubelet;
let home: string;
let tools: readonly string[];

const NODE = { kind: 'Node', apiVersion: 'v1', metadata: { name: 'n1' } };
const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'web' },
  spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'busybox', stdin: true }] },
};

beforeAll(async () => {
  tools = await kubernetesTools();
  home = await mkdtemp(path.join(os.tmpdir(), 'streams-'));
  const pki = await createClusterPki(
    { dnsNames: [], ipAddresses: [] },
    systemClock.now(),
    cryptoRandom,
  );
  kubelet = await TestKubelet.start(pki.apiserver);
  cluster = await startControlPlane({ port: 0, onError: console.error });
  await writeFile(path.join(home, 'kubeconfig'), cluster.kubeconfig);
  await kubectl(['create', 'serviceaccount', 'default']);
  for (const object of [NODE, POD]) await kubectl(['create', '-f', '-'], JSON.stringify(object));
  await status('node', 'n1', {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  });
  await status('pod', 'web', { phase: 'Running' });
});

afterAll(async () => {
  await cluster.close();
  await kubelet.stop();
  await rm(home, { recursive: true });
});

beforeEach(() => {
  kubelet.requests.length = 0;
});

function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcessWithoutNullStreams {
  return spawn(path.join(tools[0] ?? '', 'kubectl'), args, {
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      KUBECONFIG: path.join(home, 'kubeconfig'),
      ...env,
    },
  });
}

async function kubectl(
  args: readonly string[],
  input: string | Buffer = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const child = start(args, env);
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('latin1').on('data', (data: string) => (texts.stdout += data));
  child.stderr.on('data', (data: Buffer) => (texts.stderr += data.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...texts };
}

function status(kind: string, name: string, value: object): Promise<Outcome> {
  const patch = JSON.stringify({ status: value });
  return kubectl(['patch', kind, name, '--subresource=status', '--type=merge', '-p', patch]);
}

describe.each([
  ['WebSocket', 'GET', 'websocket', {}],
  [
    'SPDY',
    'POST',
    'SPDY/3.1',
    { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
  ],
])('streams over %s', (_name, method, protocol, env) => {
  it('run a command, with both its outputs and its exit status', async () => {
    const command = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
    expect(await kubectl(['exec', 'web', '--', ...command], '', env)).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    expect(kubelet.requests).toEqual([`${method} /exec/default/web/main ${protocol}`]);
  });

  it('carry megabytes through a command and back unharmed', async () => {
    const data = randomBytes(3_000_000);
    const { code, stdout } = await kubectl(['exec', '-i', 'web', '--', 'cat'], data, env);
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect([code, digest(Buffer.from(stdout, 'latin1'))]).toEqual([0, digest(data)]);
  });

  it('say what has no such program', async () => {
    const { code, stderr } = await kubectl(['exec', 'web', '--', 'nosuchprogram'], '', env);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('executable not found: spawn nosuchprogram ENOENT'),
    ]);
  });

  it('attach to what runs', async () => {
    const { code, stdout } = await kubectl(['attach', '-i', '-q', 'web'], 'to and fro\n', env);
    expect([code, stdout]).toEqual([0, 'to and fro\n']);
    expect(kubelet.requests).toEqual([`${method} /attach/default/web/main ${protocol}`]);
  });

  it('copy files by tar', async () => {
    const from = path.join(home, 'from.txt');
    const to = path.join(home, `to-${protocol.replace('/', '-')}.txt`);
    await writeFile(from, 'a file\n');
    expect((await kubectl(['cp', from, `web:${to}`], '', env)).code).toBe(0);
    expect(await readFile(to, 'utf8')).toBe('a file\n');
  });

  it('forward a port, to several connections at once', async () => {
    const echo = createServer((socket) => void socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as { readonly port: number };
    const child = start(['port-forward', '--address=127.0.0.1', 'pod/web', `:${port}`], env);
    try {
      const line = await new Promise<string>((resolve) =>
        child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
      );
      const local = Number(/127\.0\.0\.1:(\d+) -> /.exec(line)?.[1]);
      const talk = async (text: string): Promise<string> => {
        const script = 'exec 3<>/dev/tcp/127.0.0.1/$0; printf %s "$1" >&3; head -c ${#1} <&3';
        const bash = spawn('bash', ['-c', script, String(local), text]);
        let said = '';
        bash.stdout.on('data', (data: Buffer) => (said += data.toString()));
        await new Promise((resolve) => bash.once('close', resolve));
        return said;
      };
      const texts = ['one', 'two', 'x'.repeat(100_000)];
      expect(await Promise.all(texts.map(talk))).toEqual(texts);
      expect(kubelet.requests[0]).toBe(`${method} /portForward/default/web ${protocol}`);
    } finally {
      child.kill();
      await new Promise((resolve) => echo.close(resolve));
    }
  });
});

describe('the official JavaScript client', () => {
  function config(): KubeConfig {
    const loaded = new KubeConfig();
    loaded.loadFromString(cluster.kubeconfig);
    return loaded;
  }

  it('runs a command with input, both its outputs and its exit status', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = Promise.all([text(stdout), text(stderr)]);
    const command = ['sh', '-c', 'cat; echo err >&2; exit 3'];
    const stdin = Readable.from(['into it\n']);
    const outcome = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config())
        .exec('default', 'web', 'main', command, stdout, stderr, stdin, false, resolve)
        .catch(reject);
    });
    stdout.end();
    stderr.end();
    expect(await texts).toEqual(['into it\n', 'err\n']);
    expect(outcome).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('follows a log', async () => {
    kubelet.onLogs = (query, body) => say(body, `${query.toString()}\n`);
    const log = new PassThrough();
    const shown = text(log);
    await new Log(config()).log('default', 'web', 'main', log, { follow: true, tailLines: 5 });
    expect(await shown).toBe('follow=true&tailLines=5\n');
  });
});

describe('logs', () => {
  it('are shown with what was asked of them', async () => {
    kubelet.onLogs = (query, body) => say(body, `${query.toString()}\n`);
    const args = ['logs', 'web', '--tail=5', '--timestamps', '--previous'];
    expect(await kubectl(args)).toEqual({
      code: 0,
      stdout: 'previous=true&tailLines=5&timestamps=true\n',
      stderr: '',
    });
  });

  it('are followed as they come', async () => {
    let writeMore: () => void = () => {};
    kubelet.onLogs = (_query, body) => {
      void body.write(encoder.encode('first\n'));
      writeMore = () => {
        writeMore = () => {};
        say(body, 'second\n');
      };
      return undefined;
    };
    const child = start(['logs', '-f', 'web']);
    const seen: string[] = [];
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdout.on('data', (data: Buffer) => {
      seen.push(data.toString());
      writeMore();
    });
    await ended;
    expect(seen).toEqual(['first\n', 'second\n']);
  });

  it('may be refused by the kubelet', async () => {
    kubelet.onLogs = (_query, body) =>
      say(body, 'previous terminated container "main" not found', 400);
    expect((await kubectl(['logs', '-p', 'web'])).stderr).toBe(
      'Error from server (BadRequest): previous terminated container "main" not found\n',
    );
  });

  it('are missing when nobody is there', async () => {
    await status('node', 'n1', { daemonEndpoints: { kubeletEndpoint: { Port: 1 } } });
    expect((await kubectl(['logs', 'web'])).stderr).toBe(
      'Error from server: Get "https://127.0.0.1:1/containerLogs/default/web/main": dial tcp 127.0.0.1:1: connect: connection refused\n',
    );
  });
});
