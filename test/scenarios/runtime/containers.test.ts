import { packTar, unpackTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../engine/runtime/types.ts';
import {
  container,
  hostSide,
  outputOf,
  publishing,
  TestRuntime,
  type HostSide,
} from './runtimes.ts';

let host: HostSide;
let test: TestRuntime;
let busybox: Image;

beforeAll(async () => {
  host = await hostSide();
  busybox = await host.images.pull('busybox');
  test = await TestRuntime.start(host);
});
afterAll(() => test.end());

const sh = (script: string): string[] => ['sh', '-c', script];

describe('a container', () => {
  it('is its own processes, host name, network and file system, seen from outside', async () => {
    const { runtime } = test;
    const { id } = await runtime.createContainer(container(busybox, ['sleep', '1000']));
    const { pid } = (await runtime.startContainer(id)).container;
    expect(await test.sh(`ps -o args= -p ${pid}`)).toBe('sleep 1000');
    expect(await test.sh(`nsenter -t ${pid} -u hostname`)).toBe(id.slice(0, 12));
    expect(await test.sh(`nsenter -t ${pid} -n ip -4 -o addr show eth0`)).toContain(
      '172.17.0.2/16',
    );
    expect(await test.sh(`readlink /proc/${pid}/ns/pid`)).not.toBe(
      await test.sh('readlink /proc/1/ns/pid'),
    );
    expect(await test.sh(`cat /sys/fs/cgroup/docker/${id}/cgroup.procs`)).toBe(String(pid));
    await test.sh(`echo inside > /proc/${pid}/root/made`);
    expect(await runtime.changes(id)).toContainEqual({ path: '/made', kind: 1 });

    const exec = await runtime.exec(id, { args: sh('cat /made; id -u; exit 3'), user: '1000' });
    expect(await outputOf(exec)).toEqual({ stdout: 'inside\n1000\n', stderr: '' });
    expect((await exec.exited).code).toBe(3);
    expect(await runtime.pids(id)).toEqual([pid]);
    expect((await runtime.stats(id)).pids.current).toBe(1);

    await runtime.pauseContainer(id);
    expect(await test.sh(`cat /sys/fs/cgroup/docker/${id}/cgroup.freeze`)).toBe('1');
    await runtime.resumeContainer(id);
    await runtime.removeContainer(id, { force: true });
    expect(
      await test.sh('ls /run/drydock/netns; ls -d /sys/fs/cgroup/docker/*/ 2>/dev/null || true'),
    ).toBe('');
  });

  it("has Docker's capabilities, seccomp profile, masked paths and devices", async () => {
    const { stdout, stderr } = await test.run(
      container(
        busybox,
        sh(
          'grep CapEff /proc/self/status; grep Seccomp: /proc/self/status; unshare -n true; dmesg; echo 1 > /proc/sys/kernel/panic; ' +
            'head -c 1 /proc/keys | wc -c; mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk; head -c 3 /dev/zero | wc -c',
        ),
      ),
    );
    expect(stdout).toBe('CapEff:\t00000000a80425fb\nSeccomp:\t2\n0\n3\n');
    expect(stderr).toContain('unshare(0x40000000): Operation not permitted');
    expect(stderr).toContain('klogctl: Operation not permitted');
    expect(stderr).toContain('/proc/sys/kernel/panic: Read-only file system');
    expect(stderr).toContain('head: /tmp/disk: Operation not permitted');
  });

  it('reads standard input to its end, and has a terminal when asked', async () => {
    const { runtime } = test;
    const cat = await runtime.createContainer(container(busybox, ['cat'], { openStdin: true }));
    const { io } = await runtime.startContainer(cat.id, { attach: true });
    const writer = io?.input.getWriter();
    await writer?.write(new TextEncoder().encode('typed\n'));
    await writer?.close();
    expect(io && (await outputOf(io)).stdout).toBe('typed\n');
    const tty = await test.run(
      container(busybox, sh('tty; stty size; echo $TERM'), { tty: true, openStdin: true }),
    );
    expect(tty.stdout).toBe('/dev/pts/0\r\n24 80\r\nxterm\r\n');
  });

  it('is killed by the kernel at its memory limit', async () => {
    const grow = sh('x=a; while true; do x=$x$x; done');
    const { id, code } = await test.run(
      container(busybox, grow, { resources: { memory: 16 * 1024 * 1024 } }),
    );
    expect(code).toBe(137);
    expect(test.runtime.container(id).exit).toMatchObject({ signal: 'SIGKILL', oomKilled: true });
    expect(await test.sh('dmesg | tail -5')).toContain(
      'Memory cgroup out of memory: Killed process',
    );
  });

  it("fails to start with crun's words and Docker's status", async () => {
    const start = async (args: string[], user = ''): Promise<unknown> => {
      const { id } = await test.runtime.createContainer(container(busybox, args, { user }));
      return test.runtime.startContainer(id).catch((error: unknown) => error);
    };
    expect(await start(['nope'])).toMatchObject({
      code: 'START_FAILED',
      exitCode: 127,
      message: expect.stringContaining('executable file `nope` not found in $PATH') as string,
    });
    expect(await start(['/etc/passwd'])).toMatchObject({ exitCode: 126 });
    expect(await start(['true'], 'ghost')).toMatchObject({
      message: 'unable to find user ghost: no matching entries in passwd file',
    });
    expect(await test.sh('ls /run/drydock/netns')).toBe('');
  });

  it('publishes ports in nftables, and says when they are taken', async () => {
    const { runtime } = test;
    const server = sh('mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www');
    const { id } = await runtime.createContainer(container(busybox, server, publishing(8080, 80)));
    await runtime.startContainer(id);
    expect(await test.sh('nft list map ip docker published_tcp')).toContain(
      '8080 : 172.17.0.2 . 80',
    );
    expect(
      await test.sh(
        'curl -s --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080/',
      ),
    ).toBe('hello');
    const second = await runtime.createContainer(
      container(busybox, ['true'], publishing(8080, 80)),
    );
    await expect(runtime.startContainer(second.id)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: 'Bind for 0.0.0.0:8080 failed: port is already allocated',
    });
    await runtime.stopContainer(id, { signal: 'SIGKILL' });
    await runtime.startContainer(second.id);
    await runtime.waitContainer(second.id);
  });

  it('keeps volumes, filled from the image, and sees bound directories', async () => {
    const mounts = [
      { kind: 'volume', volume: 'data', target: '/etc', readOnly: false },
      { kind: 'bind', source: '/root/work', target: '/work', readOnly: true, create: true },
      { kind: 'tmpfs', target: '/scratch', options: ['size=1m'] },
    ] as const;
    const first = await test.run(
      container(busybox, sh('ls /etc/passwd; echo kept > /etc/new; touch /work/x; df /scratch'), {
        mounts,
      }),
    );
    expect(first.stdout).toContain('/etc/passwd');
    expect(first.stdout).toContain('/scratch');
    expect(first.stderr).toContain('/work/x: Read-only file system');
    expect((await test.run(container(busybox, ['cat', '/etc/new'], { mounts }))).stdout).toBe(
      'kept\n',
    );
    await expect(test.runtime.volumes.remove('data')).rejects.toMatchObject({ code: 'IN_USE' });
  });

  it('gives and takes archives, and becomes a layer', async () => {
    const { runtime } = test;
    const { id } = await test.run(
      container(
        busybox,
        sh(
          'mkdir -p /data/sub; echo one > /data/one; ln -s one /data/link; ln /data/one /data/hard; rm /bin/cat',
        ),
      ),
    );
    const { stat, tar } = await runtime.readArchive(id, '/data');
    expect(stat).toMatchObject({ name: 'data', mode: 2 ** 31 + 0o755 });
    const names = (await unpackTar(tar)).map(({ header }) => header.name);
    expect(names.sort()).toEqual(['data/', 'data/hard', 'data/link', 'data/one', 'data/sub/']);
    expect(await runtime.statPath(id, '/data/link')).toMatchObject({ linkTarget: 'one' });
    await expect(runtime.statPath(id, '/none')).rejects.toMatchObject({
      message: `Could not find the file /none in container ${id}`,
    });
    await runtime.writeArchive(
      id,
      '/data',
      new Blob([await packTar([{ header: { name: 'put', size: 3 }, body: 'abc' }])]).stream(),
    );

    const file = await packTar([{ header: { name: 'sub', size: 3 }, body: 'abc' }]);
    await expect(
      runtime.writeArchive(id, '/data', new Blob([file]).stream(), { noOverwriteDirNonDir: true }),
    ).rejects.toThrow('cannot overwrite directory "/data/sub" with non-directory "sub"');

    const layer = await runtime.images.addLayer(await runtime.layerTar(id));
    const layers = [...busybox.layers.map(({ diffId }) => diffId), layer.diffId];
    const image = await runtime.images.add({
      config: { ...busybox.config, rootfs: { type: 'layers', diff_ids: layers } },
      layers,
      tags: ['made'],
    });
    const look = await test.run(container(image, sh('head /data/one /data/put; ls /bin/cat')));
    expect(look.stdout).toContain('abc');
    expect(look.stderr).toBe('ls: /bin/cat: No such file or directory\n');
  });
});
