/** Carries out one instruction (Dockerfile reference). */
import type { ImageTree } from '../../runtime/types.ts';
import type { BuildContext } from './build-context.ts';
import type { BuildOptions } from './build-types.ts';
import { changeConfig, workingDirectory } from './config-steps.ts';
import { copyStep, workdirStep } from './copy-step.ts';
import type { EscapeToken } from './dockerfile-lines.ts';
import type { Instruction } from './instructions.ts';
import { runStep } from './run-step.ts';
import { expandWord } from './shell-words.ts';
import type { StageBuild } from './stage-build.ts';

export interface StepContext {
  readonly build: BuildContext;
  readonly options: BuildOptions;
  readonly escape: EscapeToken;
  /** the tree of a stage or image that COPY --from names */
  treeOf(from: string): Promise<ImageTree>;
}

/** Throws BuildError, or RuntimeError from a container that cannot start. */
export async function carryOut(
  stage: StageBuild,
  instruction: Instruction,
  context: StepContext,
): Promise<void> {
  const variables = stage.variables;
  const expand = (text: string): string => expandWord(text, variables, context.escape);
  switch (instruction.kind) {
    case 'add':
    case 'copy': {
      const expanded = {
        ...instruction,
        sources: instruction.sources.map(expand),
        destination: expand(instruction.destination),
        ...(instruction.chown === undefined ? {} : { chown: expand(instruction.chown) }),
      };
      const image =
        instruction.from === undefined ? undefined : await context.treeOf(instruction.from);
      return copyStep(stage, expanded, context.build, image);
    }
    case 'workdir':
      return workdirStep(
        stage,
        workingDirectory(stage.config.WorkingDir, expand(instruction.path)),
      );
    case 'run':
      return runStep(stage, instruction, context.options);
    default:
      return changeConfig(stage, instruction, context.escape);
  }
}
