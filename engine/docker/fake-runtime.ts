/** Test double: containers that run nothing. Images are real, over memory. */
import { packTar } from 'modern-tar';
import type { ExitStatus, TaskStats } from '../api/agent.ts';
import { Emitter } from '../base/emitter.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { StoredContent } from '../runtime/content-store.ts';
import { ImageStore } from '../runtime/images/image-store.ts';
import { RuntimeError } from '../runtime/runtime-error.ts';
import { MemoryStorage } from '../runtime/storage/memory-storage.ts';
import type {
  Container,
  ContainerConfig,
  ImageRunConfig,
  OutputChunk,
  ProcessIo,
  Runtime,
  RuntimeEvent,
  Volume,
} from '../runtime/types.ts';

interface FakeContainer {
  container: Container;
  output: ReadableStreamDefaultController<OutputChunk> | undefined;
  input: string;
  exit: (status: ExitStatus) => void;
}

type Used = Pick<
  Runtime,
  | 'images'
  | 'volumes'
  | 'events'
  | 'networks'
  | 'containers'
  | 'container'
  | 'createContainer'
  | 'startContainer'
  | 'killContainer'
  | 'pauseContainer'
  | 'resumeContainer'
  | 'updateContainer'
  | 'labelContainer'
  | 'removeContainer'
  | 'resizeContainer'
  | 'attach'
  | 'stats'
  | 'pids'
  | 'sandboxes'
>;

const ADDRESS = {
  network: 'bridge',
  address: '172.17.0.2',
  prefixLength: 16,
  gateway: '172.17.0.1',
  mac: '02:42:ac:11:00:02',
};

export class FakeRuntime implements Used {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(1);
  readonly images: ImageStore;
  readonly #events = new Emitter<RuntimeEvent>();
  readonly events = this.#events.event;
  readonly networks = [
    {
      name: 'bridge',
      id: 'b'.repeat(64),
      bridge: 'docker0',
      subnet: '172.17.0.0/16',
      gateway: '172.17.0.1',
      createdAt: 0,
    },
  ];
  readonly #containers = new Map<string, FakeContainer>();
  readonly #volumes = new Map<string, Volume>();
  /** what the next start fails with */
  refuse: Error | undefined;
  readonly signals: string[] = [];

  private constructor(images: ImageStore) {
    this.images = images;
  }

  static async create(
    config: ImageRunConfig = { Cmd: ['sh'], Env: ['PATH=/bin'] },
  ): Promise<FakeRuntime> {
    const storage = new MemoryStorage();
    const clock = new FakeClock();
    const registry = (): Promise<Response> => Promise.resolve(new Response(null, { status: 401 }));
    const images = await ImageStore.open({
      storage,
      content: new StoredContent(storage),
      registry,
      clock,
    });
    const { diffId } = await images.addLayer(
      await packTar([{ header: { name: 'etc/', type: 'directory', size: 0 } }]),
    );
    await images.add({
      config: {
        architecture: '386',
        os: 'linux',
        created: '2023-01-01T00:00:00Z',
        config,
        rootfs: { type: 'layers', diff_ids: [diffId] },
        history: [{ created_by: 'ADD rootfs' }],
      },
      layers: [diffId],
      tags: ['busybox:latest'],
    });
    return new FakeRuntime(images);
  }

  /** As the engine takes it. */
  get runtime(): Runtime {
    return this as unknown as Runtime;
  }

