import { afterEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { turn } from '../test-runtime.node.ts';
import { appConfig, podConfig, testCri, type TestCri } from './test-cri.node.ts';

const open: TestCri[] = [];
afterEach(async () => {
  for (const { runtime } of open.splice(0)) await runtime.close();
});

async function setUp(...options: Parameters<typeof testCri>): Promise<TestCri> {
  const made = await testCri(...options);
  open.push(made);
  return made;
}

/** A Pod with one container that runs. */
async function running(test: TestCri, changes: Parameters<typeof appConfig>[1] = {}) {
  const { cri, image } = test;
  const sandbox = await cri.runPodSandbox(podConfig(), '');
  const id = await cri.createContainer(sandbox, appConfig(image, changes), podConfig());
  await cri.startContainer(id);
  return { sandbox, id };
}

interface Started {
  readonly config: {
    readonly hostname?: string;
    readonly process: { readonly args: readonly string[]; readonly env: readonly string[] };
    readonly mounts: readonly { readonly destination: string; readonly source: string }[];
    readonly linux: {
      readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
      readonly cgroupsPath: string;
      readonly resources: object;
    };
  };
  readonly files: readonly unknown[];
  readonly directories: readonly string[];
  readonly log: object;
}

function lastStart({ agent }: TestCri): Started {
  const call = agent.calls.findLast(({ op }) => op === 'task.start');
  return call?.request as unknown as Started;
}

describe('sandboxes', () => {
  it('are made in one call, with what the network plugins are to know', async () => {
    const test = await setUp();
    const { agent, cri, told } = test;
    const id = await cri.runPodSandbox(podConfig(), '');
    const create = agent.calls.find(({ op }) => op === 'sandbox.create')?.request;
    expect(create).toMatchObject({
      id,
      mode: 'pod',
      hostname: 'web',
      network: 'cni',
      ipc: 'own',
      cni: {
        args: {
          K8S_POD_NAMESPACE: 'default',
          K8S_POD_NAME: 'web',
          K8S_POD_UID: 'uid-1',
          K8S_POD_INFRA_CONTAINER_ID: id,
        },
        capabilities: {
          portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp', hostIP: '' }],
        },
      },
      files: [
        { content: 'web\n' },
        { content: '127.0.0.1\tlocalhost\n' },
        { content: 'search svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n' },
      ],
    });
    expect(agent.ops.filter((op) => op !== 'run')).toEqual(['sandbox.create']);
    expect(await cri.podSandboxStatus(id)).toMatchObject({
      state: 'SANDBOX_READY',
      ip: '10.244.1.2',
      metadata: { name: 'web' },
      labels: { app: 'web' },
    });
    expect(told.map(({ type, podUid }) => `${type} ${podUid}`)).toEqual([
      'CONTAINER_CREATED_EVENT uid-1',
      'CONTAINER_STARTED_EVENT uid-1',
    ]);
  });

  it("fail in the plugin's words and leave nothing", async () => {
    const { agent, cri } = await setUp();
    const message = 'plugin type="bridge" failed (add): no IP addresses available in range set';
    agent.failures.set('sandbox.create', { code: 'ECNI', message });
    await expect(cri.runPodSandbox(podConfig(), '')).rejects.toThrow(
      /^failed to setup network for sandbox "[0-9a-f]{64}": plugin type="bridge" failed \(add\): no IP/,
    );
    expect(await cri.listPodSandbox()).toEqual([]);
    expect(agent.ops).toContain('file.remove');
  });

  it('are not made twice, nor by a handler nobody knows', async () => {
    const { cri } = await setUp();
    await cri.runPodSandbox(podConfig(), '');
    await expect(cri.runPodSandbox(podConfig(), '')).rejects.toThrow(
      'failed to reserve sandbox name "web_default_uid-1_0"',
    );
    await expect(cri.runPodSandbox(podConfig(), 'kata')).rejects.toThrow(
      'failed to get sandbox runtime: no runtime for "kata" is configured',
    );
  });

  it('on the network of the node have its name and no address', async () => {
    const { agent, cri } = await setUp();
    const namespaces = { network: 'NODE', pid: 'CONTAINER', ipc: 'NODE' } as const;
    const id = await cri.runPodSandbox(podConfig({ namespaces, hostname: '' }), '');
    const create = agent.calls.find(({ op }) => op === 'sandbox.create')?.request;
    expect(create).toMatchObject({ hostname: '', network: 'host', ipc: 'host', sysctls: {} });
    expect((await cri.podSandboxStatus(id)).ip).toBeUndefined();
  });

  it('stop with what runs in them, and go with what was in them', async () => {
    const test = await setUp();
    const { agent, cri, told } = test;
    const { sandbox, id } = await running(test);
    await cri.stopPodSandbox(sandbox);
    expect(agent.signals).toEqual(['SIGKILL']);
    expect(agent.sandboxes.size).toBe(0);
    expect(await cri.podSandboxStatus(sandbox)).toMatchObject({ state: 'SANDBOX_NOTREADY' });
    expect(await cri.containerStatus(id)).toMatchObject({ exitCode: 137, reason: 'Error' });
    await cri.stopPodSandbox(sandbox);
    await expect(cri.createContainer(sandbox, appConfig(test.image), podConfig())).rejects.toThrow(
      'failed to get sandbox container task: no running task found',
    );
    await cri.removePodSandbox(sandbox);
    await cri.removePodSandbox(sandbox);
    expect(await cri.listContainers()).toEqual([]);
    expect(await cri.listPodSandbox()).toEqual([]);
    await expect(cri.podSandboxStatus(sandbox)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(told.map(({ type }) => type).slice(-4)).toEqual([
      'CONTAINER_STOPPED_EVENT',
      'CONTAINER_STOPPED_EVENT',
      'CONTAINER_DELETED_EVENT',
      'CONTAINER_DELETED_EVENT',
    ]);
  });

  it('stay until their network lets them go', async () => {
    const test = await setUp();
    const { agent, cri } = test;
    const id = await cri.runPodSandbox(podConfig(), '');
    const message = 'plugin type="drydock" failed (delete): device busy';
    agent.failures.set('sandbox.remove', { code: 'ECNI', message });
    await expect(cri.stopPodSandbox(id)).rejects.toThrow(
      `failed to destroy network for sandbox "${id}": ${message}`,
    );
    expect(await cri.podSandboxStatus(id)).toMatchObject({ state: 'SANDBOX_READY' });
    await cri.stopPodSandbox(id);
    expect(await cri.podSandboxStatus(id)).toMatchObject({ state: 'SANDBOX_NOTREADY' });
  });
});

describe('containers', () => {
  it('join the sandbox, and log as the CRI does', async () => {
    const test = await setUp();
    const { sandbox, id } = await running(test, {
      mounts: [{ containerPath: '/data', hostPath: '/srv/data', readonly: true }],
      resources: {
        cpuShares: 102,
        memoryLimitInBytes: 1 << 25,
        unified: { 'memory.oom.group': '1' },
      },
    });
    const { config, files, directories, log } = lastStart(test);
    expect(config.linux.namespaces).toEqual([
      { type: 'mount' },
      { type: 'uts', path: `/utsns/${sandbox}` },
      { type: 'ipc', path: `/ipcns/${sandbox}` },
      { type: 'pid' },
      { type: 'network' },
      { type: 'cgroup' },
    ]);
    expect(config.hostname).toBeUndefined();
    expect(config.process.env).toEqual(expect.arrayContaining(['HOSTNAME=web', 'MODE=test']));
    expect(config.linux.cgroupsPath).toBe(`/kubepods/besteffort/poduid-1/${id}`);
    expect(config.linux.resources).toMatchObject({
      memory: { limit: 1 << 25 },
      cpu: { shares: 102 },
      unified: { 'memory.oom.group': '1' },
    });
    const sources = Object.fromEntries(
      config.mounts.map(({ destination, source }) => [destination, source]),
    );
    expect(sources).toMatchObject({
      '/dev/shm': `/shm/${sandbox}`,
      '/etc/resolv.conf': `/run/drydock/pods/${sandbox}/resolv.conf`,
      '/etc/hostname': `/run/drydock/pods/${sandbox}/hostname`,
      '/data': '/srv/data',
    });
    expect(files).toEqual([]);
    expect(directories).toEqual(['/srv/data']);
    expect(log).toEqual({ path: '/var/log/pods/default_web_uid-1/app/0.log', format: 'cri' });
  });

  it('tell what became of them', async () => {
    const test = await setUp();
    const { agent, cri, told } = test;
    const { id } = await running(test);
    expect(await cri.containerStatus(id)).toMatchObject({ state: 'CONTAINER_RUNNING', pid: 40 });
    agent.exit(id, { code: 137, signal: 'SIGKILL', oomKilled: true });
    await turn();
    expect(await cri.containerStatus(id)).toMatchObject({
      state: 'CONTAINER_EXITED',
      exitCode: 137,
      reason: 'OOMKilled',
      pid: 0,
      image: 'docker.io/library/app:latest',
      imageRef: test.image,
    });
    expect(told.at(-1)).toMatchObject({ type: 'CONTAINER_STOPPED_EVENT', containerId: id });
    await cri.removeContainer(id);
    expect(told.at(-1)).toMatchObject({
      type: 'CONTAINER_DELETED_EVENT',
      containerId: id,
      podUid: 'uid-1',
    });
  });

  it("that cannot start have ended with containerd's reason", async () => {
    const test = await setUp();
    const { agent, cri, image } = test;
    const sandbox = await cri.runPodSandbox(podConfig(), '');
    const id = await cri.createContainer(sandbox, appConfig(image), podConfig());
    const message = 'executable file `serve` not found in $PATH: No such file or directory';
    agent.failures.set('task.start', { code: 'ETASK', message });
    const text = `failed to create containerd task: failed to create shim task: OCI runtime create failed: ${message}: unknown`;
    await expect(cri.startContainer(id)).rejects.toThrow(text);
    expect(await cri.containerStatus(id)).toMatchObject({
      state: 'CONTAINER_EXITED',
      exitCode: 128,
      reason: 'StartError',
      message: text,
    });
    await expect(cri.startContainer(id)).rejects.toThrow('container is in CONTAINER_EXITED state');
  });

  it('are not made of nothing', async () => {
    const { cri, image } = await setUp();
    const sandbox = await cri.runPodSandbox(podConfig(), '');
    const create = (changes: Parameters<typeof appConfig>[1]) =>
      cri.createContainer(sandbox, appConfig(image, changes), podConfig());
    await expect(create({ command: [] })).rejects.toThrow('no command specified');
    await expect(create({ image: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await create({});
    await expect(create({})).rejects.toThrow(
      'failed to reserve container name "app_web_default_uid-1_0"',
    );
    await expect(cri.startContainer('nope')).rejects.toThrow(
      'an error occurred when try to find container "nope": not found',
    );
    await cri.stopContainer('nope', 1);
    await cri.removeContainer('nope');
  });

  it('get other limits while they run', async () => {
    const test = await setUp();
    const { id } = await running(test);
    await test.cri.updateContainerResources(id, { cpuQuota: 20_000, cpuPeriod: 100_000 });
    expect(test.agent.calls.find(({ op }) => op === 'task.update')?.request).toEqual({
      id,
      cgroup: { 'cpu.max': '20000 100000' },
    });
    expect((await test.cri.containerStatus(id)).resources).toMatchObject({ cpuQuota: 20_000 });
  });
});

describe('a Pod whose containers share process ids', () => {
  const namespaces = { network: 'POD', pid: 'POD', ipc: 'POD' } as const;

  it('has a first process that nobody is told of, and ends with it', async () => {
    const test = await setUp();
    const { agent, cri, image, images, told } = test;
    await images.tag('app', 'registry.k8s.io/pause:3.10');
    const config = podConfig({ namespaces });
    const sandbox = await cri.runPodSandbox(config, '');
    const id = await cri.createContainer(
      sandbox,
      appConfig(image, {
        securityContext: { ...appConfig(image).securityContext, namespaces },
      }),
      config,
    );
    await cri.startContainer(id);
    expect(lastStart(test).config.linux.namespaces).toContainEqual({
      type: 'pid',
      path: '/proc/40/ns/pid',
    });
    expect((await cri.listContainers()).map((one) => one.id)).toEqual([id]);
    const [pause] = [...agent.tasks.keys()].filter((task) => task !== id);
    agent.exit(pause ?? '', { code: 137 });
    await turn();
    expect(await cri.podSandboxStatus(sandbox)).toMatchObject({ state: 'SANDBOX_NOTREADY' });
    expect(told.at(-1)).toMatchObject({
      type: 'CONTAINER_STOPPED_EVENT',
      containerId: sandbox,
      podSandboxId: sandbox,
    });
    await cri.removePodSandbox(sandbox);
    expect(agent.tasks.size).toBe(0);
  });
});

describe('programs in containers', () => {
  it('run to their end', async () => {
    const test = await setUp();
    const { id } = await running(test);
    test.agent.programs.set('date', () => ({ stdout: 'now', stderr: 'hm', code: 3 }));
    expect(await test.cri.execSync(id, ['date'], 0)).toEqual({
      stdout: 'now',
      stderr: 'hm',
      exitCode: 3,
    });
  });

  it('are killed when their time is up', async () => {
    const test = await setUp();
    const { id } = await running(test);
    test.agent.endless.add('sleep');
    const ended = test.cri.execSync(id, ['sleep'], 1);
    const failure = expect(ended).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'failed to exec in container: timeout 1s exceeded: context deadline exceeded',
    });
    for (let i = 0; i < 20; i++) await turn();
    test.clock.advance(1000);
    await failure;
  });

  it('need one that runs', async () => {
    const test = await setUp();
    const { id } = await running(test);
    test.agent.exit(id);
    await turn();
    await expect(test.cri.execSync(id, ['date'], 0)).rejects.toThrow(
      'failed to exec in container: container is in CONTAINER_EXITED state',
    );
  });
});

describe('figures', () => {
  it('come from cgroups; layers are measured now and then', async () => {
    const test = await setUp();
    const { agent, cri, clock } = test;
    const { sandbox, id } = await running(test);
    const [stats] = await cri.listContainerStats();
    expect(stats).toMatchObject({
      containerId: id,
      cpu: { usageCoreNanoSeconds: 1_000_000 },
      memory: { workingSetBytes: 4096 },
      writableLayer: { usedBytes: 8192, inodesUsed: 3 },
      processCount: 1,
    });
    await cri.listContainerStats();
    clock.advance(10_000);
    await cri.containerStats(id);
    expect(agent.ops.filter((op) => op === 'file.usage')).toHaveLength(2);
    expect(await cri.podSandboxStats(sandbox)).toMatchObject({
      network: { name: 'eth0', rxBytes: 1, txBytes: 2 },
    });
  });
});

describe('the runtime itself', () => {
  it('tells whether Pods can be connected', async () => {
    const { agent, cri } = await setUp();
    expect((await cri.status()).map(({ status }) => status)).toEqual([true, true]);
    agent.network = { ready: false, message: 'no network config found' };
    expect((await cri.status())[1]).toEqual({
      type: 'NetworkReady',
      status: false,
      reason: 'NetworkPluginNotReady',
      message: 'Network plugin returns error: cni plugin not initialized',
    });
    agent.before.set('cni.status', () => {
      throw new AgentError('ECONNRESET', 'the session ended');
    });
    expect((await cri.status())[0]).toMatchObject({ status: false, reason: 'RuntimeNotReady' });
  });

  it('knows everything again after a restart', async () => {
    const storage = new MemoryStorage();
    const test = await setUp(storage);
    const { sandbox, id } = await running(test);
    await test.runtime.close();
    const again = await setUp(storage, test.agent, 3);
    expect(await again.cri.podSandboxStatus(sandbox)).toMatchObject({ ip: '10.244.1.2' });
    expect(await again.cri.containerStatus(id)).toMatchObject({ state: 'CONTAINER_RUNNING' });
    test.agent.exit(id);
    await turn();
    expect(again.told.map(({ type }) => type)).toContain('CONTAINER_STOPPED_EVENT');
  });

  it('lets go of what a reboot of the machine has left', async () => {
    const storage = new MemoryStorage();
    const test = await setUp(storage);
    const { sandbox, id } = await running(test);
    await test.runtime.close();
    test.agent.tasks.clear();
    test.agent.sandboxes.clear();
    const again = await setUp(storage, test.agent, 3);
    expect(test.agent.ops).toContain('sandbox.remove');
    expect(await again.cri.podSandboxStatus(sandbox)).toMatchObject({ state: 'SANDBOX_NOTREADY' });
    expect(await again.cri.containerStatus(id)).toMatchObject({
      state: 'CONTAINER_EXITED',
      exitCode: 255,
      reason: 'Unknown',
    });
  });
});

describe('images', () => {
  it('have the names containerd gives them', async () => {
    const { cri, image } = await setUp();
    expect(await cri.imageStatus('app')).toMatchObject({
      id: image,
      repoTags: ['docker.io/library/app:latest'],
      username: '',
    });
    expect(await cri.imageStatus(image)).toMatchObject({ id: image });
    expect(await cri.imageStatus('Nope!')).toBeUndefined();
    expect((await cri.imageFsInfo()).inodesUsed).toBe(3);
    await cri.removeImage('docker.io/library/app:latest');
    await cri.removeImage('app');
    expect(await cri.listImages()).toEqual([]);
  });

  it('that cannot be had say so as containerd does', async () => {
    const { cri } = await setUp();
    await expect(cri.pullImage('nope:1')).rejects.toThrow(
      'failed to pull and unpack image "docker.io/library/nope:1": failed to resolve reference "docker.io/library/nope:1": failed to do request: Head "https://registry-1.docker.io/v2/library/nope/manifests/1": no registry',
    );
    await expect(cri.pullImage('No:pe')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
