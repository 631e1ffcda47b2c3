/** The build cache: images that earlier builds made from the same parent by the same step. */
import type { Digest, Image, ImageRunConfig } from '../../runtime/types.ts';

/**
 * Follows one stage. The first miss ends it: what comes after would lie on another parent
 * (Dockerfile best practices, "Leverage build cache").
 */
export class ImageCache {
  readonly #images: () => readonly Image[];
  #missed: boolean;

  constructor(images: () => readonly Image[], enabled: boolean) {
    this.#images = images;
    this.#missed = !enabled;
  }

  /** The newest image on top of `parent` whose step left exactly this configuration. */
  find(parent: Digest | undefined, step: ImageRunConfig): Image | undefined {
    if (this.#missed) return undefined;
    const key = cacheKey(step);
    const [newest] = this.#images()
      .filter(
        (image) =>
          image.parent === parent &&
          image.config.container_config &&
          cacheKey(image.config.container_config) === key,
      )
      .sort((a, b) => ((a.config.created ?? '') < (b.config.created ?? '') ? 1 : -1));
    if (!newest) this.#missed = true;
    return newest;
  }
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
