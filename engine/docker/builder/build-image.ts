/**
 * `docker build` without BuildKit: the classic builder of Docker 20.10. Only RUN reaches the
 * machine; everything else happens on the host, on the layers in the content store.
 *
 * Left out: heredocs and the flags that need BuildKit (refused with Docker's words), contexts from
 * Git or a URL, downloads by ADD, and `--squash`.
 */
import { messageOf } from '../../base/message-of.ts';
import { familiarReference, parseReference } from '../../runtime/images/reference.ts';
import type { Digest, Image, ImageTree } from '../../runtime/types.ts';
import { BuildArgs } from './build-args.ts';
import { readContext } from './build-context.ts';
import { BuildError, DockerfileSyntaxError } from './build-error.ts';
import type { BuildMessage, BuildOptions, BuildServices, WriteMessage } from './build-types.ts';
import { readLines } from './dockerfile-lines.ts';
import { ImageCache } from './image-cache.ts';
import {
  type Dockerfile,
  type Instruction,
  parseInstructions,
  parseTrigger,
  type Stage,
} from './instructions.ts';
import { expandWord } from './shell-words.ts';
import { StageBuild } from './stage-build.ts';
import { carryOut, type StepContext } from './steps.ts';

const scratch = 'scratch';

/**
 * Builds and tags an image. `context` is the tar that the client sends; `write` receives the
 * objects of the answer's JSON stream. Throws BuildError, RuntimeError, or what `pull` throws;
 * as long as nothing was written, that is an HTTP error, later an `errorDetail`.
 */
export async function buildImage(
  services: BuildServices,
  context: ReadableStream<Uint8Array>,
  options: BuildOptions,
  write: WriteMessage,
): Promise<Image> {
  const tags = [...new Set((options.tags ?? []).map(checkedTag))];
  const held: BuildMessage[] = [];
  const build = new Build(
    services,
    options,
    options.quiet ? (message) => held.push(message) : write,
  );
  let image: Image;
  try {
    image = await build.run(context);
    build.print(`Successfully built ${shortId(image)}\n`);
    for (const tag of tags) {
      await services.host.tagImage(image.id, tag);
      build.print(`Successfully tagged ${tag}\n`);
    }
  } catch (error) {
    for (const message of held) write(message);
    throw error;
  }
  if (options.quiet) write({ stream: `${image.id}\n` });
  return (await services.host.findImage(image.id)) ?? image;
}

function checkedTag(text: string): string {
  const reference = parseReference(text);
  if (reference.digest !== undefined)
    throw new BuildError('INVALID', 'build tag cannot contain a digest');
  return familiarReference(reference);
}

function shortId(image: Image | undefined): string {
  return image?.id.slice('sha256:'.length, 'sha256:'.length + 12) ?? '';
}

class Build {
  readonly #services: BuildServices;
  readonly #options: BuildOptions;
  readonly #write: WriteMessage;
  readonly #args: BuildArgs;
  readonly #stages: { readonly name: string | undefined; readonly image: Image | undefined }[] = [];
  readonly print = (text: string): void => this.#write({ stream: text });
  #step = 0;
  #steps = 0;

  constructor(services: BuildServices, options: BuildOptions, write: WriteMessage) {
    this.#services = services;
    this.#options = options;
    this.#write = write;
    this.#args = new BuildArgs(options.buildArgs ?? {});
  }

  async run(tar: ReadableStream<Uint8Array>): Promise<Image> {
    const { target, labels = {}, dockerfile: name = 'Dockerfile' } = this.#options;
    const build = await readContext(tar, name);
    const dockerfile = parse(build.dockerfile, name);
    const stages = upTo(dockerfile.stages, target).map((stage, index, all) =>
      index === all.length - 1 ? withLabels(stage, labels) : stage,
    );
    for (const warning of dockerfile.warnings) this.print(`\u001b[91m${warning}\n\u001b[0m`);
    const { escape, globalArgs } = dockerfile;
    this.#steps =
      globalArgs.length + stages.reduce((total, stage) => total + 1 + stage.instructions.length, 0);
    for (const { code, declarations } of globalArgs) {
      this.#announce(code);
      for (const { key, value } of declarations) {
        this.#args.declareGlobal(
          key,
          value === undefined ? undefined : expandWord(value, this.#args.allowed(), escape),
        );
      }
    }
    const context: StepContext = {
      build,
      options: this.#options,
      escape,
      treeOf: (from) => this.#treeOf(from),
    };
    let image: Image | undefined;
    for (const stage of stages) image = await this.#buildStage(stage, context);
    const unused = this.#args.unused();
    if (unused.length > 0)
      this.print(`[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n`);
    if (!image) throw new BuildError('FAILED', 'No image was generated. Is your Dockerfile empty?');
    return image;
  }

