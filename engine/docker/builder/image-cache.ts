/** The build cache: images that earlier builds made from the same parent by the same step. */
import type { Digest, Image, ImageRunConfig } from '../../runtime/types.ts';
import type { BuildHost } from './build-types.ts';

/**
 * Follows one stage. The first miss ends it: what comes after would lie on another parent
 * (Dockerfile best practices, "Leverage build cache").
 */
export class ImageCache {
  readonly #host: BuildHost;
  /** images of `--cache-from`; undefined: whatever was built here */
  #sources: readonly Image[] | undefined;
  #missed: boolean;

  constructor(host: BuildHost, sources: readonly Image[] | undefined, enabled: boolean) {
    this.#host = host;
    this.#sources = sources;
    this.#missed = !enabled;
  }

  /** The image on top of `parent` whose step left exactly this configuration. */
  async find(parent: Image | undefined, step: ImageRunConfig): Promise<Image | undefined> {
    if (this.#missed) return undefined;
    const found = (await this.#builtHere(parent, step)) ?? (await this.#fromSource(parent, step));
    if (!found) this.#missed = true;
    return found;
  }

  /** The newest one; with sources, only one that a source is made of. */
  async #builtHere(parent: Image | undefined, step: ImageRunConfig): Promise<Image | undefined> {
    const key = cacheKey(step);
    const [newest] = (await this.#host.imagesOn(parent?.id))
      .filter(({ config }) => config.container_config && cacheKey(config.container_config) === key)
      .toSorted((a, b) => ((a.config.created ?? '') < (b.config.created ?? '') ? 1 : -1));
    if (newest === undefined || this.#sources === undefined) return newest;
    for (const source of this.#sources) if (await this.#isMadeOf(source, newest.id)) return newest;
    return undefined;
  }

  async #isMadeOf(image: Image, part: Digest): Promise<boolean> {
    for (let one: Image | undefined = image; one !== undefined;) {
      if (one.id === part) return true;
      one = one.parent === undefined ? undefined : await this.#host.findImage(one.parent);
    }
    return false;
  }

  /** A pulled image has no images below it, but its history tells its steps: one is made as far as this step. */
  async #fromSource(parent: Image | undefined, step: ImageRunConfig): Promise<Image | undefined> {
    const before = parent?.config.history ?? [];
    for (const source of this.#sources ?? []) {
      const history = source.config.history ?? [];
      const next = history[before.length];
      if (next?.created_by !== (step.Cmd ?? []).join(' ') || !isOn(source, parent)) continue;
      this.#sources = [source];
      if (before.length === history.length - 1) return source;
      const layers = layerIds(parent);
      const layer = layerIds(source)[layers.length];
      const { history: _steps, rootfs: _rootfs, ...config } = source.config;
      const all = next.empty_layer || layer === undefined ? layers : [...layers, layer];
      return this.#host.addImage({
        config: {
          ...config,
          ...(next.created === undefined ? {} : { created: next.created }),
          config: step,
          container_config: step,
          rootfs: { type: 'layers', diff_ids: all },
          history: [...before, next],
        },
        layers: all,
        ...(parent ? { parent: parent.id } : {}),
      });
    }
    return undefined;
  }
}

/** Whether an image's steps and layers begin with all of another's. */
function isOn(image: Image, parent: Image | undefined): boolean {
  const steps = (one: Image | undefined): readonly string[] =>
    (one?.config.history ?? []).map((entry) =>
      JSON.stringify([entry.created, entry.created_by, entry.author, entry.empty_layer === true]),
    );
  const begins = (all: readonly string[], first: readonly string[]): boolean =>
    first.every((one, index) => all[index] === one);
  return begins(steps(image), steps(parent)) && begins(layerIds(image), layerIds(parent));
}

function layerIds(image: Image | undefined): readonly Digest[] {
  return image?.config.rootfs.diff_ids ?? [];
}

/** Docker's choice of fields; host name and the like differ from run to run. */
function cacheKey(config: ImageRunConfig): string {
  const { User, Cmd, Env, Entrypoint, Shell, OnBuild, ExposedPorts, Volumes, Labels } = config;
  const record = (value: Readonly<Record<string, unknown>> | null | undefined): unknown =>
    Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    User ?? '',
    Cmd ?? [],
    Env ?? [],
    Entrypoint ?? [],
    Shell ?? [],
    OnBuild ?? [],
    record(ExposedPorts),
    record(Volumes),
    record(Labels),
  ]);
}
