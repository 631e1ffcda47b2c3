/** The facade that the page uses, in Node: machines, terminals, files, ports and the engine beside them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab, LabMachine } from '../../engine/api/lab.ts';
import { openNodeLab } from '../../engine/cluster/node-lab.node.ts';

const encoder = new TextEncoder();
let lab: Lab;
let machine: LabMachine;
beforeAll(async () => {
  lab = openNodeLab();
  machine = await lab.addMachine({
    name: 'drydock',
    profile: 'docker',
    start: 'restore',
    files: { 'index.html': 'a page', 'app/Dockerfile': 'FROM busybox\n' },
  });
  if (machine.engine().kind === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    machine.onEngine((state) => {
      if (state.kind === 'ready') resolve();
      else if (state.kind === 'failed') reject(state.error);
    });
  });
});
afterAll(() => lab.close());

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
    await shell('docker run -d --name web -p 8080:80 -v /root/work:/www busybox httpd -f -h /www'),
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

it('says so when a machine does not run', async () => {
  await expect(
    lab.addMachine({ name: 'drydock', profile: 'docker', start: 'restore' }),
  ).rejects.toMatchObject({ code: 'NAME_IN_USE' });
  await machine.destroy();
  await expect(machine.files.list('/')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});
