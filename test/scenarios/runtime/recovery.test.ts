import { describe, expect, it } from 'vitest';
import { container, hostSide, outputOf, publishing, TestRuntime } from './runtimes.ts';

const server = ['sh', '-c', 'echo started; exec httpd -f -p 80 -h /etc'];

describe('a runtime', () => {
  it('finds its containers again after the engine was restarted', async () => {
    const host = await hostSide();
    const busybox = await host.images.pull('busybox');
    const test = await TestRuntime.start(host);
    const { id } = await test.runtime.createContainer(
      container(busybox, ['sh', '-c', 'echo one; read line; echo "$line"; exit 5'], {
        openStdin: true,
      }),
    );
    await test.runtime.startContainer(id);
    const runtime = await test.restartEngine(host);
    expect(runtime.container(id)).toMatchObject({
      state: 'running',
      sandbox: { endpoints: [{ address: '172.17.0.2' }] },
    });
    const next = runtime.waitContainer(id, 'next-exit');
    const io = await runtime.attach(id, { stdin: true });
    const writer = io.input.getWriter();
    await writer.write(new TextEncoder().encode('two\n'));
    let log = '';
    for await (const { bytes } of runtime.logs(id, { follow: true }))
      log += new TextDecoder().decode(bytes);
    expect(log).toBe('one\ntwo\n');
    expect((await next).code).toBe(5);
    await test.end();
  });

  it('is saved and restored together with its machine', async () => {
    const host = await hostSide();
    const busybox = await host.images.pull('busybox');
    const before = await TestRuntime.start(host);
    const { id } = await before.runtime.createContainer(
      container(busybox, server, publishing(8080, 80)),
    );
    await before.runtime.startContainer(id);
    await before.sh(
      'curl -s --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080/passwd',
    );
    await before.runtime.flush();
    const saved = await before.save();
    await before.runtime.createContainer(container(busybox, ['true']));
    await before.end();

    const after = await TestRuntime.start(host, saved);
    expect(after.runtime.containers().map((each) => [each.id, each.state])).toEqual([
      [id, 'running'],
    ]);
    expect(await after.sh('curl -s http://127.0.0.1:8080/group')).toContain('root');
    const exec = await after.runtime.exec(id, { args: ['hostname'] });
    expect((await outputOf(exec)).stdout).toBe(`${id.slice(0, 12)}\n`);
    await expect(
      after.runtime
        .createContainer(container(busybox, ['true'], publishing(8080, 80)))
        .then((other) => after.runtime.startContainer(other.id)),
    ).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    });
    await after.runtime.stopContainer(id, { signal: 'SIGKILL' });
    expect(after.runtime.container(id).state).toBe('exited');
    await after.end();
  });
});
