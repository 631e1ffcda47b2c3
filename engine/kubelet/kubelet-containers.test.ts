import { beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../client/resources.ts';
import type { EphemeralContainer } from '../objects/generated/core-v1.generated.ts';
import { KubeletWorld } from './testing/kubelet-world.ts';

let world: KubeletWorld;
beforeEach(async () => {
  world = new KubeletWorld();
  await world.start();
});

const main = { name: 'main', image: 'busybox' };

describe('init containers', () => {
  it('run one after the other before the rest', async () => {
    await world.run('web', {
      initContainers: [
        { name: 'first', image: 'busybox' },
        { name: 'second', image: 'busybox' },
      ],
    });
    expect(await world.summary('web')).toBe(
      'Pending ready=False first:running/0 second:PodInitializing/0 main:PodInitializing/0',
    );
    const { status } = await world.pod('web');
    expect(status?.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [first second]',
    });
    world.cri.exit('first');
    await world.settle();
    expect(await world.summary('web')).toBe(
      'Pending ready=False first:Completed/0 second:running/0 main:PodInitializing/0',
    );
    world.cri.exit('second');
    await world.settle();
    expect(await world.summary('web')).toBe(
      'Running ready=True first:Completed/0 second:Completed/0 main:running/0',
    );
    expect(world.errors).toEqual([]);
  });

  it('are tried again when they fail', async () => {
    await world.run('web', { initContainers: [{ name: 'setup', image: 'busybox' }] });
    world.cri.exit('setup', 1);
    await world.settle();
    world.cri.exit('setup', 1);
    await world.settle();
    expect(await world.summary('web')).toBe(
      'Pending ready=False setup:CrashLoopBackOff/1 main:PodInitializing/0',
    );
    await world.after(11);
    expect(await world.summary('web')).toBe(
      'Pending ready=False setup:running/2 main:PodInitializing/0',
    );
  });

  it('end a Pod that is never restarted', async () => {
    await world.run('job', {
      restartPolicy: 'Never',
      initContainers: [{ name: 'setup', image: 'busybox' }],
    });
    world.cri.exit('setup', 2);
    await world.settle();
    expect(await world.summary('job')).toBe(
      'Failed ready=False setup:Error/0 main:PodInitializing/0',
    );
    await world.delete('job');
    expect(await world.exists('job')).toBe(false);
  });
});

describe('sidecars', () => {
  const sidecar = { name: 'proxy', image: 'busybox', restartPolicy: 'Always' } as const;

  it('run beside the rest, are restarted, and end last', async () => {
    await world.run('web', { initContainers: [sidecar] });
    expect(await world.summary('web')).toBe('Running ready=True proxy:running/0 main:running/0');
    world.cri.exit('proxy', 1);
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=True proxy:running/1 main:running/0');
    const before = world.cri.calls.length;
    await world.delete('web');
    const stopped = world.cri.calls
      .slice(before)
      .filter((call) => call.startsWith('stopContainer'));
    expect(stopped).toEqual(['stopContainer main', 'stopContainer proxy']);
  });

  it('do not keep a Pod alive whose work is done', async () => {
    await world.run('job', { restartPolicy: 'Never', initContainers: [sidecar] });
    world.cri.exit('main');
    await world.settle();
    expect(await world.summary('job')).toBe('Succeeded ready=False proxy:Error/0 main:Completed/0');
  });

  it('have to be started before the next', async () => {
    world.parts.outcomes.set('startup proxy', undefined);
    const pod = await world.run('web', {
      initContainers: [{ ...sidecar, startupProbe: { exec: { command: ['true'] } } }],
    });
    expect(await world.summary('web')).toBe(
      'Pending ready=False proxy:running/0 main:PodInitializing/0',
    );
    const { id } = world.cri.container('proxy');
    world.parts.probe(pod.metadata.uid ?? '', id, 'startup', 'success');
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=True proxy:running/0 main:running/0');
  });
});

describe('ephemeral containers', () => {
  it('join a running Pod and are never restarted', async () => {
    await world.run('web');
    const debug: EphemeralContainer = {
      name: 'debug',
      image: 'busybox',
      targetContainerName: 'main',
    };
    const pod = await world.pod('web');
    await world.client.update(resources.pods, {
      ...pod,
      spec: { ...pod.spec, ephemeralContainers: [debug] },
    });
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=True main:running/0 debug:running/0');
    world.cri.exit('debug');
    await world.settle();
    await world.after(15);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0 debug:Completed/0');
  });
});

