/** Test double: images are real, over memory; a RUN step runs a tiny language instead of a container. */
import { packTar } from 'modern-tar';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { StoredContent } from '../../runtime/content-store.ts';
import { ImageStore } from '../../runtime/images/image-store.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import type { ImageRunConfig, OutputChunk } from '../../runtime/types.ts';
import type { BuildHost, BuildServices, StepContainer } from './build-types.ts';

export interface TestImage {
  readonly tag: string;
  readonly config?: ImageRunConfig;
  /** path → contents; a path that ends in a slash is a directory; `a -> b` is a symbolic link */
  readonly files: Readonly<Record<string, string>>;
}

/** `echo TEXT`, `warn TEXT`, `write PATH TEXT`, `env NAME`, `exit N`, joined by `&&`. */
type Script = readonly (readonly string[])[];

export class FakeMachine {
  readonly images: ImageStore;
  /** with the contents of its images */
  readonly storage: MemoryStorage;
  readonly content: StoredContent;
  readonly started: StepContainer[] = [];
  readonly removed: string[] = [];
  readonly kept: string[] = [];
  readonly #written = new Map<string, Record<string, string>>();
  readonly services: BuildServices;

  private constructor(images: ImageStore, storage: MemoryStorage, clock: FakeClock) {
    this.images = images;
    this.storage = storage;
    this.content = new StoredContent(storage);
    const host: BuildHost = {
      findImage: (reference) => Promise.resolve(images.find(reference)),
      imagesOn: (parent) =>
        Promise.resolve(images.list().filter((image) => image.parent === parent)),
      addImage: (image) => images.add(image),
      tagImage: (id, tag) => images.tag(id, tag),
      pull: (reference) =>
        Promise.reject(
          new RuntimeError(
            'NOT_FOUND',
            `pull access denied for ${reference}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
          ),
        ),
      run: async (container, onOutput) => {
        this.started.push(container);
        const [output, code, files] = runScript(container);
        this.#written.set(container.id, files);
        for (const chunk of output) await onOutput(chunk);
        return code;
      },
      kill: () => Promise.resolve(),
      layerTar: async (id) => new Blob([await tarOf(this.#written.get(id) ?? {})]).stream(),
      removeContainer: (id) => Promise.resolve(void this.removed.push(id)),
      keepContainer: ({ id }) => Promise.resolve(void this.kept.push(id)),
    };
    this.services = {
      host,
      layers: {
        add: (tar) => images.addLayer(tar),
        tree: (layers) => images.tree(layers),
      },
      clock,
      random: new SeededRandom(7),
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
    return new FakeMachine(store, storage, clock);
  }
}

function runScript({ args, env }: StepContainer): [OutputChunk[], number, Record<string, string>] {
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
