/** One stage while it is built: the image so far, the configuration it will have, and how steps become images. */
import { toHex } from '../../base/hex.ts';
import type { Digest, Image, ImageConfig, ImageRunConfig, Layer } from '../../runtime/types.ts';
import type { BuildServices } from './build-types.ts';
import type { ImageCache } from './image-cache.ts';
import { StageConfig, type StageConfigContext } from './stage-config.ts';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The version whose classic builder this follows. */
const dockerVersion = '20.10.24';
/** diff id of a tar that holds nothing: 1,024 zero bytes */
const emptyLayer: Digest =
  'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

export interface StageContext extends StageConfigContext {
  readonly services: BuildServices;
  readonly cache: ImageCache;
}

export class StageBuild extends StageConfig {
  declare readonly context: StageContext;
  /** absent on top of `scratch`, until the first step */
  image: Image | undefined;
  /** containers announced by this step and not yet removed: id → how it runs, when there is a real one */
  readonly containers = new Map<string, ImageRunConfig | undefined>();

  constructor(context: StageContext, base: Image | undefined) {
    const { OnBuild: _triggers, ...config } = base?.config.config ?? {};
    const environment = config.Env ?? [];
    const hasPath = environment.some((entry) => entry.startsWith('PATH='));
    super(context, { ...config, Env: hasPath ? environment : [...environment, defaultPath] });
    this.image = base;
    this.author = base?.config.author;
  }

  get layers(): readonly Digest[] {
    return this.image?.layers.map(({ diffId }) => diffId) ?? [];
  }

  override async commit(comment: string): Promise<void> {
    const step = this.withCommand([...this.shell, '#(nop) ', comment]);
    if (await this.useCache(step)) return;
    await this.addImage(step, this.announceContainer());
  }

  withCommand(command: readonly string[]): ImageRunConfig {
    return { ...this.config, Cmd: command };
  }

  /** True when an earlier build already made this step. */
  async useCache(step: ImageRunConfig): Promise<boolean> {
    const cached = await this.context.cache.find(this.image, step);
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
    this.image = await this.context.services.host.addImage({
      config,
      layers,
      ...(parent ? { parent: parent.id } : {}),
    });
  }
}
