/** Images as archives and from containers, with Debian's client on a real machine. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('docker pull -q busybox');
});
afterAll(() => dock.stop());

it('commit, save, load, export and import', async () => {
  await dock.sh("docker run --name work busybox sh -c 'echo made > /made'");
  await dock.sh('docker commit -m why -c \'CMD ["cat", "/made"]\' work mine:1');
  expect(await dock.sh('docker run --rm mine:1')).toBe('made');
  await dock.sh('docker save -o /tmp/mine.tar mine:1 && docker rmi mine:1');
  expect(await dock.sh('tar tf /tmp/mine.tar | sort | tail -2 | xargs')).toBe(
    'manifest.json repositories',
  );
  expect(await dock.sh('gzip -c /tmp/mine.tar | docker load')).toBe('Loaded image: mine:1');
  expect(await dock.sh('docker run --rm mine:1')).toBe('made');
  expect(await dock.sh('docker export work | tar t made etc/passwd')).toBe('etc/passwd\nmade');
  const id = await dock.sh("docker export work | docker import -c 'CMD cat /made' - flat:1");
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await dock.sh('docker run --rm flat:1')).toBe('made');
  expect(await dock.sh("docker history --format '{{.CreatedBy}}|{{.Comment}}' flat:1")).toBe(
    '|Imported from -',
  );
  expect((await dock.run('docker load < /etc/passwd')).stderr).toContain('invalid tar header');
  await dock.sh('docker rm work && docker rmi mine:1 flat:1');
});
