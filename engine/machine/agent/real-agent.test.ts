import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentStreams, FileEvent } from '../../api/agent.ts';
import { SeededRandom } from '../../base/random.ts';
import { AgentClient, collect, finish } from './agent-client.ts';
import { AgentError } from './agent-error.ts';
import { AgentSession } from './agent-session.ts';
import { buildAgent, type RealAgent } from './real-agent.node.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);

let build: Awaited<ReturnType<typeof buildAgent>>;
let agent: RealAgent;
let session: AgentSession;
let client: AgentClient;
let folder: string;

beforeAll(async () => {
  build = await buildAgent();
}, 180_000);
afterAll(() => build.remove());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-test-'));
  agent = build.start();
  session = new AgentSession(agent.channel);
  client = new AgentClient(session);
  await session.ready();
});
afterEach(async () => {
  session.dispose();
  await agent.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the channel', () => {
  it('answers hello', async () => {
    expect(await client.call('hello', {})).toMatchObject({
      version: expect.any(String),
      kernel: expect.any(String),
    });
  });

  it('finds the preamble behind garbage', async () => {
    session.dispose();
    agent.inject(new SeededRandom(1).bytes(200_000));
    session = new AgentSession(agent.channel);
    expect(await new AgentClient(session).call('hello', {})).toHaveProperty('version');
  });

  it('takes over from a session that was lost inside a frame', async () => {
    session.dispose();
    // A data frame of 16,000 bytes of which only the header arrives.
    agent.inject(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 99, 0, 0, 0x3e, 0x80));
    session = new AgentSession(agent.channel);
    expect(await new AgentClient(session).call('hello', {})).toHaveProperty('version');
  });

  it('begins anew when garbage hits a running session', async () => {
    const program = await client.exec({ argv: ['sleep', '1000'] });
    agent.inject(bytes('garbage'));
    agent.inject(new SeededRandom(2).bytes(50_000));
    await expect(finish(program)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await client.call('hello', {});
  });

  it('ends connections that their listener cannot take, for it has died', async () => {
    const path = join(folder, 'socket');
    await client.listen({ network: 'unix', address: path }, () =>
      Promise.reject(new Error('The other end of this connection is gone.')),
    );
    const connection = await client.dial({ network: 'unix', address: path });
    expect(await collect(connection.readable)).toHaveLength(0);
    await client.call('hello', {});
  });

  it('sets listeners up again after a reset', async () => {
    const path = join(folder, 'socket');
    const accepted: string[] = [];
    await client.listen({ network: 'unix', address: path }, (_remote, stream) => {
      accepted.push('connection');
      stream.readable.pipeTo(stream.writable).catch(() => {});
    });
    session.reset();
    await client.call('hello', {});
    await client.call('hello', {});
    const connection = await client.dial({ network: 'unix', address: path });
    const writer = connection.writable.getWriter();
    await writer.write(bytes('echo'));
    await writer.close();
    expect(text(await collect(connection.readable))).toBe('echo');
    expect(accepted).toHaveLength(1);
  });
});

