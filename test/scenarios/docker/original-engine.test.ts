/** Debian's dockerd and containerd in a machine, with the host as its Docker Hub. Booted cold: nobody needs its state prepared. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { OpenPort } from '../../../engine/api/lab.ts';
import { DockerMachine } from './docker-machine.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 900_000 });

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start({ profile: 'docker-reference', start: { kind: 'cold' } });
});
afterAll(() => dock.stop());

it('pulls from the Hub and runs in crun', async () => {
  expect(await dock.sh('docker run --rm hello-world')).toContain('Hello from Docker!');
  expect(
    await dock.sh(
      "docker info -f '{{.DefaultRuntime}} {{.Driver}} {{.CgroupVersion}} {{.ServerVersion}}'",
    ),
  ).toBe('crun overlay2 2 20.10.24+dfsg1');
});

it('is told by the Hub what there is not', async () => {
  const { code, stderr } = await dock.run('docker pull nosuchimage');
  expect(code).toBe(1);
  expect(stderr).toContain('pull access denied for nosuchimage');
});

it('tells the host of published ports', async () => {
  const seen: (readonly OpenPort[])[] = [];
  await dock.engine.watchPorts((ports) => void seen.push(ports));
  await dock.sh('docker run -d --name web -p 8080:80 busybox httpd -f');
  await expect
    .poll(() => seen.at(-1))
    .toEqual([
      { port: 8080, protocol: 'tcp', container: 'web', containerPort: 80, image: 'busybox' },
    ]);
  expect(
    await dock.sh(
      'curl -s --retry 20 --retry-connrefused -o /dev/null -w "%{http_code}" localhost:8080',
    ),
  ).toBe('404');
});
