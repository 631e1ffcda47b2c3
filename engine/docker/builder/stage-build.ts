/** One stage while it is built: the image so far, the configuration it will have, and how steps become images. */
import { toHex } from '../../base/hex.ts';
import type { Digest, Image, ImageConfig, ImageRunConfig, Layer } from '../../runtime/types.ts';
import type { BuildArgs } from './build-args.ts';
import type { BuildServices } from './build-types.ts';
import type { ImageCache } from './image-cache.ts';

const defaultShell: readonly string[] = ['/bin/sh', '-c'];
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The version whose classic builder this follows. */
const dockerVersion = '20.10.24';
/** diff id of a tar that holds nothing: 1,024 zero bytes */
const emptyLayer: Digest =
  'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

export interface StageContext {
  readonly services: BuildServices;
  readonly cache: ImageCache;
  readonly args: BuildArgs;
  /** text as `docker build` prints it */
  print(text: string): void;
}

export class StageBuild {
  readonly context: StageContext;
  /** absent on top of `scratch`, until the first step */
  image: Image | undefined;
  config: ImageRunConfig;
  author: string | undefined;
  /** CMD was given in this stage: ENTRYPOINT keeps it */
  commandIsSet = false;
  /** containers announced by this step and not yet removed: id → how it runs, when there is a real one */
  readonly containers = new Map<string, ImageRunConfig | undefined>();

  constructor(context: StageContext, base: Image | undefined) {
    this.context = context;
    this.image = base;
    const { OnBuild: _triggers, ...config } = base?.config.config ?? {};
    const environment = config.Env ?? [];
    const hasPath = environment.some((entry) => entry.startsWith('PATH='));
    this.config = { ...config, Env: hasPath ? environment : [...environment, defaultPath] };
    this.author = base?.config.author;
  }

  get shell(): readonly string[] {
    return this.config.Shell?.length ? this.config.Shell : defaultShell;
  }

  get layers(): readonly Digest[] {
    return this.image?.layers.map(({ diffId }) => diffId) ?? [];
  }

  get environment(): Map<string, string> {
    return new Map((this.config.Env ?? []).map(splitEntry));
  }

  /** Variables for expansion: ENV, and ARG where ENV has no such name. */
  get variables(): Map<string, string> {
    const environment = this.environment;
    return new Map([...this.context.args.allowed(environment), ...environment]);
  }

  /** Commits a step that changes the configuration only. `comment` becomes the line of `docker history`. */
  async commit(comment: string): Promise<void> {
    const step = this.withCommand([...this.shell, '#(nop) ', comment]);
    if (this.useCache(step)) return;
    await this.addImage(step, this.announceContainer());
  }

  withCommand(command: readonly string[]): ImageRunConfig {
    return { ...this.config, Cmd: command };
  }

  /** True when an earlier build already made this step. */
  useCache(step: ImageRunConfig): boolean {
    const cached = this.context.cache.find(this.image?.id, step);
    if (!cached) return false;
    this.context.print(' ---> Using cache\n');
    this.image = cached;
    return true;
  }

  /** Steps that only change the configuration name a container, as Docker does, but have none. */
  announceContainer(runs?: ImageRunConfig): string {
    const id = toHex(this.context.services.random.bytes(32));
    this.containers.set(id, runs);
    this.context.print(` ---> Running in ${id.slice(0, 12)}\n`);
    return id;
  }

  /** Makes the next image: the current one, with `step` as its container's configuration and perhaps a layer. */
  async addImage(step: ImageRunConfig, container?: string, layer?: Layer): Promise<void> {
    const created = new Date(this.context.services.clock.now()).toISOString();
    const parent = this.image;
    const hasLayer = layer !== undefined && layer.diffId !== emptyLayer;
    const layers = hasLayer ? [...this.layers, layer.diffId] : this.layers;
    const config: ImageConfig = {
      architecture: parent?.config.architecture ?? '386',
      os: parent?.config.os ?? 'linux',
      created,
      docker_version: dockerVersion,
      ...(this.author === undefined ? {} : { author: this.author }),
      ...(container === undefined ? {} : { container }),
      container_config: step,
      config: this.config,
      rootfs: { type: 'layers', diff_ids: layers },
      history: [
        ...(parent?.config.history ?? []),
        {
          created,
          created_by: (step.Cmd ?? []).join(' '),
          ...(this.author === undefined ? {} : { author: this.author }),
          ...(hasLayer ? {} : { empty_layer: true }),
        },
      ],
    };
    this.image = await this.context.services.runtime.images.add({
      config,
      layers,
      ...(parent ? { parent: parent.id } : {}),
    });
  }
}

export function splitEntry(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
