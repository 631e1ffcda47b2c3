import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import type { KubeletContext } from '../contracts.ts';
import { DEFAULT_CONFIGURATION } from '../configuration.ts';
import { FakeCri } from '../testing/fake-cri.ts';
import { FakePods } from '../testing/fake-pods.ts';
import { runtimePodOf } from '../testing/runtime-pod.ts';
import { startContainer } from '../testing/start-container.ts';
import { ContainerGarbage } from './container-garbage.ts';
import { bytesToFree, ImageGarbage } from './image-garbage.ts';

let clock: FakeClock;
let cri: FakeCri;
let pods: FakePods;
let events: string[];
let logs: string[];
let context: KubeletContext;

const agent = {
  call: async (op: string, { path }: { path: string }) => {
    if (op === 'file.remove') logs = logs.filter((name) => !path.endsWith(name));
    return { entries: logs.map((name) => ({ name })) };
  },
};

beforeEach(() => {
  clock = new FakeClock();
  cri = new FakeCri(clock);
  pods = new FakePods();
  events = [];
  logs = ['default_web_uid-web', 'default_gone_uid-gone', 'lost+found'];
  context = {
    agent,
    clock,
    cri,
    pods,
    configuration: DEFAULT_CONFIGURATION,
    events: {
      pod: () => undefined,
      node: (...event: string[]) => void events.push(event.join(' ')),
    },
    onError: (error: unknown) => {
      throw error;
    },
  } as unknown as KubeletContext;
});

/** A Pod whose only container has ended so often. */
async function crashed(pod: string, times: number): Promise<void> {
  const first = await startContainer(cri, 'web', { pod });
  const { podSandboxId: sandboxId } = await cri.containerStatus(first);
  cri.exit('web', 1);
  for (let attempt = 1; attempt < times; attempt++) {
    await startContainer(cri, 'web', { pod, sandboxId, attempt });
    cri.exit('web', 1);
  }
  pods.runtimes.set(`uid-${pod}`, await runtimePodOf(cri, pod));
}

const removals = () => cri.calls.filter((call) => call.startsWith('remove'));

describe('dead containers', () => {
  it('are kept as far as somebody may ask for their logs', async () => {
    pods.set({ metadata: { name: 'web' }, spec: { containers: [] } });
    await crashed('web', 3);
    const newest = cri.container('web').id;
    await new ContainerGarbage(context).collect();
    expect(removals()).toEqual(['removeContainer web', 'removeContainer web']);
    expect((await cri.listContainers()).map(({ id }) => id)).toEqual([newest]);
  });

  it('of a Pod that is gone go with their sandbox and logs', async () => {
    pods.set({ metadata: { name: 'web' }, spec: { containers: [] } });
    await crashed('web', 1);
    await crashed('gone', 2);
    await cri.stopPodSandbox(cri.sandbox('gone').id);
    pods.runtimes.set('uid-gone', await runtimePodOf(cri, 'gone'));
    pods.finished.add('uid-gone');
    const garbage = new ContainerGarbage(context);
    await garbage.collect();
    expect(removals()).toEqual([
      'removeContainer web',
      'removeContainer web',
      'removePodSandbox gone',
    ]);
    pods.runtimes.delete('uid-gone');
    await garbage.collect();
    expect(logs).toEqual(['default_web_uid-web', 'lost+found']);
  });

  it('of a Pod that still ends stay', async () => {
    await crashed('ending', 2);
    await new ContainerGarbage({ ...context }).collect();
    expect(removals()).toEqual(['removeContainer web']);
  });

  it('all go when the disk is full', async () => {
    pods.set({ metadata: { name: 'web' }, spec: { containers: [] } });
    await crashed('web', 1);
    await new ContainerGarbage(context).collect(0);
    expect(removals()).toEqual(['removeContainer web']);
  });
});

describe('images', () => {
  let available: number;
  const garbage = () =>
    new ImageGarbage(context, {
      node: async () => ({
        time: 0,
        cpuNanoSeconds: 0,
        memory: { total: 1, available: 1 },
        disk: { total: 1000, available, used: 1000 - available },
        images: { used: 0, inodes: 0 },
        network: { receivedBytes: 0, sentBytes: 0 },
        processes: 1,
      }),
    });

  beforeEach(async () => {
    available = 500;
    for (const name of ['old', 'young', 'busybox']) cri.addImage(name, { size: 30 });
    cri.addImage('pause', { size: 30, pinned: true });
    await startContainer(cri, 'web');
    pods.runtimes.set('uid-web', await runtimePodOf(cri, 'web'));
  });

  it('stay while there is room', async () => {
    const tested = garbage();
    await tested.collect();
    clock.advance(600_000);
    await tested.collect();
    expect(removals()).toEqual([]);
  });

  it('go until there is, those first that nobody has used for longest', async () => {
    const tested = garbage();
    cri.images.delete('young');
    await tested.collect();
    clock.advance(600_000);
    cri.addImage('young', { size: 30 });
    await tested.collect();
    clock.advance(600_000);
    available = 140;
    await tested.collect();
    expect(removals()).toEqual(['removeImage sha256:old', 'removeImage sha256:young']);
    expect(events).toEqual([]);
  });

  it('are too few sometimes', async () => {
    const tested = garbage();
    await tested.collect();
    available = 100;
    await tested.collect();
    expect(events).toEqual([
      'Warning FreeDiskSpaceFailed Failed to garbage collect required amount of images. Attempted to free 100 bytes, but only found 0 bytes eligible to free.',
    ]);
    clock.advance(120_000);
    await tested.removeUnused();
    expect(removals()).toEqual(['removeImage sha256:old', 'removeImage sha256:young']);
  });

  it.each([
    [160, 0],
    [150, 50],
    [100, 100],
  ])('%d of 1000 left: %d to be freed', (left, wanted) => {
    expect(bytesToFree({ total: 1000, available: left }, 85, 80)).toBe(wanted);
  });
});
