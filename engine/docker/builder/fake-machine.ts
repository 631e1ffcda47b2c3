/** Test double: images are real, over memory; a RUN step runs a tiny language instead of a container. */
import { packTar } from 'modern-tar';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { StoredContent } from '../../runtime/content-store.ts';
import { ImageStore } from '../../runtime/images/image-store.ts';
import { MemoryStorage } from '../../runtime/storage/memory-storage.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import type {
  Container,
  ContainerConfig,
  ImageRunConfig,
  OutputChunk,
  Volume,
} from '../../runtime/types.ts';
import type { BuildRuntime, BuildServices } from './build-types.ts';

export interface TestImage {
  readonly tag: string;
  readonly config?: ImageRunConfig;
  /** path → contents; a path that ends in a slash is a directory; `a -> b` is a symbolic link */
  readonly files: Readonly<Record<string, string>>;
}

/** `echo TEXT`, `warn TEXT`, `write PATH TEXT`, `env NAME`, `exit N`, joined by `&&`. */
type Script = readonly (readonly string[])[];

export class FakeMachine {
  readonly started: ContainerConfig[] = [];
  readonly removed: string[] = [];
  readonly #written = new Map<string, Record<string, string>>();
  readonly #containers = new Map<string, ContainerConfig>();
  readonly services: BuildServices;

  private constructor(images: ImageStore, clock: FakeClock) {
    const runtime: BuildRuntime = {
      images,
      volumes: {
        list: () => [],
        find: () => undefined,
        create: () => Promise.resolve({ name: 'anonymous' } as Volume),
        remove: () => Promise.resolve(),
        usage: () => Promise.resolve(0),
      },
      createContainer: (config) => {
        this.#containers.set(config.id ?? '', config);
        return Promise.resolve({ id: config.id } as Container);
      },
      startContainer: (id) => Promise.resolve(this.#start(id)),
      killContainer: () => Promise.resolve(),
      layerOf: async (id) => images.addLayer(await tarOf(this.#written.get(id) ?? {})),
      removeContainer: (id) => Promise.resolve(void this.removed.push(id)),
    };
    this.services = {
      runtime,
      clock,
      random: new SeededRandom(7),
      pull: (reference) =>
        Promise.reject(
          new RuntimeError(
            'NOT_FOUND',
            `pull access denied for ${reference}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
          ),
        ),
    };
  }

  static async create(images: readonly TestImage[]): Promise<FakeMachine> {
    const storage = new MemoryStorage();
    const clock = new FakeClock();
    const store = await ImageStore.open({
      storage,
      content: new StoredContent(storage),
      registry: () => Promise.resolve(new Response(null, { status: 404 })),
      clock,
    });
    for (const { tag, files, config = {} } of images) {
      const { diffId } = await store.addLayer(await tarOf(files));
      await store.add({
        config: {
          architecture: '386',
          os: 'linux',
          config,
          rootfs: { type: 'layers', diff_ids: [diffId] },
          history: [{ created_by: 'ADD rootfs' }],
        },
        layers: [diffId],
        tags: [tag],
      });
    }
    return new FakeMachine(store, clock);
  }

  #start(id: string): Awaited<ReturnType<BuildRuntime['startContainer']>> {
    const config = this.#containers.get(id);
    if (!config) throw new RuntimeError('NOT_FOUND', `No such container: ${id}`);
    this.started.push(config);
    const [output, code, files] = runScript(config);
    this.#written.set(id, files);
    return {
      container: { id } as Container,
      io: {
        output: new ReadableStream<OutputChunk>({
          start(controller) {
            for (const chunk of output) controller.enqueue(chunk);
            controller.close();
          },
        }),
        input: new WritableStream(),
        exited: Promise.resolve({ code, finishedAt: 0 }),
        resize: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
    };
  }
}

function runScript({
  args,
  env,
}: ContainerConfig): [OutputChunk[], number, Record<string, string>] {
  const output: OutputChunk[] = [];
  const files: Record<string, string> = {};
  const script: Script = (args.at(-1) ?? '')
    .split('&&')
    .map((command) => command.trim().split(' '));
  const say = (stream: OutputChunk['stream'], text: string): void => {
    output.push({ stream, bytes: new TextEncoder().encode(`${text}\n`) });
  };
  for (const [verb = '', first = '', ...rest] of script) {
    if (verb === 'echo') say('stdout', [first, ...rest].join(' '));
    if (verb === 'warn') say('stderr', [first, ...rest].join(' '));
    if (verb === 'env') say('stdout', env.filter((entry) => entry.startsWith(`${first}=`)).join());
    if (verb === 'write') files[first] = rest.join(' ');
    if (verb === 'exit') return [output, Number(first), files];
  }
  return [output, 0, files];
}

/** A context or a layer from paths and contents. */
export function tarOf(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const common = { mtime: new Date(1_600_000_000_000), uid: 0, gid: 0 };
  return packTar(
    Object.entries(files).map(([path, body]) => {
      const [name = '', target] = path.split(' -> ');
      const relative = name.replace(/^\/+/, '');
      if (target !== undefined)
        return {
          header: {
            ...common,
            name: relative,
            type: 'symlink' as const,
            linkname: target,
            size: 0,
          },
        };
      if (name.endsWith('/'))
        return {
          header: { ...common, name: relative, type: 'directory' as const, mode: 0o755, size: 0 },
        };
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
      return {
        header: { ...common, name: relative, size: bytes.length, mode: 0o644 },
        body: bytes,
      };
    }),
  );
}
