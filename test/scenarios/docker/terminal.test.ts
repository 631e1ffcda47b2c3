/** Containers on a terminal: -it, attach and detach, exec -it, logs -f. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('docker pull -q busybox');
});
afterAll(() => dock.stop());

it('has a terminal of the right size, detaches, attaches again, and ends with its exit status', async () => {
  const first = await dock.type('docker run -it --name shell busybox sh', [
    ['/ # ', 'tty; stty size; hostname\r'],
    ['/ # ', '\u0010'],
    ['', '\u0011'],
  ]);
  expect(first.code).toBe(0);
  expect(first.screen).toMatch(/\/dev\/pts\/0\r\n24 80\r\n[0-9a-f]{12}\r\n/);
  expect(await dock.sh("docker ps --format '{{.Names}}'")).toBe('shell');
  const inner = await dock.type('docker exec -it shell sh', [['/ # ', 'echo $((6*7)); exit 4\r']]);
  expect(inner.screen).toContain('42\r\n');
  expect(inner.code).toBe(4);
  const second = await dock.type('docker attach shell', [['/ # ', 'exit 5\r']]);
  expect(second.code).toBe(5);
});

it('stops at Ctrl-C', async () => {
  const { code } = await dock.type(
    'docker run --rm busybox sh -c \'trap "exit 9" INT; echo ready; while true; do sleep 1; done\'',
    [['ready', '\u0003']],
  );
  expect(code).toBe(9);
});

it('follows logs until the container ends', async () => {
  await dock.sh(
    "docker run -d --name counter busybox sh -c 'for i in 1 2 3; do echo $i; sleep 1; done'",
  );
  expect(await dock.sh('docker logs -f counter')).toBe('1\n2\n3');
});
