/** `--change` of `docker commit` and `docker import`: instructions that only change the configuration. */
import type { ImageRunConfig } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import { BuildArgs } from './build-args.ts';
import { BuildError, DockerfileSyntaxError } from './build-error.ts';
import { changeConfig, workingDirectory, type ConfigInstruction } from './config-steps.ts';
import { readLines } from './dockerfile-lines.ts';
import { parseTrigger, type Instruction } from './instructions.ts';
import { expandWord } from './shell-words.ts';
import { StageConfig } from './stage-config.ts';

const CHANGES: ReadonlySet<string> = new Set([
  'cmd',
  'entrypoint',
  'env',
  'expose',
  'healthcheck',
  'label',
  'onbuild',
  'user',
  'volume',
  'workdir',
]);

function changesConfig(instruction: Instruction): instruction is ConfigInstruction {
  return CHANGES.has(instruction.kind);
}

/** The configuration after the instructions, which stand one a line. Throws 400 in dockerd's words. */
export async function applyChanges(
  config: ImageRunConfig,
  changes: readonly string[],
): Promise<ImageRunConfig> {
  if (changes.length === 0) return config;
  const stage = new StageConfig({ args: new BuildArgs({}), print: () => {} }, config);
  try {
    const { lines, escape } = readLines(changes.join('\n'));
    for (const { command } of lines)
      if (!CHANGES.has(command)) throw badRequest(`${command} is not a valid change command`);
    for (const { original } of lines) {
      const instruction = parseTrigger(original, escape);
      if (instruction.kind === 'workdir') {
        const path = expandWord(instruction.path, stage.variables, escape);
        const directory = workingDirectory(stage.config.WorkingDir, path);
        stage.config = { ...stage.config, WorkingDir: directory };
      } else if (changesConfig(instruction)) await changeConfig(stage, instruction, escape);
    }
  } catch (error) {
    if (error instanceof BuildError || error instanceof DockerfileSyntaxError)
      throw badRequest(error.message);
    throw error;
  }
  return stage.config;
}
