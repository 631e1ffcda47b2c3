/** The images of the registry do on the emulated machine what they are there for. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 300_000 });

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
});
afterAll(() => dock.stop());

describe('redis', () => {
  it('keeps what it was given across a restart, and in its volume across containers', async () => {
    const run = 'docker run -d --name store -v store:/data redis redis-server --appendonly yes';
    const ready = 'docker exec store redis-cli ping';
    await dock.sh(run);
    await dock.until(ready);
    expect(await dock.sh('docker exec store redis-cli set ship Argo')).toBe('OK');
    await dock.sh('docker restart -t 5 store');
    await dock.until(ready);
    expect(await dock.sh('docker exec store redis-cli get ship')).toBe('Argo');
    expect(await dock.sh("docker exec store sh -c 'stat -c %U /data/appendonlydir'")).toBe('redis');
    await dock.sh(`docker rm -f store && ${run}`);
    await dock.until(ready);
    expect(await dock.sh('docker exec store redis-cli get ship')).toBe('Argo');
    await dock.sh('docker rm -f store && docker volume rm store');
  });
});

describe('python', () => {
  it('runs programs with its library', async () => {
    const program = 'import json, ssl, sys; print(json.dumps({"ok": sys.version_info[:2]}))';
    expect(await dock.sh(`docker run --rm python python -c '${program}'`)).toBe('{"ok": [3, 11]}');
  });
});

describe('nginx and curl', () => {
  it('speak with each other by name', async () => {
    await dock.sh('docker network create dock && docker run -d --name web --network dock nginx');
    const status = await dock.sh(
      'docker run --rm --network dock curlimages/curl -s -o /dev/null -w %{http_code} http://web/',
    );
    expect(status).toBe('200');
    expect(await dock.sh('docker run --rm curlimages/curl --version')).toMatch(
      /^curl 7\.88\.1 .* OpenSSL/,
    );
    await dock.sh('docker rm -f web && docker network rm dock');
  });
});

describe('pause', () => {
  it('holds its namespaces, buries the dead, and goes when it is told to', async () => {
    await dock.sh('docker run -d --name pod registry.k8s.io/pause:3.10');
    const zombies = `docker run --rm --pid container:pod busybox sh -c '(sleep 0.2 &); sleep 1; ps -o stat | grep -c Z'`;
    expect((await dock.run(zombies)).stdout).toBe('0\n');
    await dock.sh('docker stop pod');
    expect(await dock.sh("docker inspect -f '{{.State.ExitCode}}' pod")).toBe('0');
    await dock.sh('docker rm pod');
  });
});
