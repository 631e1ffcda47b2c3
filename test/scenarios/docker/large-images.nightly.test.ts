/** What the registry's larger images do takes minutes. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 300_000 });

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
});
afterAll(() => dock.stop());

describe('postgres', () => {
  it('wants a password', async () => {
    const { code, stderr } = await dock.run('docker run --rm postgres');
    expect(code).toBe(1);
    expect(stderr).toContain('POSTGRES_PASSWORD');
  });

  it('keeps its tables across a restart', async () => {
    await dock.sh('docker run -d --name database -e POSTGRES_PASSWORD=secret postgres');
    // Followed rather than asked again and again: each `docker exec` would take the processor from what is awaited.
    await dock.sh(
      'timeout 900 grep -q "init process complete" <(docker logs -f database) || { docker logs --tail 5 database 2>&1; exit 1; }',
    );
    const ready = 'docker exec database pg_isready -h 127.0.0.1';
    await dock.until(ready);
    const query = (sql: string): Promise<string> =>
      dock.sh(`docker exec -u postgres database psql -qtA -c "${sql}"`);
    await query("CREATE TABLE ships (name text, oars int); INSERT INTO ships VALUES ('Argo', 50)");
    expect(await query('SELECT name, oars FROM ships')).toBe('Argo|50');
    await dock.sh('docker restart database');
    await dock.until(ready);
    expect(await query('SELECT name, oars FROM ships')).toBe('Argo|50');
    const asked = await dock.run(
      'docker exec -e PGPASSWORD=wrong database psql -h "$(docker inspect -f "{{.NetworkSettings.IPAddress}}" database)" -U postgres -c "SELECT 1"',
    );
    expect(asked.stderr).toContain('password authentication failed for user "postgres"');
    await dock.sh('docker rm -f -v database');
  });
});

describe('python', () => {
  it('serves a page', async () => {
    await dock.sh('docker run -d --name server -p 8000:8000 python python -m http.server 8000');
    const page = await dock.until('curl -sf localhost:8000/');
    expect(page).toContain('Directory listing for /');
    await dock.sh('docker rm -f server');
  });
});

describe('stress', () => {
  it('is killed where it takes more memory than it may', async () => {
    const { code } = await dock.run(
      'docker run --name hog -m 20m polinux/stress stress --vm 1 --vm-bytes 64M --vm-hang 1 -t 20',
    );
    expect(code).not.toBe(0);
    expect(await dock.sh("docker inspect -f '{{.State.OOMKilled}}' hog")).toBe('true');
    const within = 'docker run --rm -m 64m polinux/stress stress --vm 1 --vm-bytes 16M -t 1';
    expect(await dock.sh(within)).toContain('successful run completed');
    await dock.sh('docker rm hog');
  });
});

describe('registry', () => {
  it('keeps what is pushed to it, in its volume', async () => {
    await dock.sh('docker run -d -p 5000:5000 --name registry registry:2');
    const ready = 'curl -sf localhost:5000/v2/';
    expect(await dock.until(ready)).toBe('{}');
    await dock.sh('docker pull -q busybox && docker tag busybox localhost:5000/box');
    const pushed = await dock.sh('docker push localhost:5000/box');
    const [, digest] = /\nlatest: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(pushed) ?? [];
    expect(digest).toBeDefined();
    expect(await dock.sh('curl -s localhost:5000/v2/_catalog')).toBe('{"repositories":["box"]}');

    await dock.sh('docker rmi localhost:5000/box busybox && docker restart registry');
    await dock.until(ready);
    const pulled = await dock.sh('docker pull localhost:5000/box');
    expect(pulled).toContain(`Digest: ${digest}\nStatus: Downloaded newer image`);
    expect(await dock.sh('docker run --rm localhost:5000/box echo kept')).toBe('kept');
    await dock.sh('docker rm -f -v registry');
  });
});

describe('debian', () => {
  it('has apt, which finds every package whole and none elsewhere, and takes one’s own', async () => {
    const control =
      'Package: hail\\nVersion: 1\\nArchitecture: all\\nMaintainer: me\\nDescription: hail';
    const steps = [
      'apt-get check >&2 && useradd -m ada && su ada -c "id -un"',
      `mkdir -p /hail/DEBIAN /hail/usr/bin && printf '${control}\\n' > /hail/DEBIAN/control`,
      "printf '#!/bin/sh\\necho hail\\n' > /hail/usr/bin/hail && chmod +x /hail/usr/bin/hail",
      'dpkg-deb --build hail >&2 && apt-get install -qq /hail.deb >&2 && hail && dpkg -l hail | tail -1',
      'apt-get install -qq curl 2>&1',
    ];
    const script = steps.join('\n');
    const { stdout } = await dock.run(`docker run --rm -i debian bash <<'END'\n${script}\nEND`);
    expect(stdout).toMatch(/^ada\nhail\nii  hail  .*\nE: Unable to locate package curl\n$/);
  });
});
