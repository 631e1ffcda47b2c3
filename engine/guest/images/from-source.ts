import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { SourceEntry } from '../../api/image-index.ts';
import {
  prepareSource,
  sourceInputs,
  type DebianSource,
  type SourceTree,
} from '../build/debian-source.ts';
import { digestOf, type Inputs } from '../build/inputs.ts';
import { run } from '../build/run.ts';
import { readTree } from './debian/read-tree.ts';
import type { FileTree } from './file-tree.ts';

/** A program that is built from Debian's source, because Debian's own binary brings along more than an image should hold. */
export interface SourceRecipe {
  readonly source: DebianSource;
  readonly licence: string;
  /** arguments of make and of configure go into the inputs, so a change of these builds again */
  readonly options: readonly string[];
  /** Builds in the unpacked source and puts what the image gets below `output`. */
  build(tools: BuildTools, output: string): void;
}

export interface BuildTools {
  /** Runs a program in the source's folder with the compiler's settings in its environment. */
  run(command: string, ...args: readonly string[]): void;
  make(...args: readonly string[]): void;
  /** Puts a stripped program at this path below the output. */
  install(from: string, to: string): void;
}

/** Any i686 with SSE2, which the emulated processor has; no paths and ids of the build in the result. */
const flags = '-O2 -march=i686 -msse2 -mfpmath=sse -g0';
const linkFlags = '-Wl,--build-id=none';

/** The files of a program, built once for each set of inputs. */
export async function fromSource(recipe: SourceRecipe, cache: string): Promise<FileTree> {
  const { name } = recipe.source;
  const key = digestOf(JSON.stringify([recipeInputs(recipe), recipe.build.toString()]));
  const output = join(cache, `${name}-${key.slice(0, 16)}`);
  if (!existsSync(output)) {
    const root = join(cache, name);
    const tree = await prepareSource(recipe.source, root);
    const installed = join(root, 'image');
    mkdirSync(installed);
    recipe.build(toolsFor(tree, installed), installed);
    rmSync(output, { recursive: true, force: true });
    renameSync(installed, output);
    rmSync(root, { recursive: true });
  }
  return readTree(output, 0);
}

function toolsFor({ folder, env: tools }: SourceTree, output: string): BuildTools {
  const env = { ...tools, CFLAGS: flags, LDFLAGS: linkFlags };
  const inFolder = (command: string, ...args: readonly string[]): void =>
    void run(command, args, { cwd: folder, env });
  return {
    run: inFolder,
    make: (...args) => inFolder('make', `-j${availableParallelism()}`, ...args),
    install(from, to) {
      const target = join(output, to);
      mkdirSync(join(target, '..'), { recursive: true });
      run('strip', ['--strip-unneeded', '-R', '.comment', '-o', target, join(folder, from)]);
      run('chmod', ['755', target]);
    },
  };
}

/** What went in: label → version and digest. */
export function recipeInputs({ source, options }: SourceRecipe): Inputs {
  return { ...sourceInputs(source), [`options ${source.name}`]: options.join(' ') };
}

export function sourceEntry({ source, licence }: SourceRecipe): SourceEntry {
  const { name, version } = source;
  return { name, version, source: name, sourceVersion: version, licence };
}
