/** Two machines and one registry: Debian's `docker` pushes from one and pulls the same digest on the other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HubKeeper } from '../../../engine/cluster/hub-keeper.ts';
import { DockerMachine } from './docker-machine.ts';

let hub: HubKeeper;
let one: DockerMachine;
let two: DockerMachine;
beforeAll(async () => {
  one = await DockerMachine.start();
  hub = one.hub;
  two = await DockerMachine.start({ hub });
});
afterAll(async () => {
  await two.stop();
  await one.stop();
});

const DOCKERFILE = 'FROM busybox\nCOPY greeting /greeting\nCMD ["cat", "/greeting"]\n';

it('logs in, pushes and pulls', async () => {
  await one.sh(
    `mkdir app && cd app && echo hello > greeting && printf '${DOCKERFILE}' > Dockerfile`,
  );
  await one.sh('docker build -q -t ada/app:v1 app');
  const denied = await one.run('docker push ada/app:v1');
  expect([denied.code, denied.stderr]).toEqual([
    1,
    'denied: requested access to the resource is denied\n',
  ]);
  expect(await one.sh('echo lovelace | docker login -u ada --password-stdin 2>/dev/null')).toBe(
    'Login Succeeded',
  );
  const pushed = await one.sh('docker push ada/app:v1');
  expect(pushed).toMatch(/^The push refers to repository \[docker\.io\/ada\/app\]\n/);
  expect(pushed).toMatch(/\n[0-9a-f]{12}: Mounted from library\/busybox\n/);
  const [, digest] = /\nv1: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(pushed) ?? [];
  expect(digest).toBeDefined();

  expect(await two.sh('docker run --rm ada/app:v1')).toBe('hello');
  expect(await two.sh("docker images --digests --format '{{.Digest}}' ada/app")).toBe(digest);
  expect(await two.sh(`docker run --rm ada/app@${digest}`)).toBe('hello');
  const wrong = await two.run('echo byron | docker login -u ada --password-stdin');
  expect(wrong.stderr).toContain(
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password\n',
  );
});

it('finds what was pushed', async () => {
  const found = await two.sh("docker search --format '{{.Name}} {{.IsOfficial}}' app");
  expect(found).toBe('ada/app');
  expect(await two.sh("docker search --filter is-official=true --format '{{.Name}}' busybox")).toBe(
    'busybox',
  );
});

it('pulls every tag, and the right platform only', async () => {
  await one.sh('docker tag ada/app:v1 ada/app:v2 && docker push -q ada/app:v2');
  const all = await two.sh('docker pull -a ada/app');
  expect(all).toContain('v2: Pulling from ada/app\n');
  expect(all).toMatch(/\nStatus: Downloaded newer image for ada\/app\ndocker\.io\/ada\/app$/);
  const other = await two.run('docker pull --platform linux/amd64 busybox');
  expect(other.stderr).toBe(
    'Error response from daemon: no matching manifest for linux/amd64 in the manifest list entries\n',
  );
});
