/** Debian's `docker` against our engine: what one types, what comes back, to the letter. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
});
afterAll(() => dock.stop());

describe('docker run', () => {
  it('pulls what is missing, prints the greeting, and leaves nothing with --rm', async () => {
    const { code, stdout, stderr } = await dock.run('docker run --rm hello-world && docker ps -aq');
    expect(code).toBe(0);
    expect(stdout).toContain('Hello from Docker!');
    expect(stderr).toContain(
      "Unable to find image 'hello-world:latest' locally\nlatest: Pulling from library/hello-world\n",
    );
    expect(stderr).toMatch(
      /: Pull complete\nDigest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for hello-world:latest\n$/,
    );
    expect(stdout).toMatch(/\n$/);
  });

  it('passes exit statuses through, and says 125, 126 and 127 itself', async () => {
    const { stdout, stderr } = await dock.run(
      'docker pull -q busybox >/dev/null; for command in "sh -c exit\\ 7" nosuch /etc; do eval docker run --rm busybox $command; echo $?; done; docker run --rm busybox:none true; echo $?',
    );
    expect(stdout).toBe('7\n127\n126\n125\n');
    expect(stderr).toContain('exec: "nosuch": executable file not found in $PATH: unknown.\n');
    expect(stderr).toContain('exec: "/etc": permission denied: unknown.\n');
    expect(stderr).toContain(
      'docker: Error response from daemon: manifest for busybox:none not found: manifest unknown: manifest unknown.\n',
    );
  });

  it('feeds standard input and keeps the two outputs apart', async () => {
    const { stdout, stderr } = await dock.run(
      "echo hello | docker run --rm -i busybox sh -c 'cat; echo wrong >&2'",
    );
    expect(stdout).toBe('hello\n');
    expect(stderr).toBe('wrong\n');
  });

  it.each([
    [
      'docker run nosuchimage',
      "docker: Error response from daemon: pull access denied for nosuchimage, repository does not exist or may require 'docker login': denied: requested access to the resource is denied.\n",
    ],
    [
      'docker run registry.example/app',
      'docker: Error response from daemon: Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host.\n',
    ],
    [
      'docker run --name x! busybox',
      'docker: Error response from daemon: Invalid container name (x!), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed.\n',
    ],
    [
      'docker run -m 1m busybox',
      'docker: Error response from daemon: Minimum memory limit allowed is 6MB.\n',
    ],
    [
      'docker run --cpus 9 busybox',
      'docker: Error response from daemon: Range of CPUs is from 0.01 to 1.00, as there are only 1 CPUs available.\n',
    ],
  ])('%s', async (command, message) => {
    const { code, stderr } = await dock.run(command);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/See 'docker run --help'\.\n$/);
    expect(code).toBe(125);
  });
});

describe('a container in the background', () => {
  it('lives from create to remove', async () => {
    const id = await dock.sh(
      'docker run -d --name one -p 8080:80 -v data:/data busybox httpd -f -h /data',
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await dock.sh('docker exec one sh -c "echo page > /data/index.html"');
    expect(await dock.sh('curl -s localhost:8080')).toBe('page');
    expect(await dock.sh('docker port one')).toBe('80/tcp -> 0.0.0.0:8080');
    expect(
      await dock.sh("docker ps --format '{{.Names}} {{.Image}} {{.Command}} {{.Ports}}'"),
    ).toBe('one busybox "httpd -f -h /data" 0.0.0.0:8080->80/tcp');
    const taken = await dock.run('docker run -d -p 8080:80 busybox httpd -f');
    expect(taken.stderr).toMatch(
      /docker: Error response from daemon: driver failed programming external connectivity on endpoint \w+ \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated\.\n$/,
    );
    expect((await dock.run('docker run --name one busybox')).stderr).toContain(
      `Conflict. The container name "/one" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
    expect((await dock.run('docker rm one')).stderr).toContain(
      `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove\n`,
    );
    await dock.sh('docker pause one');
    expect(await dock.sh("docker ps --format '{{.Status}}'")).toMatch(/^Up .* \(Paused\)$/);
    await dock.sh('docker unpause one && docker stop -t 1 one');
    expect(await dock.sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' one")).toBe(
      'exited 137',
    );
    await dock.sh(
      'docker start one && docker restart -t 0 one && docker rename one two && docker kill two',
    );
    await dock.sh('docker container prune -f && docker volume rm data');
    expect(await dock.sh('docker ps -aq; docker volume ls -q')).toBe('');
  });

  it('copies files in and out, running or not', async () => {
    await dock.sh(
      'docker create --name files busybox true && echo in > /tmp/in && docker cp /tmp/in files:/root/',
    );
    expect(await dock.sh('docker cp files:/root/in - | tar xO')).toBe('in');
    expect(await dock.sh('docker diff files')).toBe('C /root\nA /root/in');
    await dock.sh('docker cp files:/ /tmp/whole && cmp /tmp/whole/root/in /tmp/in');
    const { stderr } = await dock.run('docker cp files:/nothing .');
    expect(stderr).toMatch(/^Error: No such container:path: files:\/nothing\n$/);
    await dock.sh('docker rm files');
  });

  it('keeps its output for docker logs', async () => {
    await dock.sh(
      "docker run --name talker busybox sh -c 'echo one; echo two; sleep 1; echo err >&2'",
    );
    const { stdout, stderr } = await dock.run('docker logs talker');
    expect([stdout, stderr]).toEqual(['one\ntwo\n', 'err\n']);
    expect(await dock.sh('docker logs -t --tail 1 talker 2>&1')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z err$/,
    );
    await dock.sh('docker rm talker');
  });
});

describe('docker events, stats, top', () => {
  it('tells the story of a run in order', async () => {
    await dock.sh('docker run --rm --name story busybox true');
    // Two seconds ahead: the machine's clock may be a little behind the engine's.
    const events = await dock.sh(
      "docker events --since 5m --until $(($(date +%s) + 2)) --filter container=story --format '{{.Action}}'",
    );
    expect(events.split('\n').slice(-5)).toEqual(['create', 'attach', 'start', 'die', 'destroy']);
  });

  it('reads cgroups and processes', async () => {
    await dock.sh('docker run -d --name busy busybox sleep 1000');
    expect(
      await dock.sh("docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}'"),
    ).toMatch(/^busy 1 [\d.]+[KM]iB \/ [\d.]+MiB$/);
    expect(await dock.sh('docker top busy')).toMatch(
      /^UID +PID +PPID +C +STIME +TTY +TIME +CMD\nroot .* sleep 1000$/,
    );
    await dock.sh('docker rm -f busy');
  });
});
