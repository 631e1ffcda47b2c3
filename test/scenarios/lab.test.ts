/** The facade that the page uses, in Node: machines, terminals, files, ports and the engine beside them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab, LabMachine } from '../../engine/api/lab.ts';
import { openNodeLab } from '../../engine/cluster/node-lab.node.ts';
import { readMachineFile, writeMachineFile } from '../../engine/machine/states/machine-file.ts';

const encoder = new TextEncoder();
let storage: string;
let lab: Lab;
let machine: LabMachine;
beforeAll(async () => {
  storage = await mkdtemp(path.join(tmpdir(), 'drydock-lab-'));
  lab = openNodeLab(storage);
  machine = await lab.addMachine({
    name: 'drydock',
    profile: 'docker',
    start: 'restore',
    files: { 'index.html': 'a page', 'app/Dockerfile': 'FROM busybox\n' },
  });
  await engineReady();
});
afterAll(async () => {
  await lab.close();
  await rm(storage, { recursive: true });
});

async function engineReady(): Promise<void> {
  if (machine.engine().kind === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    machine.onEngine((state) => {
      if (state.kind === 'ready') resolve();
      else if (state.kind === 'failed') reject(state.error);
    });
  });
}

/** Runs a line in a login shell and returns the exit status. */
async function shell(line: string): Promise<number> {
  const terminal = await machine.openTerminal({ rows: 24, cols: 80 });
  void terminal.stream.readable.pipeTo(new WritableStream());
  const keyboard = terminal.stream.writable.getWriter();
  await keyboard.write(encoder.encode(`${line}; exit $?\r`));
  return (await terminal.exited).code;
}

it('has the learner’s files, and keeps those that are there', async () => {
  expect(new TextDecoder().decode(await machine.files.read('/root/work/app/Dockerfile'))).toBe(
    'FROM busybox\n',
  );
  expect(await shell('test "$(cat index.html)" = "a page" && [ $(hostname) = drydock ]')).toBe(0);
});

it('publishes a port and fetches through it', async () => {
  const opened = new Promise((resolve) =>
    machine.onPorts((ports) => ports.length > 0 && resolve(ports)),
  );
  expect(
    await shell(
      'docker run -d --name web -p 8080:80 -v /root/work:/www busybox httpd -f -h /www && until curl -s localhost:8080; do sleep 0.1; done',
    ),
  ).toBe(0);
  expect(await opened).toEqual([
    { port: 8080, protocol: 'tcp', container: 'web', containerPort: 80, image: 'busybox' },
  ]);
  const request = {
    method: 'GET',
    url: 'http://anything/index.html',
    headers: new Headers(),
    body: null,
  };
  const response = await machine.fetch(8080, request);
  expect(response.status).toBe(200);
  expect(await new Response(response.body as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe(
    'a page',
  );
  await expect(machine.fetch(9999, request)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  expect(await shell('docker rm -f web')).toBe(0);
  expect(machine.ports()).toEqual([]);
});

it('comes back from a file with containers, images and files, saved while it runs and while it is paused', async () => {
  expect(
    await shell(
      'docker run -d --name kept -p 8081:80 -v /root/work:/www busybox httpd -f -h /www && docker tag busybox mine:1 && echo before > diary && rm index.html',
    ),
  ).toBe(0);
  const running = await machine.save();
  expect(machine.state().kind).toBe('running');
  await machine.pause();
  const paused = await machine.save();
  expect(machine.state().kind).toBe('paused');
  await machine.resume();
  for (const saved of [running, paused]) {
    expect(
      await shell(
        'echo after > diary; docker rm -f kept; docker rmi mine:1; docker tag busybox later',
      ),
    ).toBe(0);
    const file = writeMachineFile({ name: 'a lesson', savedAt: 1, saved });
    machine = await lab.resetMachine('drydock', (await readMachineFile(file)).saved);
    await engineReady();
    expect(
      await shell(
        'test "$(cat diary)" = before && curl -sf localhost:8081/diary && docker run --rm mine:1 true && ! docker inspect later && [ ! -e index.html ]',
      ),
    ).toBe(0);
    expect(machine.ports()).toMatchObject([{ port: 8081, container: 'kept' }]);
  }
});

it('refuses a saved machine that is damaged or of another version, and goes on', async () => {
  const saved = await machine.save();
  const bytes = new Uint8Array(await saved.state.arrayBuffer());
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await expect(
    lab.resetMachine('drydock', { ...saved, state: new Blob([bytes]) }),
  ).rejects.toMatchObject({ code: 'STATE_DAMAGED' });
  await expect(
    lab.resetMachine('drydock', { ...saved, artifacts: 'another' }),
  ).rejects.toMatchObject({ code: 'STATE_MISMATCH' });
  expect(await shell('test "$(cat diary)" = before')).toBe(0);
});

it('restarts from inside: what is on its disk stays, and containers that want to run come back', async () => {
  const boot = async (): Promise<string> =>
    new TextDecoder().decode(await machine.files.read('/proc/sys/kernel/random/boot_id'));
  const machineId = await machine.files.read('/etc/machine-id');
  expect(
    await shell(
      'docker run -d --name phoenix --restart always busybox sleep 10000 && docker run -d --name mayfly busybox sleep 10000',
    ),
  ).toBe(0);
  const before = await boot();
  const replaced = new Promise<LabMachine>((resolve) => {
    lab.onMachines(([other]) => other !== undefined && resolve(other));
  });
  const terminal = await machine.openTerminal({ rows: 24, cols: 80 });
  void terminal.stream.readable.pipeTo(new WritableStream()).catch(() => {});
  await terminal.stream.writable.getWriter().write(encoder.encode('reboot\r'));
  machine = await replaced;
  expect(await boot()).not.toBe(before);
  expect(await machine.files.read('/etc/machine-id')).toEqual(machineId);
  await engineReady();
  expect(await shell('test "$(cat diary)" = before')).toBe(0);
  expect(
    await shell(
      'until docker exec phoenix true; do sleep 0.5; done; [ "$(docker ps --format {{.Names}})" = phoenix ] && [ "$(docker wait mayfly)" = 255 ]',
    ),
  ).toBe(0);
});

it('says so when a machine does not run', async () => {
  await expect(
    lab.addMachine({ name: 'drydock', profile: 'docker', start: 'restore' }),
  ).rejects.toMatchObject({ code: 'NAME_IN_USE' });
  await machine.destroy();
  await expect(machine.files.list('/')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});
