/** What a container is, seen from outside: the machine's kernel does the work. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('docker run -d --name box -p 8080:80 --hostname inside busybox sleep 1000');
});
afterAll(() => dock.stop());

it('is processes of the machine in namespaces of their own', async () => {
  const pid = await dock.sh("docker inspect -f '{{.State.Pid}}' box");
  expect(await dock.sh(`ps -o args= -p ${pid}`)).toBe('sleep 1000');
  expect(await dock.sh(`nsenter -t ${pid} -u hostname`)).toBe('inside');
  expect(await dock.sh(`nsenter -t ${pid} -p -m ps -o args | tail -n +2 | head -1`)).toBe(
    'sleep 1000',
  );
  expect(await dock.sh(`nsenter -t ${pid} -n ip -4 -o addr show eth0`)).toContain('172.17.0.2/16');
  const different = await dock.sh(
    `for kind in mnt uts ipc net pid cgroup; do [ "$(readlink /proc/${pid}/ns/$kind)" != "$(readlink /proc/1/ns/$kind)" ] && echo $kind; done`,
  );
  expect(different.split('\n')).toEqual(['mnt', 'uts', 'ipc', 'net', 'pid', 'cgroup']);
  expect(await dock.sh(`cat /proc/${pid}/cgroup`)).toMatch(/^0::\/docker\/[0-9a-f]{64}/);
});

it('publishes ports in nftables', async () => {
  expect(await dock.sh('nft list ruleset')).toMatch(/8080 : 172\.17\.0\.2 \. 80/);
});

it('is killed by the kernel when it exceeds its memory limit', async () => {
  const { code } = await dock.run(
    "docker run --name eater -m 16m --memory-swap 16m busybox sh -c 'x=a; while true; do x=$x$x; done'",
  );
  expect(code).toBe(137);
  expect(await dock.sh("docker inspect -f '{{.State.OOMKilled}}' eater")).toBe('true');
  expect(await dock.sh('dmesg')).toMatch(/Memory cgroup out of memory: Killed process/);
});

it('survives the death of the engine', async () => {
  await dock.replaceEngine();
  expect(await dock.sh("docker ps --format '{{.Names}} {{.Ports}}'")).toBe(
    'box 0.0.0.0:8080->80/tcp',
  );
  expect(await dock.sh('docker exec box hostname')).toBe('inside');
});
