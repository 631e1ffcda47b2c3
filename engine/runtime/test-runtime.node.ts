/** For tests: a runtime over a machine whose agent is a fake. Images are real, in memory. */
import { packTar } from 'modern-tar';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { ContainerRuntime } from './container-runtime.ts';
import { FakeAgent } from './containers/fake-agent.ts';
import { StoredContent } from './content-store.ts';
import { ImageStore } from './images/image-store.ts';
import type { ContainerConfig, RuntimeEvent } from './types.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n';

/** Lets everything that waits for nothing but its turn go on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface TestRuntime {
  readonly agent: FakeAgent;
  readonly clock: FakeClock;
  /** of a container of image `app` on the default network that publishes port 80 as 8080 */
  config(changes?: Partial<ContainerConfig>): ContainerConfig;
  /** types of the runtime's events */
  readonly events: readonly string[];
  readonly images: ImageStore;
  /** names of the trees that the machine was given */
  readonly published: readonly string[];
  readonly runtime: ContainerRuntime;
  readonly storage: MemoryStorage;
}

/** The caller closes the runtime. */
export async function testRuntime(
  storage = new MemoryStorage(),
  agent = new FakeAgent(),
  users = PASSWD,
): Promise<TestRuntime> {
  const clock = new FakeClock();
  const content = new StoredContent(storage);
  const images = await ImageStore.open({
    storage,
    content,
    registry: () => Promise.reject(new Error('no registry')),
    clock,
  });
  const published: string[] = [];
  const machine = {
    publishTree: (name: string) => {
      published.push(name);
      return Promise.resolve();
    },
    withdrawTree: () => Promise.resolve(),
    agentSettled: () => Promise.resolve(),
  };
  const runtime = new ContainerRuntime({
    agent: new AgentClient(agent),
    machine,
    name: 'machine',
    images,
    content,
    storage,
    clock,
    random: new SeededRandom(1),
  });
  const events: string[] = [];
  runtime.events((event: RuntimeEvent) => events.push(event.type));
  const { diffId } = await images.addLayer(
    await packTar([
      { header: { name: 'etc/passwd', size: users.length, mtime: new Date(0) }, body: users },
    ]),
  );
  const image = await images.add({
    config: { architecture: '386', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } },
    layers: [diffId],
    tags: ['app'],
  });
  await runtime.recover();
  const config = (changes: Partial<ContainerConfig> = {}): ContainerConfig => ({
    image: image.id,
    sandbox: {
      kind: 'own',
      network: { kind: 'bridge', endpoints: [{ network: 'bridge' }] },
      ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }],
    },
    args: ['serve'],
    env: [],
    tty: false,
    openStdin: false,
    mounts: [],
    resources: {},
    ...changes,
  });
  return { agent, clock, config, events, images, published, runtime, storage };
}
