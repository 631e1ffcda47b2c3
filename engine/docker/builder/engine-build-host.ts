import type { ContainerContext } from '../containers/context.ts';
import { completeConfig } from '../containers/container-config.ts';
import { completeHostConfig } from '../containers/host-config.ts';
import { generateName } from '../containers/names.ts';
import { pullImage } from '../images/pull-image.ts';
import { initialEndpoints } from '../networks/container-endpoints.ts';
import type { Mount, Runtime } from '../../runtime/types.ts';
import type { BuildHost, StepContainer } from './build-types.ts';

/** Marks containers of builds that are under way. */
const LABEL = 'drydock.build';

/** Removes containers of builds that ended with their engine. */
export async function removeLeftBuilds(runtime: Runtime): Promise<void> {
  for (const { id, config } of runtime.containers()) {
    if (config.labels?.[LABEL] !== undefined)
      await runtime.removeContainer(id, { force: true, volumes: true });
  }
}

/** What the engine does for one build. Containers the build leaves behind, because its worker died, go with `close`. */
export class EngineBuildHost implements BuildHost {
  readonly #context: ContainerContext;
  readonly #containers = new Set<string>();
  readonly #stop = new AbortController();

  constructor(context: ContainerContext) {
    this.#context = context;
  }

  findImage(reference: string) {
    return Promise.resolve(this.#context.runtime.images.find(reference));
  }

  imagesOn(parent: Parameters<BuildHost['imagesOn']>[0]) {
    const all = this.#context.runtime.images.list();
    return Promise.resolve(all.filter((image) => image.parent === parent));
  }

  addImage(image: Parameters<BuildHost['addImage']>[0]) {
    return this.#context.runtime.images.add(image);
  }

  tagImage(id: string, tag: string) {
    return this.#context.runtime.images.tag(id, tag);
  }

  pull(...[reference, options, write]: Parameters<BuildHost['pull']>) {
    const { runtime, clock } = this.#context;
    const { signal } = this.#stop;
    return pullImage(runtime.images, clock, reference, write, { ...options, signal });
  }

  async run(
    { volumes, ...config }: StepContainer,
    onOutput: Parameters<BuildHost['run']>[1],
  ): Promise<number> {
    const { runtime } = this.#context;
    const { id } = config;
    this.#containers.add(id);
    const mounts: Mount[] = [];
    for (const target of volumes) {
      const { name: volume } = await runtime.volumes.create({});
      mounts.push({ kind: 'volume', volume, target, readOnly: false, anonymous: true });
    }
    await runtime.createContainer({ ...config, mounts, labels: { [LABEL]: '' } });
    const { io } = await runtime.startContainer(id, { attach: true });
    if (io === undefined) throw new TypeError('An attached start has no output.');
    // A callback of another worker answers with a promise: the output waits for it.
    for await (const chunk of io.output) await onOutput(chunk);
    return (await io.exited).code;
  }

  async kill(id: string): Promise<void> {
    await this.#context.runtime.killContainer(id, 'SIGKILL').catch(() => {});
  }

  layerTar(id: string) {
    return this.#context.runtime.layerTar(id);
  }

  async removeContainer(id: string): Promise<void> {
    this.#containers.delete(id);
    await this.#context.runtime.removeContainer(id, { force: true, volumes: true });
  }

  async keepContainer({
    id,
    image,
    config,
  }: Parameters<BuildHost['keepContainer']>[0]): Promise<void> {
    const { records, random, clock } = this.#context;
    this.#containers.delete(id);
    const isTaken = (name: string): boolean => records.holderOf(name) !== undefined;
    const hostConfig = completeHostConfig({});
    await records.save({
      id,
      name: generateName(random, isTaken),
      created: clock.now(),
      image,
      config: completeConfig({ Image: image }, { ...config, Cmd: config.Cmd ?? ['/bin/sh'] }, id),
      hostConfig,
      mounts: [],
      restartCount: 0,
      manuallyStopped: true,
      networks: initialEndpoints(hostConfig, {}, ''),
      sandboxId: '',
    });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('context canceled'));
    for (const id of this.#containers) await this.removeContainer(id).catch(() => {});
  }
}
