/** What the engine survives: its own death at any moment, a full disk, many containers. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sleep, systemClock } from '../../../engine/base/clock.ts';
import { DockerMachine } from './docker-machine.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('docker pull -q busybox');
});
afterEach(removeAll);
afterAll(() => dock.stop());

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

interface Listed {
  readonly Id: string;
  readonly State: string;
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
  };
}

async function containers(): Promise<readonly Listed[]> {
  return (await dock.api('GET', '/containers/json?all=1')).json() as readonly Listed[];
}

/** Creates and starts. Rejects when the engine ends meanwhile, and with an `AssertionError` when it answers otherwise than with success. */
async function run(name: string, config: object = {}): Promise<void> {
  const body = { Image: 'busybox', Cmd: ['sleep', '10000'], ...config };
  const created = await dock.api('POST', `/containers/create?name=${name}`, body);
  expect(created.status).toBe(201);
  expect((await dock.api('POST', `/containers/${name}/start`)).status).toBe(204);
}

/** An engine that ends cannot answer, but what it answers must be right. */
function onlyUnanswered(error: unknown): void {
  if (error instanceof Error && error.name === 'AssertionError') throw error;
}

/** Waits until a program in a container runs. */
async function somethingRuns(): Promise<void> {
  await expect.poll(() => dock.sh('crun list -q'), { timeout: 240_000 }).not.toBe('');
}

async function removeAll(): Promise<void> {
  const removed = async ({ Id }: Listed): Promise<unknown> =>
    dock.api('DELETE', `/containers/${Id}?force=1`);
  await Promise.all((await containers()).map(removed));
}

/** The machine and the engine's account of it must agree, and everything must start. */
async function checkAccount(): Promise<void> {
  const before = await containers();
  const running = before.filter(({ State }) => State === 'running').map(({ Id }) => Id);
  const there = await dock.sh('crun list -q; ls /run/drydock/netns 2>/dev/null; true');
  expect(lines(there).toSorted()).toEqual([...running, ...running].toSorted());
  for (const { Id } of before)
    expect((await dock.api('POST', `/containers/${Id}/start`)).status).toBeLessThan(400);
  const addresses = (await containers()).map(
    ({ NetworkSettings }) => NetworkSettings.Networks['bridge']?.IPAddress,
  );
  expect(new Set(addresses).size).toBe(addresses.length);
}

describe('the end of the engine’s worker', () => {
  it('at any moment of a container’s start leaves nothing half made', async () => {
    for (const delay of [20, 80, 150, 300]) {
      const published = { PortBindings: { '80/tcp': [{ HostPort: String(8000 + delay) }] } };
      const starting = run(`after${delay}`, { HostConfig: published }).catch(onlyUnanswered);
      await sleep(systemClock, delay);
      await dock.replaceEngine();
      await starting;
      await checkAccount();
    }
    // The client that speaks to it meanwhile is told, and the machine lives on.
    const running = dock.run('docker run -d busybox sleep 10000');
    await sleep(systemClock, 500);
    await dock.replaceEngine();
    await running;
    await checkAccount();
    expect(lines(await dock.sh('docker ps -q')).length).toBe((await containers()).length);
    await removeAll();
    await checkAccount();
    expect(await dock.sh('docker ps -aq')).toBe('');
  });

  it('while containers end and restart is made good', async () => {
    await run('steady', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await run('failing', {
      Cmd: ['sh', '-c', 'sleep 1; exit 1'],
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 50 } },
    });
    await run('short', { Cmd: ['sleep', '2'] });
    const pid = await dock.sh("docker inspect -f '{{.State.Pid}}' steady");
    await dock.replaceEngine();
    expect(await dock.sh("docker inspect -f '{{.State.Pid}}' steady")).toBe(pid);
    expect(await dock.sh('docker wait short')).toBe('0');
    await dock.sh(`kill -9 ${pid}`);
    await dock.replaceEngine();
    const restarted = async (): Promise<number> => (await dock.run('docker exec steady true')).code;
    await expect.poll(restarted, { timeout: 240_000 }).toBe(0);
    // A restart by an engine that starts counts for nothing; those it makes later do.
    const restarts = async (): Promise<number> =>
      Number(await dock.sh('docker inspect -f "{{.RestartCount}}" failing'));
    await expect.poll(restarts, { timeout: 240_000 }).toBeGreaterThan(0);
    await removeAll();
    await checkAccount();
  });

  it('in the middle of a build, a pull and a removal does no harm', async () => {
    await dock.sh('mkdir -p /root/app && echo a > /root/app/a');
    const dockerfile = (last: string): Promise<string> =>
      dock.sh(`printf 'FROM busybox\\nCOPY a /a\\nRUN ${last}\\n' > /root/app/Dockerfile`);
    await dockerfile('sleep 100');
    const building = dock.run('docker build -t built /root/app');
    const pulling = dock.run('docker pull -q debian');
    await somethingRuns();
    await dock.replaceEngine();
    expect((await building).code).toBe(1);
    await pulling;
    expect(await dock.sh('crun list -q')).toBe('');
    await dockerfile('echo done > /b');
    await dock.sh('docker build -q -t built /root/app && docker pull -q debian');
    expect(await dock.sh('docker run --rm built cat /b')).toBe('done');
    const removing = dock.api('DELETE', '/images/built?force=1').catch(() => {});
    await dock.replaceEngine();
    await removing;
    await dock.api('DELETE', '/images/built?force=1');
    await dock.sh('docker build -q -t built /root/app');
    expect(await dock.sh('docker run --rm built cat /b')).toBe('done');
    expect(await containers()).toEqual([]);
  });
});

it('a full disk stops what writes, and nothing else', async () => {
  await run('before');
  await dock.run('fallocate -l $(df --output=avail -B1 / | tail -1) /root/fill; sync');
  await dock.run('cat /dev/zero > /root/rest');
  try {
    expect(await dock.sh('docker exec before echo works')).toBe('works');
    const written = await dock.run("docker exec before sh -c 'cat /proc/cpuinfo > /x'");
    expect(written.stderr).toContain('No space left on device');
    const failed = await dock.run('docker run --rm busybox true');
    expect(failed.code).toBe(125);
    expect(failed.stderr).toContain('no space left on device');
    expect(await dock.sh("docker ps --format '{{.Names}}'")).toBe('before');
  } finally {
    await dock.run('rm /root/fill /root/rest');
  }
  expect(await dock.sh('docker run --rm busybox echo again')).toBe('again');
  await removeAll();
  await checkAccount();
});

it('runs fifty containers', async () => {
  // Some at a time: the machine works on one while the engine prepares the next.
  for (let count = 0; count < 50; count += 5)
    await Promise.all(Array.from({ length: 5 }, (_, index) => run(`c${count + index}`)));
  await dock.replaceEngine();
  expect(lines(await dock.sh('docker ps -q'))).toHaveLength(50);
  await dock.sh(
    'docker exec c49 ping -c 1 $(docker inspect -f "{{.NetworkSettings.IPAddress}}" c0)',
  );
  await removeAll();
  await checkAccount();
});