describe('hooks', () => {
  it('run after the start, and their failure ends the container', async () => {
    world.cri.onExec = () => ({ exitCode: 1, stderr: 'no' });
    await world.run('web', {
      containers: [{ ...main, lifecycle: { postStart: { exec: { command: ['warm', 'up'] } } } }],
    });
    expect(await world.events('web')).toContain('Warning FailedPostStartHook PostStartHook failed');
    expect(await world.events('web')).toContain('Normal Killing FailedPostStartHook');
    expect(JSON.stringify(world.api.received.map(({ body }) => body))).toContain(
      '"reason":"PostStartHookError"',
    );
    expect(await world.summary('web')).toBe('Running ready=False main:CrashLoopBackOff/1');
  });

  it('run before the end, within the grace period', async () => {
    await world.run('web', {
      containers: [{ ...main, lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
    });
    await world.delete('web', 30);
    expect(world.cri.container('main').state).toBe('CONTAINER_RUNNING');
    await world.after(4);
    expect(world.cri.container('main').state).toBe('CONTAINER_RUNNING');
    await world.after(2);
    expect(await world.exists('web')).toBe(false);
    expect(world.cri.container('main').exitCode).toBe(143);
  });

  it('that fail before the end are told', async () => {
    world.cri.onExec = () => ({ exitCode: 1 });
    await world.run('web', {
      containers: [{ ...main, lifecycle: { preStop: { exec: { command: ['false'] } } } }],
    });
    const recorded = world.events('web');
    await recorded;
    await world.delete('web', 30);
    expect(await world.events('web')).toContain('Warning FailedPreStopHook PreStopHook failed');
  });
});

describe('a Pod as a whole', () => {
  it('ends when its time is up', async () => {
    await world.run('job', { restartPolicy: 'Never', activeDeadlineSeconds: 5 });
    await world.after(4.5);
    expect(await world.summary('job')).toBe('Running ready=True main:running/0');
    await world.after(1);
    const { status } = await world.pod('job');
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(world.cri.container('main').state).toBe('CONTAINER_EXITED');
  });

  it('is ready only when its gates are open', async () => {
    await world.run('web', { readinessGates: [{ conditionType: 'example.com/open' }] });
    const ready = async () =>
      (await world.pod('web')).status?.conditions?.find(({ type }) => type === 'Ready');
    expect(await ready()).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/open" does not exist.',
    });
    const { status } = await world.pod('web');
    await world.client.patch(
      resources.pods,
      { namespace: 'default', name: 'web' },
      {
        type: 'merge',
        patch: {
          status: {
            conditions: [
              ...(status?.conditions ?? []),
              { type: 'example.com/open', status: 'True' },
            ],
          },
        },
      },
    );
    await world.settle();
    expect(await ready()).toMatchObject({ status: 'True' });
  });

  it('is not ready while its probe says so', async () => {
    world.parts.outcomes.set('readiness main', undefined);
    const pod = await world.run('web');
    expect(await world.summary('web')).toBe('Running ready=False main:running/0');
    const { id } = world.cri.container('main');
    world.parts.probe(pod.metadata.uid ?? '', id, 'readiness', 'success');
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
    world.parts.probe(pod.metadata.uid ?? '', id, 'readiness', 'failure');
    await world.settle();
    expect(await world.summary('web')).toBe('Running ready=False main:running/0');
  });

  it('is restarted when its image is changed', async () => {
    await world.run('web');
    const pod = await world.pod('web');
    await world.client.update(resources.pods, {
      ...pod,
      spec: { ...pod.spec, containers: [{ name: 'main', image: 'busybox:2' }] },
    });
    await world.settle();
    expect(await world.events('web')).toContain(
      'Normal Killing Container main definition changed, will be restarted',
    );
    expect(world.cri.container('main').userSpecifiedImage).toBe('busybox:2');
    expect(await world.summary('web')).toBe('Running ready=True main:running/1');
  });
});
