import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../../engine/machine/agent/agent-client.ts';
import { pod, podContainer, TestNode } from './pods.ts';
import { hostSide, outputOf } from './runtimes.ts';

/** Of a Pod start with its image present: sandbox and one container. */
const BUDGET = 30_000_000;

let node: TestNode;
let busybox: string;
let nginx: string;

beforeAll(async () => {
  node = await TestNode.start(await hostSide());
  busybox = await node.cri.pullImage('busybox');
  nginx = await node.cri.pullImage('docker.io/library/nginx:latest');
  await node.cri.pullImage('registry.k8s.io/pause:3.10');
});
afterAll(() => node.end());

afterEach(async () => {
  for (const { id } of await node.cri.listPodSandbox()) await node.cri.removePodSandbox(id);
});

async function cgroupOf(name: string): Promise<void> {
  await node.agent.call('cgroup.set', { path: `/kubepods/burstable/pod${name}` });
}

describe('before the network is configured', () => {
  it('says so, and Pods fail', async () => {
    expect((await node.cri.status())[1]).toMatchObject({
      status: false,
      reason: 'NetworkPluginNotReady',
      message: 'Network plugin returns error: cni plugin not initialized',
    });
    await expect(node.cri.runPodSandbox(pod('early'), '')).rejects.toThrow(
      /^failed to setup network for sandbox "[0-9a-f]{64}": cni plugin not initialized$/,
    );
    await node.connect();
    expect((await node.cri.status()).map(({ status }) => status)).toEqual([true, true]);
  });
});