describe('exec', () => {
  it('collects output and the exit status', async () => {
    const program = await client.exec({ argv: ['sh', '-c', 'cat; echo problem >&2; exit 7'] });
    const writer = program.stdin.getWriter();
    await writer.write(bytes('input'));
    await writer.close();
    expect(await finish(program)).toMatchObject({
      exit: { code: 7 },
      stdout: 'input',
      stderr: 'problem\n',
    });
  });

  it('says which program is missing', async () => {
    await expect(client.exec({ argv: ['no-such-program'] })).rejects.toEqual(
      new AgentError('ENOENT', 'no-such-program: command not found'),
    );
  });

  it('passes signals and reports what they did', async () => {
    const program = await client.exec({ argv: ['sleep', '1000'] });
    await program.signal('SIGTERM');
    expect((await finish(program)).exit).toMatchObject({ code: 143, signal: 'SIGTERM' });
  });

  it('does not wait for background children that keep the output open', async () => {
    const program = await client.exec({ argv: ['sh', '-c', 'sleep 1000 & echo $!'] });
    const { stdout } = await finish(program);
    await client.call('run', { argv: ['kill', stdout.trim()] });
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  it('gives a terminal a size, resizes it and sets the environment of a login', async () => {
    const program = await client.exec({
      argv: ['sh', '-c', 'stty size; read x; stty size; echo $TERM $HOME'],
      tty: { rows: 30, cols: 100 },
      login: true,
    });
    await program.resize({ rows: 40, cols: 120 });
    const writer = program.stdin.getWriter();
    await writer.write(bytes('\n'));
    const { stdout, exit } = await finish(program);
    expect(exit.code).toBe(0);
    expect(stdout).toContain('40 120');
    expect(stdout).toContain('xterm-256color /root');
  });

  it('interrupts the foreground process group of a terminal with Ctrl-C', async () => {
    const program = await client.exec({
      argv: ['sh', '-c', 'echo up; exec sleep 1000'],
      tty: { rows: 24, cols: 80 },
    });
    const reader = program.output.getReader();
    let seen = '';
    while (!seen.includes('up')) {
      const { value } = await reader.read();
      if (value?.type === 'stdout') seen += text(value.bytes);
    }
    reader.releaseLock();
    await program.stdin.getWriter().write(Uint8Array.of(3));
    expect((await finish(program)).exit.code).toBe(130);
  });

  it('loses nothing of 12 MB while the reader is slow', async () => {
    const program = await client.exec({ argv: ['sh', '-c', 'head -c 12000000 /dev/zero'] });
    let length = 0;
    let waits = 0;
    for await (const frame of program.output) {
      if (frame.type !== 'stdout') continue;
      length += frame.bytes.length;
      if (waits++ % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(length).toBe(12_000_000);
  });

  it('runs many at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        client.call('run', { argv: ['echo', String(index)] }),
      ),
    );
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(
      Array.from({ length: 60 }, (_, index) => String(index)),
    );
  });

  it('hangs up on a program whose host leaves', async () => {
    const mark = join(folder, 'hup');
    const program = await client.exec({
      argv: [
        'bash',
        '-c',
        `trap 'echo hup > ${mark}.part; mv ${mark}.part ${mark}; exit' HUP; echo up; while :; do read -t 1000 x || :; done`,
      ],
      tty: { rows: 24, cols: 80 },
    });
    const watch = await client.messages('file.watch', { path: folder });
    const reader = program.output.getReader();
    await reader.read();
    reader.releaseLock();
    await program.close();
    for await (const event of watch) if (event.path === mark) break;
    expect(await client.readTextFile(mark)).toBe('hup\n');
  });
});

describe('files', () => {
  it('writes, reads, lists, renames and removes', async () => {
    await client.writeFile(`${folder}/a/b.txt`, 'content', { makeParents: true, mode: 0o640 });
    expect(await client.readTextFile(`${folder}/a/b.txt`)).toBe('content');
    expect((await client.call('file.list', { path: `${folder}/a` })).entries).toMatchObject([
      { name: 'b.txt', kind: 'file', size: 7, mode: 0o640 },
    ]);
    await client.call('file.rename', { from: `${folder}/a/b.txt`, to: `${folder}/a/c.txt` });
    expect(
      text(
        await collect(
          (await client.openFile({ path: `${folder}/a/c.txt`, offset: 2, length: 3 })).readable,
        ),
      ),
    ).toBe('nte');
    await client.call('file.remove', { path: `${folder}/a`, recursive: true });
    await expect(client.call('file.stat', { path: `${folder}/a` })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('adds to the end of a file, which it makes', async () => {
    const path = `${folder}/log/0.log`;
    await client.writeFile(path, 'one\n', { append: true, makeParents: true, mode: 0o640 });
    await client.writeFile(path, 'two\n', { append: true });
    expect(await client.readTextFile(path)).toBe('one\ntwo\n');
    expect(await client.call('file.stat', { path })).toMatchObject({ mode: 0o640 });
  });

  it('keeps 10 MB as they are in both directions', async () => {
    const content = new SeededRandom(7).bytes(10_000_000);
    await client.writeFile(`${folder}/big`, content);
    expect(Buffer.compare(await client.readFile(`${folder}/big`), content)).toBe(0);
  });

  it('leaves the old file when the host breaks off', async () => {
    await client.writeFile(`${folder}/kept`, 'old');
    const { stream } = await client.open('file.write', { path: `${folder}/kept` });
    const writer = stream.writable.getWriter();
    await writer.write(bytes('new'));
    await writer.abort();
    session.reset();
    expect(await client.readTextFile(`${folder}/kept`)).toBe('old');
    expect((await client.call('file.list', { path: folder })).entries).toHaveLength(1);
  });

  it('tells what changes, in new directories too', async () => {
    const watch = await client.messages('file.watch', { path: folder, ignore: ['*.log'] });
    await client.call('run', {
      argv: ['sh', '-c', 'echo > x.log; mkdir -p d/e && echo 1 > d/e/f && rm d/e/f'],
      cwd: folder,
    });
    await client.writeFile(`${folder}/last`, '');
    const events: FileEvent[] = [];
    for await (const event of watch) {
      events.push(event);
      if (event.path === `${folder}/last`) break;
    }
    expect(events.map(({ kind, path }) => `${kind} ${path.slice(folder.length)}`)).toEqual(
      expect.arrayContaining(['created /d', 'created /d/e', 'created /last']),
    );
    expect(events.some(({ path }) => path.includes('.log') || path.includes('.drydock'))).toBe(
      false,
    );
  });

  it('follows a file that grows', async () => {
    await client.writeFile(`${folder}/log`, 'one\n');
    const { readable } = await client.openFile({ path: `${folder}/log`, follow: true });
    const reader = readable.getReader();
    expect(text((await reader.read()).value ?? bytes(''))).toBe('one\n');
    await client.call('run', { argv: ['sh', '-c', 'echo two >> log'], cwd: folder });
    expect(text((await reader.read()).value ?? bytes(''))).toBe('two\n');
    await reader.cancel();
  });

  it('follows a log over its rotation, and what is still written to the old file', async () => {
    await client.writeFile(`${folder}/0.log`, 'one\n');
    const { readable, finish: end } = await client.openFile({
      path: `${folder}/0.log`,
      follow: true,
    });
    const reader = readable.getReader();
    const next = async (): Promise<string> => text((await reader.read()).value ?? bytes(''));
    const run = (script: string) => client.call('run', { argv: ['sh', '-c', script], cwd: folder });
    expect(await next()).toBe('one\n');
    await run('mv 0.log 0.log.1; echo two >> 0.log.1');
    expect(await next()).toBe('two\n');
    await run('echo three > 0.log');
    expect(await next()).toBe('three\n');
    await run('mv 0.log 0.log.2; echo four > 0.log');
    expect(await next()).toBe('four\n');
    await run('rm 0.log');
    await end();
    expect(await reader.read()).toMatchObject({ done: true });
  });
});

describe('tar', () => {
  it('carries a tree there and back: links, modes, hard links, names outside ASCII', async () => {
    const make =
      'mkdir -p in/sub && echo one > in/a && ln in/a in/sub/hard && ln -s /etc/passwd in/link && chmod 4711 in/a && echo ü > in/ü && mkfifo in/pipe';
    await client.call('run', { argv: ['sh', '-c', `${make} && mkdir out`], cwd: folder });
    const archive = await client.readTar({ path: `${folder}/in` });
    await client.writeTar({ path: `${folder}/out` }, archive);
    const list = async (name: string): Promise<string> =>
      (
        await client.call('run', {
          argv: ['sh', '-c', 'find . -mindepth 1 -printf "%p %y %m %n %l\\n" | sort'],
          cwd: `${folder}/${name}`,
        })
      ).stdout;
    expect(await list('out')).toBe(await list('in'));
    expect(await client.readTextFile(`${folder}/out/sub/hard`)).toBe('one\n');
  });

  it('stays inside a root whatever links say', async () => {
    await client.call('run', {
      argv: [
        'sh',
        '-c',
        'mkdir -p root/real in/evil && ln -s /real root/link && ln -s ../../.. root/up && echo x > in/evil/f',
      ],
      cwd: folder,
    });
    await client.writeTar(
      { path: '/link', root: `${folder}/root` },
      await client.readTar({ path: `${folder}/in` }),
    );
    await client.writeTar(
      { path: '/up', root: `${folder}/root` },
      await client.readTar({ path: `${folder}/in` }),
    );
    expect(await client.readTextFile(`${folder}/root/real/evil/f`)).toBe('x\n');
    expect(await client.readTextFile(`${folder}/root/evil/f`)).toBe('x\n');
    const names = text(
      await collect(
        await client.readTar({ path: '/', root: `${folder}/root`, names: ['link/evil'] }),
      ),
    );
    expect(names).toContain('link/evil/f');
  });

  it('names what is in a directory after its dot, as docker cp DIRECTORY/. wants it', async () => {
    await client.call('run', {
      argv: ['sh', '-c', 'mkdir -p dot/sub && echo x > dot/sub/f'],
      cwd: folder,
    });
    const archive = text(
      await collect(await client.readTar({ path: `${folder}/dot`, names: ['.'] })),
    );
    expect(archive.match(/\.\/[a-z/]*/g)).toEqual(['./', './sub/', './sub/f']);
  });

  it('says what is wrong with an archive, while the host still sends', async () => {
    await expect(
      client.writeTar({ path: folder }, new SeededRandom(3).bytes(2_000_000)),
    ).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('sockets', () => {
  it('refuses to dial where nobody listens', async () => {
    await expect(client.dial({ network: 'unix', address: `${folder}/none` })).rejects.toMatchObject(
      { code: 'ENOENT' },
    );
  });

  it('carries connections of a listener to the host, half-closes included', async () => {
    const stop = await client.listen({ network: 'tcp', address: '127.0.0.1:0' }, () => undefined);
    await stop();
    const path = `${folder}/s`;
    await client.listen({ network: 'unix', address: path, mode: 0o600 }, (_remote, stream) => {
      void (async () => {
        const request = await collect(stream.readable);
        const writer = stream.writable.getWriter();
        await writer.write(bytes(`got ${request.length}`));
        await writer.close();
      })();
    });
    const connection = await client.dial({ network: 'unix', address: path });
    const writer = connection.writable.getWriter();
    await writer.write(new Uint8Array(3_000_000));
    await writer.close();
    expect(text(await collect(connection.readable))).toBe('got 3000000');
  });

  it('speaks TLS on both sides, and hands on what a client shows', async () => {
    const { certificate, key } = TESTER;
    const path = `${folder}/tls`;
    let shown: readonly Uint8Array[] = [];
    const tls = { certificate, key, requestClientCertificate: true };
    const listening = { network: 'unix', address: path, tls } as const;
    await client.listen(listening, (_remote, stream, certificates) => {
      shown = certificates;
      stream.readable.pipeTo(stream.writable).catch(() => {});
    });
    const trust = { serverName: 'server.example', authorities: certificate };
    const dial = (options: NonNullable<AgentStreams['dial']['request']['tls']>) =>
      client.dial({ network: 'unix', address: path, tls: options });
    const connection = await dial({ ...trust, certificate, key });
    const writer = connection.writable.getWriter();
    await writer.write(bytes('secret'));
    await writer.close();
    expect(text(await collect(connection.readable))).toBe('secret');
    expect(shown.map((der) => Buffer.from(der).toString('base64'))).toEqual([
      certificate.replaceAll(/-----.*-----|\s/g, ''),
    ]);
    await expect(dial({ ...trust, serverName: 'other.example' })).rejects.toMatchObject({
      code: 'ETLS',
      message:
        'tls: failed to verify certificate: x509: certificate is valid for server.example, not other.example',
    });
    await (await dial({})).writable.close();
  });
});

/** Signed by itself, for a hundred years. */
const TESTER = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBJorkGBEgv4tqHfU
oMda3ytvu3Nel5P0mT3JmvCKeZehRANCAATB8nkOKLmO3STNINRS8NoOPx9S4BNU
DRB3oa/k0VuDcCgJM01hUEPUXdfTass/N/5k5b3a/mQgVfHcNmSMg8iZ
-----END PRIVATE KEY-----
`,
  certificate: `-----BEGIN CERTIFICATE-----
MIIBlTCCATqgAwIBAgIUOB+OR9LrhVsdTRUcnXGq+/0dMAgwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGdGVzdGVyMCAXDTI2MTEyNjE4MjMxOVoYDzIxMjYxMTAyMTgy
MzE5WjARMQ8wDQYDVQQDDAZ0ZXN0ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATB8nkOKLmO3STNINRS8NoOPx9S4BNUDRB3oa/k0VuDcCgJM01hUEPUXdfTass/
N/5k5b3a/mQgVfHcNmSMg8iZo24wbDAdBgNVHQ4EFgQUIFv6hi7gS4Ot22WJK/3T
njV7CvUwHwYDVR0jBBgwFoAUIFv6hi7gS4Ot22WJK/3TnjV7CvUwDwYDVR0TAQH/
BAUwAwEB/zAZBgNVHREEEjAQgg5zZXJ2ZXIuZXhhbXBsZTAKBggqhkjOPQQDAgNJ
ADBGAiEAoB+neI8wxBAK0rAx7gqqdSzb7xYMh/dWLx2gV79BvsYCIQCjIpafFzzO
vH7X+a4a4xd8Pna5pVJwkYl1vt0AhcSb5g==
-----END CERTIFICATE-----
`,
};
