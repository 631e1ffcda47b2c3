/** What a stage's configuration will be, and what instructions that change it need to know. */
import type { ImageRunConfig } from '../../runtime/types.ts';
import type { BuildArgs } from './build-args.ts';

const defaultShell: readonly string[] = ['/bin/sh', '-c'];

export interface StageConfigContext {
  readonly args: BuildArgs;
  /** text as `docker build` prints it */
  print(text: string): void;
}

export class StageConfig {
  readonly context: StageConfigContext;
  config: ImageRunConfig;
  author: string | undefined;
  /** CMD was given in this stage: ENTRYPOINT keeps it */
  commandIsSet = false;

  constructor(context: StageConfigContext, config: ImageRunConfig) {
    this.context = context;
    this.config = config;
  }

  get shell(): readonly string[] {
    return this.config.Shell?.length ? this.config.Shell : defaultShell;
  }

  get environment(): Map<string, string> {
    return new Map((this.config.Env ?? []).map(splitEntry));
  }

  /** Variables for expansion: ENV, and ARG where ENV has no such name. */
  get variables(): Map<string, string> {
    const environment = this.environment;
    return new Map([...this.context.args.allowed(environment), ...environment]);
  }

  /** Makes the change a step of its own, where there are steps. `comment` becomes the line of `docker history`. */
  commit(_comment: string): Promise<void> {
    return Promise.resolve();
  }
}

export function splitEntry(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