describe('Pods', () => {
  it('share network, host name and IPC; log, run programs, and leave nothing', async () => {
    await node.connect();
    const web = pod('web', {
      portMappings: [{ protocol: 'TCP', containerPort: 80, hostPort: 8080 }],
    });
    await cgroupOf('web');
    const before = await node.instructions();
    const sandbox = await node.cri.runPodSandbox(web, '');
    const server = await node.run(sandbox, web, podContainer('nginx', nginx, []));
    const spent = (await node.instructions()) - before;
    console.log(`A Pod with hostPort: ${(spent / 1e6).toFixed(1)} M instructions`);
    expect(spent).toBeLessThan(BUDGET);

    const script =
      'until wget -q -O /tmp/page http://127.0.0.1/; do sleep 0.2; done; grep -c nginx /tmp/page; hostname; ' +
      'cat /etc/hostname /etc/resolv.conf; echo shared > /dev/shm/note; echo oops >&2; printf end';
    const client = await node.run(
      sandbox,
      web,
      podContainer('client', busybox, ['sh', '-c', script]),
    );
    expect(await node.ended(client)).toMatchObject({ exitCode: 0, reason: 'Completed' });
    const log = await node.sh('cat /var/log/pods/default_web_uid-of-web/client/0.log');
    const line = (stream: string, tag: string, text: string): RegExp =>
      new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${stream} ${tag} ${text}$`, 'm');
    expect(log).toMatch(line('stdout', 'F', 'web'));
    expect(log).toMatch(line('stdout', 'F', 'nameserver 10.96.0.10'));
    expect(log).toMatch(line('stdout', 'F', 'options ndots:5'));
    expect(log).toMatch(line('stderr', 'F', 'oops'));
    expect(log).toMatch(line('stdout', 'P', 'end'));

    expect(await node.cri.execSync(server, ['cat', '/dev/shm/note'], 10)).toEqual({
      stdout: 'shared\n',
      stderr: '',
      exitCode: 0,
    });
    expect(await node.cri.execSync(server, ['sh', '-c', 'echo no >&2; exit 3'], 0)).toMatchObject({
      stderr: 'no\n',
      exitCode: 3,
    });
    await expect(node.cri.execSync(server, ['sleep', '60'], 1)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await expect(node.cri.execSync(server, ['nope'], 0)).rejects.toThrow(
      /^failed to exec in container: failed to start exec: OCI runtime exec failed: .*nope/,
    );

    const { ip } = await node.cri.podSandboxStatus(sandbox);
    expect(ip).toMatch(/^10\.244\.1\.\d+$/);
    for (const address of [`${ip}`, '127.0.0.1:8080', '10.0.0.12:8080'])
      expect(await node.sh(`curl -s -o /dev/null -w '%{http_code}' http://${address}/`)).toBe(
        '200',
      );
    const other = pod('other');
    const neighbour = await node.cri.runPodSandbox(other, '');
    for (const [netns, address] of [
      [sandbox, '10.0.0.12:8080'],
      [neighbour, '10.0.0.12:8080'],
      [neighbour, `${ip}`],
    ])
      expect(
        await node.sh(
          `nsenter --net=/run/drydock/netns/${netns} curl -s -o /dev/null -w '%{http_code}' http://${address}/`,
        ),
      ).toBe('200');

    const connection = await node.cri.portForward(sandbox, 80);
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode('GET / HTTP/1.0\r\n\r\n'));
    expect(new TextDecoder().decode(await collect(connection.readable))).toMatch(/^HTTP\/1\.1 200/);
    await expect(node.cri.portForward(sandbox, 81)).rejects.toThrow(/connection refused/);

    expect((await node.cri.listContainerStats()).map(({ containerId }) => containerId)).toEqual([
      server,
    ]);
    const stats = await node.cri.podSandboxStats(sandbox);
    expect(stats.network?.rxBytes).toBeGreaterThan(1000);
    expect(stats.memory.workingSetBytes).toBeGreaterThan(100_000);

    await node.sh(
      'mv /var/log/pods/default_web_uid-of-web/nginx/0.log /var/log/pods/default_web_uid-of-web/nginx/0.log.old',
    );
    await node.cri.reopenContainerLog(server);
    await node.sh(`curl -s -o /dev/null http://${ip}/`);
    await expect
      .poll(() => node.sh('cat /var/log/pods/default_web_uid-of-web/nginx/0.log'))
      .toMatch(/ stdout F .*"GET \/ HTTP/);

    await node.cri.removePodSandbox(neighbour);
    await node.cri.stopPodSandbox(sandbox);
    await node.cri.removePodSandbox(sandbox);
    await node.agent.call('cgroup.remove', { path: '/kubepods' });
    expect(await node.traces()).toBe('');
    expect(await node.sh('nft list map ip drydock_hostport published_tcp')).not.toContain('8080');
  });

  it('start within the budget', async () => {
    const plain = pod('plain');
    await cgroupOf('plain');
    // The second time everything is warm, as in a machine that has worked for a while.
    for (const attempt of [0, 1]) {
      const config = { ...plain, metadata: { ...plain.metadata, attempt } };
      const before = await node.instructions();
      const sandbox = await node.cri.runPodSandbox(config, '');
      const middle = await node.instructions();
      await node.run(sandbox, config, podContainer('app', busybox, ['sleep', '1000']));
      const after = await node.instructions();
      console.log(
        `A Pod: ${((after - before) / 1e6).toFixed(1)} M instructions, ${((middle - before) / 1e6).toFixed(1)} M of them its sandbox`,
      );
      expect(after - before).toBeLessThan(BUDGET);
      await node.cri.removePodSandbox(sandbox);
    }
  });

  it('tell of containers that were killed for their memory', async () => {
    const greedy = pod('greedy');
    await cgroupOf('greedy');
    const sandbox = await node.cri.runPodSandbox(greedy, '');
    const eats = 'x=a; while :; do x=$x$x; done';
    const id = await node.run(
      sandbox,
      greedy,
      podContainer('eater', busybox, ['sh', '-c', eats], {
        resources: { memoryLimitInBytes: 16 << 20, unified: { 'memory.oom.group': '1' } },
      }),
    );
    expect(await node.ended(id)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('share processes where they want to', async () => {
    const namespaces = { network: 'POD', pid: 'POD', ipc: 'POD' } as const;
    const shared = pod('shared', { namespaces });
    await cgroupOf('shared');
    const sandbox = await node.cri.runPodSandbox(shared, '');
    const config = podContainer('app', busybox, ['sleep', '1000']);
    const securityContext = { ...config.securityContext, namespaces };
    await node.run(sandbox, shared, { ...config, securityContext });
    const look = await node.run(sandbox, shared, {
      ...podContainer('look', busybox, ['ps', '-o', 'pid,args']),
      securityContext,
    });
    await node.ended(look);
    const log = await node.sh('cat /var/log/pods/default_shared_uid-of-shared/look/0.log');
    expect(log).toMatch(/1 \/pause$/m);
    expect(log).toMatch(/sleep 1000$/m);
  });

  it('on the network of the node have its name', async () => {
    const namespaces = { network: 'NODE', pid: 'NODE', ipc: 'NODE' } as const;
    const host = pod('host', { namespaces, hostname: '' });
    await cgroupOf('host');
    const sandbox = await node.cri.runPodSandbox(host, '');
    const config = podContainer('app', busybox, ['sh', '-c', 'hostname; ip -4 addr show eth0']);
    const id = await node.run(sandbox, host, {
      ...config,
      securityContext: { ...config.securityContext, namespaces, privileged: true },
    });
    expect(await node.ended(id)).toMatchObject({ exitCode: 0 });
    const log = await node.sh('cat /var/log/pods/default_host_uid-of-host/app/0.log');
    expect(log).toMatch(/F worker-1$/m);
    expect(log).toContain('10.0.0.12/24');
  });

  it('whose program is missing say so', async () => {
    const broken = pod('broken');
    await cgroupOf('broken');
    const sandbox = await node.cri.runPodSandbox(broken, '');
    const id = await node.cri.createContainer(
      sandbox,
      podContainer('app', busybox, ['nope']),
      broken,
    );
    await expect(node.cri.startContainer(id)).rejects.toThrow(
      /^failed to create containerd task: failed to create shim task: OCI runtime create failed: .*nope/,
    );
    expect(await node.cri.containerStatus(id)).toMatchObject({
      state: 'CONTAINER_EXITED',
      exitCode: 128,
      reason: 'StartError',
    });
  });

  it('can be attached to', async () => {
    const config = pod('cat');
    await cgroupOf('cat');
    const sandbox = await node.cri.runPodSandbox(config, '');
    const id = await node.run(
      sandbox,
      config,
      podContainer('cat', busybox, ['cat'], { stdin: true, stdinOnce: true }),
    );
    const io = await node.cri.attach(id, { stdin: true });
    const writer = io.input.getWriter();
    await writer.write(new TextEncoder().encode('hello\n'));
    await writer.close();
    expect((await outputOf(io)).stdout).toBe('hello\n');
    expect(await node.ended(id)).toMatchObject({ exitCode: 0 });
  });
});

describe('a worker that starts again', () => {
  it('finds its Pods, and takes down what nobody knows', async () => {
    const config = pod('lasting');
    await cgroupOf('lasting');
    const sandbox = await node.cri.runPodSandbox(config, '');
    const id = await node.run(
      sandbox,
      config,
      podContainer('app', busybox, ['sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.1; done']),
    );
    // What a worker leaves that is killed in the middle of a start.
    const orphan = 'f'.repeat(64);
    await node.agent.call('sandbox.create', {
      id: orphan,
      mode: 'pod',
      hostname: 'orphan',
      network: 'cni',
      ipc: 'own',
      cni: { args: {}, capabilities: {} },
    });
    await node.restart();
    expect(await node.traces()).not.toContain(orphan);
    expect(await node.cri.podSandboxStatus(sandbox)).toMatchObject({ state: 'SANDBOX_READY' });
    expect(await node.cri.execSync(id, ['echo', 'again'], 10)).toMatchObject({ stdout: 'again\n' });
    await node.cri.stopContainer(id, 10);
    expect(await node.cri.containerStatus(id)).toMatchObject({ exitCode: 7, reason: 'Error' });
    await node.cri.removePodSandbox(sandbox);
    await node.agent.call('cgroup.remove', { path: '/kubepods' });
    expect(await node.traces()).toBe('');
  });
});