  readonly volumes = {
    list: () => [...this.#volumes.values()],
    find: (name: string) => this.#volumes.get(name),
    create: ({
      name = 'f'.repeat(64),
      labels = {},
    }: {
      name?: string;
      labels?: Readonly<Record<string, string>>;
    }) => {
      const volume = {
        name,
        mountpoint: `/var/lib/docker/volumes/${name}/_data`,
        createdAt: 0,
        labels,
        anonymous: false,
      };
      this.#volumes.set(name, volume);
      return Promise.resolve(volume);
    },
    remove: (name: string) => Promise.resolve(void this.#volumes.delete(name)),
    usage: () => Promise.resolve(7),
  };

  sandboxes(): readonly [] {
    return [];
  }

  containers(): readonly Container[] {
    return [...this.#containers.values()].map(({ container }) => container);
  }

  container(id: string): Container {
    return this.#get(id).container;
  }

  createContainer(config: ContainerConfig): Promise<Container> {
    const id = config.id ?? '';
    const paths = {
      directory: '/d',
      upper: '/u',
      work: '/w',
      merged: '/m',
      log: '/l',
      hostname: '/h',
      hosts: '/o',
      resolvConf: '/r',
    };
    const container: Container = {
      id,
      config: { ...config, id },
      state: 'created',
      createdAt: this.clock.now(),
      pid: 0,
      paths,
    };
    this.#containers.set(id, { container, output: undefined, input: '', exit: () => {} });
    return Promise.resolve(container);
  }

  startContainer(
    id: string,
    options: { readonly attach?: boolean } = {},
  ): Promise<{ container: Container; io?: ProcessIo }> {
    if (this.refuse !== undefined) return Promise.reject(this.refuse);
    const fake = this.#get(id);
    const { sandbox } = fake.container.config;
    const ports =
      sandbox.kind === 'own'
        ? sandbox.ports.map((port) => ({ hostAddress: '0.0.0.0', ...port }))
        : [];
    const network = sandbox.kind === 'own' ? sandbox.network : { kind: 'none' as const };
    const { exit: _exit, ...rest } = fake.container;
    fake.container = {
      ...rest,
      state: 'running',
      pid: 42,
      startedAt: this.clock.now(),
      sandbox: {
        id,
        config: { id, network, ports },
        ports,
        ...(network.kind === 'bridge' ? { network: ADDRESS } : {}),
      },
    };
    const exited = new Promise<ExitStatus>((resolve) => (fake.exit = resolve));
    this.#events.fire({ type: 'started', id, pid: 42, time: this.clock.now() });
    return Promise.resolve({
      container: fake.container,
      ...(options.attach === true ? { io: this.#io(fake, exited) } : {}),
    });
  }

  attach(id: string): Promise<ProcessIo> {
    return Promise.resolve(this.#io(this.#get(id), new Promise(() => {})));
  }

  /** The container's process writes. */
  write(id: string, stream: 'stdout' | 'stderr', text: string): void {
    this.#get(id).output?.enqueue({ stream, bytes: new TextEncoder().encode(text) });
  }

  /** What the container's process was given to read. */
  inputOf(id: string): string {
    return this.#get(id).input;
  }

  /** The container's process ends. */
  exit(id: string, code: number): void {
    const fake = this.#get(id);
    const exit = { code, finishedAt: this.clock.now() };
    const { sandbox: _sandbox, ...rest } = fake.container;
    fake.container = { ...rest, state: 'exited', exit };
    fake.output?.close();
    fake.output = undefined;
    fake.exit(exit);
    this.#events.fire({ type: 'exited', id, exit, time: this.clock.now() });
  }

  killContainer(id: string, signal: string): Promise<void> {
    this.signals.push(signal);
    this.#events.fire({ type: 'killed', id, signal, time: this.clock.now() });
    if (signal === 'SIGKILL') this.exit(id, 137);
    return Promise.resolve();
  }

  pauseContainer(id: string): Promise<void> {
    return Promise.resolve(this.#set(id, 'paused'));
  }

  resumeContainer(id: string): Promise<void> {
    return Promise.resolve(this.#set(id, 'running'));
  }

  updateContainer(): Promise<void> {
    return Promise.resolve();
  }

  labelContainer(id: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const fake = this.#get(id);
    fake.container = { ...fake.container, config: { ...fake.container.config, labels } };
    return Promise.resolve();
  }

  resizeContainer(): Promise<void> {
    return Promise.resolve();
  }

  removeContainer(id: string): Promise<void> {
    this.#containers.delete(id);
    return Promise.resolve();
  }

  stats(id: string): Promise<TaskStats> {
    return Promise.resolve({
      id,
      time: this.clock.now(),
      cpuUsec: 1000,
      userUsec: 600,
      systemUsec: 400,
      throttledUsec: 0,
      memoryBytes: 4096,
      inactiveFileBytes: 0,
      memoryLimit: null,
      pids: 1,
      readBytes: 0,
      writtenBytes: 0,
      receivedBytes: 1,
      sentBytes: 2,
    });
  }

  pids(): Promise<readonly number[]> {
    return Promise.resolve([42]);
  }

  #get(id: string): FakeContainer {
    const fake = this.#containers.get(id);
    if (fake === undefined) throw new RuntimeError('NOT_FOUND', `No such container: ${id}`);
    return fake;
  }

  #set(id: string, state: Container['state']): void {
    const fake = this.#get(id);
    fake.container = { ...fake.container, state };
  }

  #io(fake: FakeContainer, exited: Promise<ExitStatus>): ProcessIo {
    return {
      output: new ReadableStream<OutputChunk>({
        start: (controller) => void (fake.output = controller),
      }),
      input: new WritableStream<Uint8Array>({
        write: (bytes) => void (fake.input += new TextDecoder().decode(bytes)),
        close: () => void (fake.input += '<end>'),
      }),
      exited,
      resize: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }
}
