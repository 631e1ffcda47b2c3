import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import type {
  ContainerEvent,
  CriContainerConfig,
  PodSandboxConfig,
} from '../../runtime/cri/types.ts';
import { isWebWorkerId } from './web-worker-images.ts';
import { WebWorkerRuntime, type WebWorkerRecords } from './web-worker-runtime.ts';
import type { WorkerProgram } from './worker-program.ts';

const IMAGE = 'registry.k8s.io/kube-thing:v1';

const sandboxConfig: PodSandboxConfig = {
  metadata: { name: 'thing', namespace: 'kube-system', uid: 'u1', attempt: 0 },
  hostname: '',
  logDirectory: '/var/log/pods/kube-system_thing_u1',
  portMappings: [],
  labels: {},
  annotations: {},
  cgroupParent: '/kubepods/podu1',
  sysctls: {},
  namespaces: { network: 'NODE', pid: 'CONTAINER', ipc: 'POD' },
};

/** A runtime with one image, whose program says so when it begins and ends when it is asked, unless it is stubborn. */
function setUp(stubborn = false) {
  const files = new Map<string, string>();
  const clock = new FakeClock();
  const program: WorkerProgram = ({ argv, print }) => {
    let exit: (code: number) => void = () => {};
    const exited = new Promise<number>((resolve) => (exit = resolve));
    print([`began as ${argv.join(' ')}`]);
    return {
      exited,
      terminate: () => {
        if (!stubborn) exit(0);
      },
      kill: () => exit(137),
    };
  };
  const runtime = new WebWorkerRuntime({
    programs: { [IMAGE]: program },
    agent: {
      writeFile: (path, content) => {
        files.set(path, (files.get(path) ?? '') + String(content));
        return Promise.resolve();
      },
    },
    clock,
    random: new SeededRandom(1),
  });
  const events: ContainerEvent['type'][] = [];
  runtime.containerEvents(({ type }) => events.push(type));
  return { runtime, files, clock, events };
}

async function startOne({ runtime }: ReturnType<typeof setUp>): Promise<string> {
  const sandbox = await runtime.runPodSandbox(sandboxConfig);
  const container = {
    metadata: { name: 'thing', attempt: 0 },
    image: await runtime.pullImage(IMAGE),
    userSpecifiedImage: IMAGE,
    command: ['kube-thing'],
    args: ['--v=2'],
    envs: [],
    mounts: [],
    labels: {},
    annotations: {},
    logPath: 'thing/0.log',
    resources: {},
  } as unknown as CriContainerConfig;
  const id = await runtime.createContainer(sandbox, container);
  await runtime.startContainer(id);
  return id;
}

describe('the runtime of web workers', () => {
  it('runs a program whose output is a file of the node', async () => {
    const set = setUp();
    const id = await startOne(set);
    expect(isWebWorkerId(id)).toBe(true);
    expect(await set.runtime.containerStatus(id)).toMatchObject({ state: 'CONTAINER_RUNNING' });
    expect(set.files.get('/var/log/pods/kube-system_thing_u1/thing/0.log')).toMatch(
      /^\S+000000Z stderr F began as kube-thing --v=2\n$/,
    );
    await set.runtime.stopContainer(id, 5);
    expect(await set.runtime.containerStatus(id)).toMatchObject({
      state: 'CONTAINER_EXITED',
      exitCode: 0,
      reason: 'Completed',
    });
    expect(set.events).toEqual([
      'CONTAINER_STARTED_EVENT',
      'CONTAINER_CREATED_EVENT',
      'CONTAINER_STARTED_EVENT',
      'CONTAINER_STOPPED_EVENT',
    ]);
  });

  it('kills what does not end in its time', async () => {
    const set = setUp(true);
    const id = await startOne(set);
    const stopped = set.runtime.stopContainer(id, 5);
    set.clock.advance(5000);
    await stopped;
    expect(await set.runtime.containerStatus(id)).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('goes on elsewhere with the same containers', async () => {
    const before = setUp();
    const ended = await startOne(before);
    await before.runtime.stopContainer(ended, 5);
    const running = await startOne(before);
    const records = JSON.parse(JSON.stringify(before.runtime.records())) as WebWorkerRecords;
    const after = setUp();
    after.runtime.restore(records);
    expect(await after.runtime.listContainers()).toEqual(await before.runtime.listContainers());
    expect(await after.runtime.listPodSandbox()).toEqual(await before.runtime.listPodSandbox());
    expect(await after.runtime.containerStatus(running)).toEqual(
      await before.runtime.containerStatus(running),
    );
    expect([...after.files.values()].join('').match(/began as/g)).toHaveLength(1);
    expect(after.events).toEqual([]);
    await after.runtime.stopContainer(running, 5);
    expect(await after.runtime.containerStatus(running)).toMatchObject({ exitCode: 0 });
  });

  it('knows no other images', async () => {
    const { runtime } = setUp();
    expect(await runtime.imageStatus('nginx')).toBeUndefined();
    await expect(runtime.pullImage('nginx')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
