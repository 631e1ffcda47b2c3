import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  apply,
  get,
  kubectl,
  newNamespace,
  spawnKubectl,
  tryKubectl,
  until,
  waitFor,
} from './real-cluster.ts';

/** Logs, exec, attach, cp and port-forward by the real kubectl, and probes, on real nodes. */
const pod = (name: string, script: string, more: object = {}, container: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    terminationGracePeriodSeconds: 1,
    ...more,
    containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script], ...container }],
  },
});

async function started(name: string, script: string, container: object = {}): Promise<string> {
  const namespace = await newNamespace();
  await apply(namespace, pod(name, script, {}, container));
  await waitFor(namespace, '--for=condition=Ready', `pod/${name}`);
  return namespace;
}

describe('logs', () => {
  it('are shown as they are asked for', async () => {
    const namespace = await started(
      'talk',
      'echo one; echo two >&2; sleep 1; echo three; sleep 1000',
    );
    const logs = (...args: readonly string[]) => kubectl('logs', '-n', namespace, 'talk', ...args);
    await until(async () => (await logs()).includes('three'), 'the last line');
    expect((await logs()).split('\n').toSorted()).toEqual(['one', 'three', 'two']);
    expect(await logs('--tail=1')).toBe('three');
    expect(await logs('--timestamps', '--tail=1')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{18}Z three$/);
    expect(await logs('--since=1h')).toContain('one');
    expect(await logs('--limit-bytes=3')).toHaveLength(3);
    const { stderr } = await tryKubectl(['logs', '-n', namespace, '-p', 'talk']);
    expect(stderr).toBe(
      'Error from server (BadRequest): previous terminated container "main" in pod "talk" not found\n',
    );
  });

  it('are followed to the end, and kept of the container before', async () => {
    const namespace = await newNamespace();
    const script = 'for i in 1 2 3; do echo line $i; sleep 1; done; exit 1';
    await apply(namespace, pod('short', script));
    await until(
      async () => (await tryKubectl(['logs', '-n', namespace, 'short'])).stdout !== '',
      'the first line',
    );
    expect(await kubectl('logs', '-n', namespace, '-f', 'short')).toBe('line 1\nline 2\nline 3');
    await until(async () => {
      const previous = await tryKubectl(['logs', '-n', namespace, '-p', 'short']);
      return previous.stdout === 'line 1\nline 2\nline 3\n';
    }, 'the log of the container before');
  });

  it('are not there before there is a container', async () => {
    const namespace = await newNamespace();
    await apply(namespace, pod('none', '', {}, { image: 'no-such-image' }));
    const reason = await until(async () => {
      const { stderr } = await tryKubectl(['logs', '-n', namespace, 'none']);
      return stderr.includes('image') && stderr;
    }, 'the reason');
    expect(reason).toMatch(
      /is waiting to start: (trying and failing to pull image|image can't be pulled)/,
    );
  });
});

describe('a command in a container', () => {
  it('has both outputs, input and an exit status', async () => {
    const namespace = await started('web', 'sleep 1000');
    const script = 'cat; echo err >&2; exit 3';
    expect(
      await tryKubectl(['exec', '-n', namespace, '-i', 'web', '--', 'sh', '-c', script], 'in\n'),
    ).toEqual({ status: 3, stdout: 'in\n', stderr: 'err\ncommand terminated with exit code 3\n' });
    const terminal = await kubectl(
      'exec',
      '-n',
      namespace,
      'web',
      '--',
      'sh',
      '-c',
      'test -t 1 || echo none',
    );
    expect(terminal).toBe('none');
    const { status, stderr } = await tryKubectl(['exec', '-n', namespace, 'web', '--', 'nothing']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('nothing');
  });

  it('copies files in and out', async () => {
    const namespace = await started('files', 'sleep 1000');
    const directory = await mkdtemp(path.join(tmpdir(), 'drydock-cp-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [from, to] = [path.join(directory, 'from'), path.join(directory, 'to')];
    const content = randomBytes(300_000);
    await writeFile(from, content);
    await kubectl('cp', '-n', namespace, from, 'files:/tmp/data');
    await kubectl('cp', '-n', namespace, 'files:/tmp/data', to);
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(digest(await readFile(to))).toBe(digest(content));
  });

  it('is the container itself when it is attached to', async () => {
    const namespace = await started('echo', 'read line; echo "heard $line"; sleep 1000', {
      stdin: true,
    });
    const child = spawnKubectl('attach', '-n', namespace, '-i', '-q', 'echo');
    let heard = '';
    child.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    child.stdin.write('you\n');
    expect(await until(async () => heard.includes('heard you') && heard, 'an answer')).toBe(
      'heard you\n',
    );
  });
});

it('forwards a port', async () => {
  const namespace = await started(
    'server',
    'mkdir /www && echo hello > /www/index.html && httpd -f -p 8080 -h /www',
  );
  const child = spawnKubectl('port-forward', '-n', namespace, 'pod/server', ':8080');
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const port = await until(async () => /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1], 'a local port');
  const answers = await Promise.all(
    [1, 2, 3].map(async () => (await fetch(`http://127.0.0.1:${port}/`)).text()),
  );
  expect(answers).toEqual(['hello\n', 'hello\n', 'hello\n']);
});

describe('probes', () => {
  const eventsOf = (namespace: string, name: string) =>
    kubectl(
      'get',
      'events',
      '-n',
      namespace,
      '--field-selector',
      `involvedObject.name=${name}`,
      '-o',
      'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}',
    );

  it('make a Pod ready when its server answers', async () => {
    const namespace = await newNamespace();
    const serve = 'mkdir /www; httpd -p 8080 -h /www; sleep 1000';
    const readinessProbe = {
      httpGet: { path: '/ready', port: 8080 },
      periodSeconds: 1,
    };
    await apply(namespace, pod('web', serve, {}, { readinessProbe }));
    await until(
      async () =>
        (await eventsOf(namespace, 'web')).includes(
          'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404',
        ),
      'a failed probe',
    );
    expect(
      await kubectl(
        'get',
        'pod',
        '-n',
        namespace,
        'web',
        '-o',
        'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
      ),
    ).toBe('False');
    await kubectl('exec', '-n', namespace, 'web', '--', 'sh', '-c', 'echo yes > /www/ready');
    await waitFor(namespace, '--for=condition=Ready', 'pod/web');
  });

  it('restart a container that is not alive', async () => {
    const namespace = await newNamespace();
    const livenessProbe = {
      exec: { command: ['test', '-e', '/tmp/alive'] },
      periodSeconds: 1,
      failureThreshold: 2,
    };
    await apply(
      namespace,
      pod('dying', 'touch /tmp/alive; sleep 5; rm /tmp/alive; sleep 1000', {}, { livenessProbe }),
    );
    await until(async () => {
      const { status } = (await get(namespace, 'pod/dying')) as {
        status: { containerStatuses?: readonly { restartCount: number }[] };
      };
      return (status.containerStatuses?.[0]?.restartCount ?? 0) > 0;
    }, 'a restart');
    expect(await eventsOf(namespace, 'dying')).toContain(
      'Killing: Container main failed liveness probe, will be restarted',
    );
  });

  it('fail where nobody listens', async () => {
    const namespace = await newNamespace();
    const readinessProbe = { tcpSocket: { port: 9 }, periodSeconds: 1 };
    await apply(namespace, pod('deaf', 'sleep 1000', {}, { readinessProbe }));
    const events = await until(async () => {
      const found = await eventsOf(namespace, 'deaf');
      return found.includes('Unhealthy') && found;
    }, 'a refused connection');
    expect(events).toMatch(
      /Readiness probe failed: dial tcp [\d.]+:9: connect: connection refused/,
    );
  });
});
