/** COPY, ADD and WORKDIR: files put into a layer on the host, without a container. */
import { messageOf } from '../../base/message-of.ts';
import type { ImageTree } from '../../runtime/types.ts';
import { parseOwner } from './accounts.ts';
import { BuildError } from './build-error.ts';
import type { BuildContext } from './build-context.ts';
import { copyFiles } from './copy-files.ts';
import { combinedHash, type CopyOrigin, type CopySource, findSources } from './copy-sources.ts';
import type { CopyInstruction } from './instructions.ts';
import { join, LayerWriter } from './layer-writer.ts';
import { needsBuildKit } from './run-step.ts';
import type { StageBuild } from './stage-build.ts';

/** `image`: the tree that COPY --from names. */
export async function copyStep(
  stage: StageBuild,
  instruction: CopyInstruction,
  context: BuildContext,
  image?: ImageTree,
): Promise<void> {
  const name = instruction.kind.toUpperCase();
  if (instruction.chmod !== undefined) throw new BuildError('FAILED', needsBuildKit('chmod'));
  const { destination, chown } = instruction;
  const origin: CopyOrigin = image
    ? { tree: image, isContext: false }
    : { tree: context.tree, isContext: true };
  const sources = await findAll(name, instruction, origin);
  if (sources.length > 1 && !destination.endsWith('/')) {
    throw new BuildError(
      'FAILED',
      `When using ${name} with more than one source file, the destination must be a directory and end with a /`,
    );
  }
  const flag = chown ? `--chown=${chown} ` : '';
  const comment = `${name} ${flag}${await combinedHash(sources)} in ${destination} `;
  const step = stage.withCommand([...stage.shell, `#(nop) ${comment}`]);
  if (await stage.useCache(step)) return;

  const base = await stage.context.services.layers.tree(stage.layers);
  const owner = chown ? await parseOwner(chown, base) : image ? undefined : { uid: 0, gid: 0 };
  const layer = newLayer(stage, base);
  await copyFiles(layer, {
    tree: origin.tree,
    sources,
    destination: absolute(stage.config.WorkingDir, destination),
    unpack: instruction.kind === 'add',
    ...(owner ? { owner } : {}),
  });
  await stage.addImage(step, undefined, await stage.context.services.layers.add(layer.toTar()));
}

async function findAll(
  name: string,
  { sources, kind }: CopyInstruction,
  origin: CopyOrigin,
): Promise<readonly CopySource[]> {
  const url = sources.find((source) => /^https?:\/\//.test(source));
  if (url !== undefined && kind === 'copy')
    throw new BuildError('FAILED', "COPY failed: source can't be a URL for COPY");
  if (url !== undefined) {
    throw new BuildError(
      'FAILED',
      `ADD failed: ${url} cannot be downloaded: this engine has no way out to the internet. Put the file into the build context instead`,
    );
  }
  try {
    return await findSources(origin, sources);
  } catch (error) {
    throw new BuildError('FAILED', `${name} failed: ${messageOf(error)}`, { cause: error });
  }
}

/** `path` is absolute and normal. The directory is made when the image has none. */
export async function workdirStep(stage: StageBuild, path: string): Promise<void> {
  stage.config = { ...stage.config, WorkingDir: path };
  const step = stage.withCommand([...stage.shell, `#(nop) WORKDIR ${path}`]);
  if (await stage.useCache(step)) return;
  const { layers } = stage.context.services;
  const base = await layers.tree(stage.layers);
  const container = stage.announceContainer();
  const layer = newLayer(stage, base);
  const real = layer.resolve(path);
  if (layer.isDirectory(real)) {
    await stage.addImage(step, container);
    return;
  }
  layer.makeDirectories(real);
  await stage.addImage(step, container, await layers.add(layer.toTar()));
}

function newLayer(stage: StageBuild, base: ImageTree): LayerWriter {
  return new LayerWriter(base, Math.floor(stage.context.services.clock.now() / 1000));
}

/** A slash at the end means something, so it stays. */
function absolute(workingDirectory: string | undefined, path: string): string {
  const full = path.startsWith('/')
    ? path
    : join(workingDirectory ?? '/', path === '.' ? './' : path);
  const isDirectory = path.endsWith('/') || path === '.' || path.endsWith('/.');
  const names = full.split('/').reduce<string[]>((kept, name) => {
    if (name === '..') kept.pop();
    else if (name !== '' && name !== '.') kept.push(name);
    return kept;
  }, []);
  return `/${names.join('/')}${isDirectory && names.length > 0 ? '/' : ''}`;
}
