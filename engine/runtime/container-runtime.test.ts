import { afterEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { ContainerRuntime } from './container-runtime.ts';
import { FakeAgent } from './containers/fake-agent.ts';
import { testRuntime, turn, type TestRuntime } from './test-runtime.node.ts';

const open: ContainerRuntime[] = [];
afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime.close();
});

async function setUp(...options: Parameters<typeof testRuntime>): Promise<TestRuntime> {
  const made = await testRuntime(...options);
  open.push(made.runtime);
  return made;
}

describe('starting', () => {
  it('makes the sandbox, publishes, starts in one call, and tells', async () => {
    const { agent, config, events, published, runtime } = await setUp();
    const { id } = await runtime.createContainer(config({ user: 'web' }));
    const { container } = await runtime.startContainer(id);
    expect(agent.ops).toEqual(['sandbox.create', 'port.publish', 'task.start']);
    expect(published).toEqual([expect.stringMatching(/^[0-9a-f]{64}-run$/)]);
    expect(container).toMatchObject({
      state: 'running',
      sandbox: {
        endpoints: [
          {
            network: 'bridge',
            device: 'eth0',
            address: '172.17.0.2',
            mac: '02:42:ac:11:00:02',
            gateway: '172.17.0.1',
          },
        ],
      },
    });
    const start = agent.calls.find(({ op }) => op === 'task.start')?.request as {
      config: { process: object };
      files: { path: string; content: string }[];
    };
    expect(start.config.process).toMatchObject({
      user: { uid: 33, gid: 33 },
      env: expect.arrayContaining(['HOME=/srv', `HOSTNAME=${id.slice(0, 12)}`]) as string[],
    });
    expect(start.files.find(({ path }) => path.endsWith('/hosts'))?.content).toContain(
      `172.17.0.2\t${id.slice(0, 12)}`,
    );
    expect(events).toEqual(['created', 'started']);
  });

  it('a failure leaves nothing behind, and the next start can have all of it', async () => {
    const { agent, config, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.failures.set('task.start', {
      code: 'ETASK',
      message: 'executable file `serve` not found in $PATH: No such file or directory',
    });
    await expect(runtime.startContainer(id)).rejects.toMatchObject({
      code: 'START_FAILED',
      exitCode: 127,
    });
    expect(agent.ops.slice(-2)).toEqual(['port.withdraw', 'sandbox.remove']);
    expect(runtime.container(id)).toMatchObject({
      state: 'created',
      error: expect.stringContaining('serve') as string,
    });
    const { container } = await runtime.startContainer(id);
    expect(container.sandbox?.endpoints[0]?.address).toBe('172.17.0.2');
    expect(container.error).toBeUndefined();
  });

  it('a process that listens on the port is reported, and the sandbox goes', async () => {
    const { agent, config, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.failures.set('port.publish', { code: 'EADDRINUSE', message: 'in use' });
    await expect(runtime.startContainer(id)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message:
        'failed to bind port 0.0.0.0:8080/tcp: listen tcp4 0.0.0.0:8080: bind: address already in use',
    });
    expect(agent.ops.at(-1)).toBe('sandbox.remove');
  });

  it('an end that comes before the answer to the start is not lost', async () => {
    const { agent, config, events, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    agent.before.set('task.start reply', async () => {
      agent.exit(id, { code: 3 });
      await turn();
    });
    const { container } = await runtime.startContainer(id);
    expect(container.state).toBe('running');
    expect((await runtime.waitContainer(id)).code).toBe(3);
    expect(events).toEqual(['created', 'started', 'exited']);
  });
});

describe('ending', () => {
  it('is not ended by late news of the run before', async () => {
    const { agent, config, events, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    const { io } = await runtime.startContainer(id, { attach: true });
    agent.exit(id, { code: 1 });
    await turn();
    expect(runtime.container(id)).toMatchObject({ state: 'exited', exit: { code: 1 } });
    await runtime.startContainer(id);
    // Whoever was attached to the first run reads its end only now.
    for await (const chunk of io?.output ?? []) expect.unreachable(String(chunk.stream));
    expect((await io?.exited)?.code).toBe(1);
    expect(runtime.container(id).state).toBe('running');
    agent.exit(id, { code: 2 });
    expect((await runtime.waitContainer(id)).code).toBe(2);
    expect(events).toEqual(['created', 'started', 'exited', 'started', 'exited']);
  });

  it('has ended for everybody when an attachment has seen it', async () => {
    const { agent, config, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    const { io } = await runtime.startContainer(id, { attach: true });
    agent.exit(id, { code: 4 });
    for await (const chunk of io?.output ?? []) expect.unreachable(String(chunk.stream));
    expect((await io?.exited)?.code).toBe(4);
    expect(runtime.container(id)).toMatchObject({ state: 'exited', exit: { code: 4 }, pid: 0 });
    await runtime.removeContainer(id);
    expect(agent.ops.slice(4)).toEqual([
      'task.delete',
      'port.withdraw',
      'sandbox.remove',
      'file.remove',
    ]);
  });

  it('frees ports at once, but the next sandbox waits until they are withdrawn', async () => {
    const { agent, config, runtime } = await setUp();
    const first = await runtime.createContainer(config());
    await runtime.startContainer(first.id);
    const second = await runtime.createContainer(config());
    await expect(runtime.startContainer(second.id)).rejects.toThrow(
      'Bind for 0.0.0.0:8080 failed: port is already allocated',
    );
    agent.exit(first.id);
    await runtime.waitContainer(first.id, 'not-running');
    await runtime.startContainer(second.id);
    const order = agent.ops.filter((op) => op === 'sandbox.remove' || op === 'sandbox.create');
    expect(order).toEqual(['sandbox.create', 'sandbox.remove', 'sandbox.create']);
  });

  it('stops with the signal, and kills after the grace', async () => {
    const { agent, clock, config, runtime } = await setUp();
    const { id } = await runtime.createContainer(config({ stopSignal: 'SIGQUIT' }));
    await runtime.startContainer(id);
    const stopping = runtime.stopContainer(id, { timeoutMs: 3000 });
    await turn();
    clock.advance(2999);
    await turn();
    expect(runtime.container(id).state).toBe('running');
    clock.advance(1);
    await stopping;
    const signals = agent.calls
      .filter(({ op }) => op === 'task.signal')
      .map(({ request }) => request['signal']);
    expect(signals).toEqual(['SIGQUIT', 'SIGKILL']);
    expect(runtime.container(id).exit?.code).toBe(137);
  });

  it('removes what is paused, although it has ended by the time it is to go on', async () => {
    const { config, events, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    await runtime.startContainer(id);
    await runtime.pauseContainer(id);
    await runtime.removeContainer(id, { force: true });
    expect(events).toEqual(['created', 'started', 'paused', 'killed', 'exited', 'removed']);
  });

  it('removes only what does not run, unless forced, with its anonymous volumes', async () => {
    const { config, runtime } = await setUp();
    const anonymous = await runtime.volumes.create({});
    const named = await runtime.volumes.create({ name: 'data' });
    const mounts = [anonymous, named].map((volume) => ({
      kind: 'volume' as const,
      volume: volume.name,
      target: `/${volume.name}`,
      readOnly: false,
      anonymous: volume.anonymous,
    }));
    const { id } = await runtime.createContainer(config({ mounts }));
    await runtime.startContainer(id);
    await expect(runtime.removeContainer(id)).rejects.toThrow(
      'You cannot remove a running container',
    );
    await expect(runtime.volumes.remove('data')).rejects.toThrow(
      `remove data: volume is in use - [${id}]`,
    );
    await runtime.removeContainer(id, { force: true, volumes: true });
    expect(runtime.volumes.list().map(({ name }) => name)).toEqual(['data']);
    expect(() => runtime.container(id)).toThrow(`No such container: ${id}`);
  });

  it('keeps the layers of a container whose image is gone', async () => {
    const { config, images, runtime } = await setUp();
    const { id, config: own } = await runtime.createContainer(config());
    await images.remove('app', { force: true });
    expect(images.list()).toEqual([]);
    await runtime.startContainer(id);
    expect(own.image).toMatch(/^sha256:/);
  });
});

describe('recovering', () => {
  it('finds running containers, their addresses and ports; ends what is gone; deletes what nobody knows', async () => {
    const first = await setUp();
    const { id: running } = await first.runtime.createContainer(first.config());
    await first.runtime.startContainer(running);
    const { id: lost } = await first.runtime.createContainer(
      first.config({ sandbox: { kind: 'own', network: { kind: 'none' }, ports: [] } }),
    );
    await first.runtime.startContainer(lost);
    await first.runtime.close();
    first.agent.tasks.delete(lost);
    first.agent.tasks.set('stray', {
      id: 'stray',
      sandbox: 'stray',
      state: 'running',
      pid: 9,
      startedAt: 0,
    });

    const { agent, config, runtime } = await setUp(first.storage, first.agent);
    expect(runtime.container(running)).toMatchObject({ state: 'running' });
    expect(runtime.container(lost)).toMatchObject({ state: 'exited', exit: { code: 255 } });
    expect(agent.tasks.has('stray')).toBe(false);
    const other = await runtime.createContainer(config());
    await expect(runtime.startContainer(other.id)).rejects.toThrow('port is already allocated');
  });

  it('takes down what was being made when the worker ended', async () => {
    const first = await setUp();
    const { id } = await first.runtime.createContainer(first.config());
    first.agent.before.set('task.start', () => new Promise<never>(() => {}));
    void first.runtime.startContainer(id);
    await expect.poll(() => first.agent.ops.includes('task.start')).toBe(true);
    expect([first.agent.sandboxes.size, first.agent.ports.length]).toEqual([1, 1]);
    await first.runtime.close();
    first.agent.before.clear();

    const { agent, runtime } = await setUp(first.storage, first.agent);
    expect([agent.sandboxes.size, agent.ports.length]).toEqual([0, 0]);
    expect(runtime.container(id).state).toBe('created');
    await runtime.startContainer(id);
    expect([agent.sandboxes.size, agent.ports.length]).toEqual([1, 1]);
  });

  it('ends a container whose image is not in this store', async () => {
    const first = await setUp(new MemoryStorage(), new FakeAgent(), 'root:x:0:0::/:/bin/sh\n');
    const { id } = await first.runtime.createContainer(first.config());
    await first.runtime.startContainer(id);
    await first.runtime.close();
    for (const { name } of await first.storage.list('layers/')) await first.storage.remove(name);
    const { runtime } = await setUp(first.storage, first.agent);
    expect(runtime.container(id)).toMatchObject({ state: 'exited', exit: { code: 255 } });
  });

  it("believes the machine's copy when the machine was started anew", async () => {
    const first = await setUp();
    const { id } = await first.runtime.createContainer(first.config());
    await first.runtime.flush();
    await first.runtime.createContainer(first.config());
    await first.runtime.close();
    first.agent.files.set('/etc/machine-id', '2'.repeat(32));
    const { runtime } = await setUp(first.storage, first.agent);
    expect(runtime.containers().map((container) => container.id)).toEqual([id]);
  });

  it('hears of ends that happened while the session was away', async () => {
    const { agent, clock, config, runtime } = await setUp();
    const { id } = await runtime.createContainer(config());
    await runtime.startContainer(id);
    agent.reset();
    await turn();
    agent.exit(id, { code: 9 });
    clock.advance(1000);
    expect((await runtime.waitContainer(id)).code).toBe(9);
  });
});

describe('logs', () => {
  const line = (stream: string, log: string, second: number): string =>
    `${JSON.stringify({ log, stream, time: `2026-01-01T00:00:0${second}.000001Z` })}\n`;

  async function withLog(options: Parameters<Awaited<ReturnType<typeof setUp>>['config']>[0] = {}) {
    const { agent, config, runtime } = await setUp();
    const { id } = await runtime.createContainer(config(options));
    await runtime.startContainer(id);
    const read = async (how: Parameters<ContainerRuntime['logs']>[1]): Promise<string> => {
      let text = '';
      for await (const { bytes } of runtime.logs(id, how)) text += new TextDecoder().decode(bytes);
      return text;
    };
    return { agent, id, path: runtime.container(id).paths.log, read };
  }

  it('filters, cuts to the tail, and follows to the last line', async () => {
    const { agent, id, path, read } = await withLog();
    agent.append(
      path,
      line('stdout', 'a\n', 1) + line('stderr', 'b\n', 2) + line('stdout', 'c\n', 3),
    );
    expect(await read({ tail: 2 })).toBe('b\nc\n');
    // As in Docker, the last lines are those of both streams.
    expect(await read({ tail: 2, stderr: false })).toBe('c\n');
    expect(await read({ stderr: false })).toBe('a\nc\n');
    expect(await read({ since: Date.parse('2026-01-01T00:00:02Z') })).toBe('b\nc\n');
    // A microsecond after the second is not until that second.
    expect(await read({ until: Date.parse('2026-01-01T00:00:02Z') })).toBe('a\n');
    const following = read({ follow: true, tail: 1 });
    await turn();
    agent.append(path, line('stdout', 'd\n', 4));
    agent.exit(id);
    expect(await following).toBe('c\nd\n');
  });

  it('reads files that are full before the newest one', async () => {
    const { agent, path, read } = await withLog({ log: { format: 'json-file', maxFiles: 3 } });
    expect(await read({})).toBe('');
    agent.files.set(`${path}.2`, line('stdout', 'a\n', 1));
    agent.files.set(`${path}.1`, line('stdout', 'b\n', 2) + line('stdout', 'c\n', 3));
    agent.files.set(path, line('stdout', 'd\n', 4));
    expect(await read({})).toBe('a\nb\nc\nd\n');
    expect(await read({ tail: 1 })).toBe('d\n');
    expect(await read({ tail: 2 })).toBe('c\nd\n');
    expect(await read({ tail: 0 })).toBe('');
    expect(await read({ tail: 9 })).toBe('a\nb\nc\nd\n');
  });

  it('finds the last lines of a long log', async () => {
    const { agent, path, read } = await withLog();
    for (let at = 0; at < 3000; at++) agent.append(path, line('stdout', `${at}\n`, 1));
    const whole = await read({});
    for (const tail of [1, 900, 2999, 3000])
      expect(await read({ tail })).toBe(
        whole
          .split('\n')
          .slice(-tail - 1)
          .join('\n'),
      );
  });
});