  #announce(code: string): void {
    this.print(`Step ${++this.#step}/${this.#steps} : ${code}`);
    this.print('\n');
  }

  async #buildStage(
    { code, base, name, platform, instructions }: Stage,
    context: StepContext,
  ): Promise<Image | undefined> {
    if (name !== undefined && this.#stages.some((stage) => stage.name === name)) {
      throw new BuildError('FAILED', `${name} stage name already used`);
    }
    this.#announce(code);
    const globals = this.#args.globals();
    const reference = expandWord(base, globals, context.escape);
    if (reference === '') throw new BuildError('FAILED', `base name (${base}) should not be blank`);
    const wanted =
      platform === undefined
        ? this.#options.platform
        : expandWord(platform, globals, context.escape);
    const from = await this.#baseImage(reference, wanted);
    const stage = new StageBuild(
      {
        services: this.#services,
        cache: await this.#cache(),
        args: this.#args.forStage(),
        print: this.print,
      },
      from,
    );
    await this.#runTriggers(stage, from?.config.config?.OnBuild ?? [], context);
    this.print(` ---> ${shortId(stage.image)}\n`);
    for (const instruction of instructions) {
      if (this.#options.signal?.aborted) {
        this.print('Build cancelled\n');
        throw new BuildError('CANCELLED', 'Build cancelled');
      }
      this.#announce(instruction.code);
      await this.#carryOut(stage, instruction, context);
      this.print(` ---> ${shortId(stage.image)}\n`);
    }
    if (stage.image) this.#write({ aux: { ID: stage.image.id } });
    this.#stages.push({ name, image: stage.image });
    return stage.image;
  }

  async #cache(): Promise<ImageCache> {
    const { cacheFrom = [], noCache } = this.#options;
    const { host } = this.#services;
    const found = await Promise.all(cacheFrom.map((reference) => host.findImage(reference)));
    const sources = found.filter((image) => image !== undefined);
    return new ImageCache(host, cacheFrom.length > 0 ? sources : undefined, noCache !== true);
  }

  async #runTriggers(
    stage: StageBuild,
    triggers: readonly string[],
    context: StepContext,
  ): Promise<void> {
    if (triggers.length === 0) return;
    this.print(`# Executing ${triggers.length} build trigger${triggers.length > 1 ? 's' : ''}\n`);
    for (const trigger of triggers)
      await this.#carryOut(stage, parseTrigger(trigger, context.escape), context);
  }

  async #carryOut(
    stage: StageBuild,
    instruction: Instruction,
    context: StepContext,
  ): Promise<void> {
    let succeeded = false;
    try {
      await carryOut(stage, instruction, context);
      succeeded = true;
    } finally {
      await this.#removeContainers(stage, succeeded);
    }
  }

  async #removeContainers(stage: StageBuild, succeeded: boolean): Promise<void> {
    const { remove = true, forceRemove = false } = this.#options;
    const isKept = !(forceRemove || (remove && succeeded));
    const { host } = this.#services;
    for (const [id, config] of stage.containers) {
      if (config && isKept && stage.image) {
        await host.keepContainer({ id, image: stage.image.id, config });
      } else if (config) await host.removeContainer(id).catch(() => undefined);
      if (!isKept) this.print(`Removing intermediate container ${id.slice(0, 12)}\n`);
    }
    stage.containers.clear();
  }

  async #baseImage(reference: string, platform: string | undefined): Promise<Image | undefined> {
    const stage = this.#stages.find(({ name }) => name === reference.toLowerCase());
    if (stage) return stage.image;
    if (reference === scratch) return undefined;
    return this.#imageNamed(reference, platform);
  }

  async #imageNamed(reference: string, platform?: string): Promise<Image> {
    const { host } = this.#services;
    const local = await host.findImage(reference);
    if (local && !this.#options.pull) return local;
    return host.pull(reference, platform ? { platform } : {}, this.#write);
  }

  async #treeOf(from: string): Promise<ImageTree> {
    const { layers } = this.#services;
    const named = this.#stages.find(({ name }) => name === from.toLowerCase());
    if (named) return layers.tree(layersOf(named.image));
    try {
      if (/^\d+$/.test(from)) {
        const index = Number(from);
        if (index === this.#stages.length)
          throw new BuildError('FAILED', 'refers to current build stage');
        if (index > this.#stages.length) throw new BuildError('FAILED', 'index out of bounds');
        return await layers.tree(layersOf(this.#stages[index]?.image));
      }
      return await layers.tree(layersOf(await this.#imageNamed(from)));
    } catch (error) {
      throw new BuildError('FAILED', `invalid from flag value ${from}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

function layersOf(image: Image | undefined): readonly Digest[] {
  return image?.layers.map(({ diffId }) => diffId) ?? [];
}

function parse(text: string, name: string): Dockerfile {
  try {
    return parseInstructions(readLines(text));
  } catch (error) {
    if (!(error instanceof DockerfileSyntaxError)) throw error;
    throw new BuildError('INVALID', `failed to parse ${name}: ${error.message}`, { cause: error });
  }
}

function upTo(stages: readonly Stage[], target: string | undefined): readonly Stage[] {
  if (target === undefined || target === '') return stages;
  const index = stages.findLastIndex(({ name }) => name === target.toLowerCase());
  if (index < 0)
    throw new BuildError('INVALID', `failed to reach build target ${target} in Dockerfile`);
  return stages.slice(0, index + 1);
}

/** `--label` adds LABEL steps to the last stage, in alphabetical order. */
function withLabels(stage: Stage, labels: Readonly<Record<string, string>>): Stage {
  const added = Object.keys(labels)
    .sort()
    .map((key): Instruction => {
      const value = labels[key] ?? '';
      return {
        kind: 'label',
        code: `LABEL ${key}=${value}`,
        pairs: [{ key, value }],
        literal: true,
      };
    });
  return { ...stage, instructions: [...stage.instructions, ...added] };
}
