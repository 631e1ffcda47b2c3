import { spawnSync } from 'node:child_process';

/** A build step that failed; the message says which command and what it printed. */
export class BuildError extends Error {}

export interface RunOptions {
  readonly cwd?: string;
  /** added to this process's environment */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

const outputLimit = 1 << 30;

/** Runs a program to completion and returns its standard output. Throws `BuildError` when it fails. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Buffer {
  const result = spawnSync(command, args, {
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...options.env },
    input: options.input,
    maxBuffer: outputLimit,
  });
  if (result.error) {
    throw new BuildError(
      `cannot run ${command}: ${result.error.message}; see engine/guest/README.md for what to install`,
      {
        cause: result.error,
      },
    );
  }
  if (result.status !== 0) {
    const said = result.stderr.toString().trim().split('\n').slice(-20).join('\n');
    throw new BuildError(
      `${command} ${args.join(' ')} failed with ${result.status ?? result.signal}\n${said}`,
    );
  }
  return result.stdout;
}

/** First line of what a tool says about its version. */
export function versionOf(command: string, args: readonly string[] = ['--version']): string {
  return run(command, args).toString().split('\n')[0]?.trim() ?? '';
}
