import { beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../client/resources.ts';
import { CriError } from '../runtime/cri/types.ts';
import { ContainerConfigError, VolumeError } from './contracts.ts';
import { KubeletWorld } from './testing/kubelet-world.ts';

let world: KubeletWorld;
beforeEach(async () => {
  world = new KubeletWorld();
  await world.start();
});

describe('a Pod', () => {
  it("runs, with upstream's events", async () => {
    await world.run('web');
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
    expect(await world.events('web')).toEqual([
      'Normal Pulling Pulling image "busybox"',
      'Normal Pulled Successfully pulled image "busybox" in 0s (0s including waiting). Image size: 1000000 bytes.',
      'Normal Created Container created',
      'Normal Started Container started',
    ]);
    const { status } = await world.pod('web');
    expect(status).toMatchObject({
      podIP: '10.244.0.1',
      podIPs: [{ ip: '10.244.0.1' }],
      hostIP: '10.0.0.12',
      qosClass: 'BestEffort',
      startTime: '2026-01-01T00:00:00Z',
    });
    expect(status?.containerStatuses?.[0]).toMatchObject({
      containerID: 'fake://container-2',
      imageID: 'busybox@sha256:busybox:latest',
      started: true,
      ready: true,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    });
    expect(status?.conditions?.map(({ type, status: holds }) => `${type}=${holds}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(world.errors).toEqual([]);
  });

  it('succeeds, and what it had on the node goes', async () => {
    await world.run('job', { restartPolicy: 'Never' });
    world.cri.exit('main');
    await world.settle();
    expect(await world.summary('job')).toBe('Succeeded ready=False main:Completed/0');
    const { status, metadata } = await world.pod('job');
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe('PodCompleted');
    expect(status?.podIP).toBe('10.244.0.1');
    expect(world.cri.sandbox('job').state).toBe('SANDBOX_NOTREADY');
    expect(world.parts.steps).toContain(`unmount ${metadata.uid}`);
    expect(world.parts.steps).toContain(`remove cgroup ${metadata.uid}`);
    await world.delete('job');
    expect(await world.exists('job')).toBe(false);
    expect(world.errors).toEqual([]);
  });

  it('fails with the exit code and what its container said', async () => {
    world.node.add('/messages/main', 'no such table');
    await world.run('job', { restartPolicy: 'Never' });
    world.cri.exit('main', 3);
    await world.settle();
    const { status } = await world.pod('job');
    expect(status?.phase).toBe('Failed');
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      message: 'no such table',
      containerID: 'fake://container-2',
    });
  });

  it('is deleted within its grace period', async () => {
    await world.run('web');
    await world.delete('web');
    expect(await world.exists('web')).toBe(false);
    expect(await world.events('web')).toContain('Normal Killing Stopping container main');
    expect(world.cri.calls).toContain('stopContainer main');
    expect(world.cri.sandbox('web').state).toBe('SANDBOX_NOTREADY');
    await world.after(5);
    expect(world.errors).toEqual([]);
  });

  it('is killed when it ignores its signal for too long', async () => {
    world.cri.ignoresTerm = () => true;
    await world.run('web');
    await world.delete('web', 30);
    await world.after(29);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
    await world.after(2);
    expect(await world.exists('web')).toBe(false);
    expect(world.cri.container('main').exitCode).toBe(137);
  });

  it('is killed sooner when somebody loses patience', async () => {
    world.cri.ignoresTerm = () => true;
    await world.run('web');
    await world.delete('web', 30);
    await world.after(1);
    await world.delete('web', 0);
    await world.after(2.5);
    expect(await world.exists('web')).toBe(false);
  });

  it('ends also when it vanishes from the API', async () => {
    await world.run('web');
    await world.client.delete(resources.pods, { namespace: 'default', name: 'web' });
    await world.settle();
    expect(world.cri.sandbox('web').state).toBe('SANDBOX_NOTREADY');
    expect(world.cri.container('main').state).toBe('CONTAINER_EXITED');
  });
});

describe('restarts', () => {
  it('come later and later', async () => {
    await world.run('web');
    world.cri.exit('main', 1);
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=True main:running/1');
    world.cri.exit('main', 1);
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=False main:CrashLoopBackOff/1');
    const { status, metadata } = await world.pod('web');
    expect(status?.containerStatuses?.[0]).toMatchObject({
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 10s restarting failed container=main pod=web_default(${metadata.uid})`,
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    expect(await world.events('web')).toContain(
      `Warning BackOff Back-off restarting failed container main in pod web_default(${metadata.uid})`,
    );
    await world.after(9);
    expect(await world.summary('web')).toBe('Running ready=False main:CrashLoopBackOff/1');
    await world.after(1.5);
    expect(await world.summary('web')).toBe('Running ready=True main:running/2');
    world.cri.exit('main', 1);
    await world.settle();
    await world.after(19);
    expect(await world.summary('web')).toBe('Running ready=False main:CrashLoopBackOff/2');
    await world.after(2);
    expect(await world.summary('web')).toBe('Running ready=True main:running/3');
  });

  it('do not happen after success when only failures are to be tried again', async () => {
    await world.run('job', { restartPolicy: 'OnFailure' });
    world.cri.exit('main', 2);
    await world.settle();
    expect(await world.summary('job')).toBe('Running ready=True main:running/1');
    world.cri.exit('main', 0);
    await world.settle();
    expect(await world.summary('job')).toBe('Succeeded ready=False main:Completed/1');
  });

  it('follow a failed liveness probe', async () => {
    const pod = await world.run('web');
    const { id } = world.cri.container('main');
    world.parts.probe(pod.metadata.uid ?? '', id, 'liveness', 'failure');
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=True main:running/1');
    expect(await world.events('web')).toContain(
      'Normal Killing Container main failed liveness probe, will be restarted',
    );
  });

  it('make a new sandbox when the old one died', async () => {
    await world.run('web');
    world.cri.killSandbox('web');
    await world.settle();
    expect(world.cri.sandbox('web').metadata.attempt).toBe(1);
    expect(await world.events('web')).toContain(
      'Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.',
    );
    await world.after(11);
    expect(await world.summary('web')).toBe('Running ready=True main:running/1');
  });
});

describe('containers that do not start', () => {
  it('say that their image cannot be pulled', async () => {
    world.cri.registry = new Set();
    await world.run('web', { containers: [{ name: 'main', image: 'nothing:1' }] });
    const failure =
      'rpc error: code = NotFound desc = failed to pull and unpack image "nothing:1": failed to resolve reference "nothing:1": nothing:1: not found';
    expect(await world.summary('web')).toBe('Pending ready=False main:ImagePullBackOff/0');
    const { status } = await world.pod('web');
    expect(status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      `Back-off pulling image "nothing:1": ErrImagePull: ${failure}`,
    );
    expect(await world.events('web')).toEqual([
      'Normal Pulling Pulling image "nothing:1"',
      `Warning Failed Failed to pull image "nothing:1": ${failure}`,
      'Warning Failed Error: ErrImagePull',
      'Normal BackOff Back-off pulling image "nothing:1"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
    world.cri.registry = undefined;
    await world.after(20);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
  });

  it('say that their image is not there and may not be pulled', async () => {
    await world.run('web', {
      containers: [{ name: 'main', image: 'a', imagePullPolicy: 'Never' }],
    });
    expect(await world.summary('web')).toBe('Pending ready=False main:ErrImageNeverPull/0');
    expect(await world.events('web')).toContain(
      'Warning ErrImageNeverPull Container image "a" is not present with pull policy of Never',
    );
  });

  it('say that the name of their image is none', async () => {
    await world.run('web', { containers: [{ name: 'main', image: 'UPPER' }] });
    expect(await world.summary('web')).toBe('Pending ready=False main:InvalidImageName/0');
    const { status } = await world.pod('web');
    expect(status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'Failed to apply default image tag "UPPER": couldn\'t parse image name "UPPER": invalid reference format',
    );
  });

  it('say what their configuration lacks', async () => {
    world.parts.configFailures.set(
      'main',
      new ContainerConfigError('CreateContainerConfigError', 'configmap "settings" not found'),
    );
    await world.run('web');
    expect(await world.summary('web')).toBe(
      'Pending ready=False main:CreateContainerConfigError/0',
    );
    expect(await world.events('web')).toContain(
      'Warning Failed Error: configmap "settings" not found',
    );
    world.parts.configFailures.clear();
    await world.after(11);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
  });

  it('say that their program cannot be run', async () => {
    world.cri.intercept = (call) => {
      if (call === 'startContainer')
        throw new CriError('UNKNOWN', 'exec: "nope": executable file not found in $PATH');
    };
    await world.run('web');
    const reported = JSON.stringify(world.api.received.map(({ body }) => body));
    expect(reported).toContain('"reason":"RunContainerError"');
    expect(await world.summary('web')).toBe('Running ready=False main:CrashLoopBackOff/1');
    expect(await world.events('web')).toContain(
      'Warning Failed Error: exec: "nope": executable file not found in $PATH',
    );
  });

  it('wait for their volumes', async () => {
    world.parts.mountFailures.set(
      'web',
      new VolumeError([
        {
          reason: 'FailedMount',
          message: 'MountVolume.SetUp failed for volume "config" : configmap "web" not found',
        },
      ]),
    );
    await world.run('web');
    expect(await world.summary('web')).toBe('Pending ready=False main:ContainerCreating/0');
    expect(await world.events('web')).toEqual([
      'Warning FailedMount MountVolume.SetUp failed for volume "config" : configmap "web" not found',
    ]);
    world.parts.mountFailures.clear();
    await world.after(1);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
  });

  it('wait for their sandbox', async () => {
    world.cri.intercept = (call) => {
      if (call === 'runPodSandbox')
        throw new CriError('UNKNOWN', 'failed to setup network for sandbox: no addresses left');
    };
    await world.run('web');
    expect(await world.summary('web')).toBe('Pending ready=False main:ContainerCreating/0');
    expect(await world.events('web')).toEqual([
      'Warning FailedCreatePodSandBox Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: no addresses left',
    ]);
    const { status } = await world.pod('web');
    expect(status?.conditions?.[0]).toMatchObject({
      type: 'PodReadyToStartContainers',
      status: 'False',
      message: 'no pod sandbox exists',
    });
    world.cri.intercept = () => undefined;
    await world.after(15);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
  });

  it('wait for the network of Pods', async () => {
    world.cri.conditions = [
      { type: 'RuntimeReady', status: true, reason: '', message: '' },
      {
        type: 'NetworkReady',
        status: false,
        reason: 'NetworkPluginNotReady',
        message: 'Network plugin returns error: cni plugin not initialized',
      },
    ];
    await world.after(6);
    const problem =
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
    const node = await world.client.get(resources.nodes, { name: 'worker-1' });
    expect(node.status?.conditions?.at(-1)).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'KubeletNotReady',
      message: problem,
    });
    await world.run('web');
    await world.run('host', { hostNetwork: true });
    expect(await world.summary('web')).toBe('Pending ready=False main:ContainerCreating/0');
    expect(await world.events('web')).toContain(
      `Warning NetworkNotReady network is not ready: ${problem}`,
    );
    expect(await world.summary('host')).toBe('Running ready=True main:running/0');
    world.cri.conditions = world.cri.conditions.map((condition) => ({
      ...condition,
      status: true,
    }));
    await world.after(1);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
  });
});

describe('the node', () => {
  it('is registered with what the machine says', async () => {
    const node = await world.client.get(resources.nodes, { name: 'worker-1' });
    expect(node.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'worker-1' });
    expect(node.status).toMatchObject({
      addresses: [
        { type: 'InternalIP', address: '10.0.0.12' },
        { type: 'Hostname', address: 'worker-1' },
      ],
      capacity: { cpu: '1', memory: '262144Ki', pods: '110', 'ephemeral-storage': '1048576Ki' },
      allocatable: { cpu: '1', memory: '159744Ki', pods: '110' },
      nodeInfo: {
        containerRuntimeVersion: 'fake://1.0.0',
        kubeletVersion: 'v1.37.2',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        architecture: '386',
      },
    });
    expect(
      node.status?.conditions?.map(({ type, status, message }) => `${type} ${status} ${message}`),
    ).toEqual([
      'MemoryPressure False kubelet has sufficient memory available',
      'DiskPressure False kubelet has no disk pressure',
      'PIDPressure False kubelet has sufficient PID available',
      'Ready True kubelet is posting ready status',
    ]);
    expect(await world.events('worker-1')).toEqual([
      'Normal Starting Starting kubelet.',
      'Normal NodeHasSufficientMemory Node worker-1 status is now: NodeHasSufficientMemory',
      'Normal NodeHasNoDiskPressure Node worker-1 status is now: NodeHasNoDiskPressure',
      'Normal NodeHasSufficientPID Node worker-1 status is now: NodeHasSufficientPID',
    ]);
  });

  it('renews its lease', async () => {
    const name = { namespace: 'kube-node-lease', name: 'worker-1' };
    const before = await world.client.get(resources.leases, name);
    await world.after(21);
    const after = await world.client.get(resources.leases, name);
    expect(before.spec?.renewTime).toBe('2026-01-01T00:00:00.000000Z');
    expect(after.spec?.renewTime).toBe('2026-01-01T00:00:20.000000Z');
  });

  it('tells the runtime its range of addresses', async () => {
    await world.client.patch(
      resources.nodes,
      { name: 'worker-1' },
      { type: 'merge', patch: { spec: { podCIDR: '10.244.1.0/24' } } },
    );
    await world.settle();
    expect(world.cri.podCidr).toBe('10.244.1.0/24');
  });

  it('refuses what does not fit', async () => {
    await world.run('big', {
      containers: [{ name: 'main', image: 'a', resources: { requests: { cpu: '3' } } }],
    });
    const { status } = await world.pod('big');
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 1000",
    });
    expect(world.cri.sandboxCount).toBe(0);
    await world.delete('big');
    expect(await world.exists('big')).toBe(false);
  });
});
