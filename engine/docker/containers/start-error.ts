/**
 * Why a program could not be started, in Docker's words. crun says it in its own; clients tell
 * "not found" (exit status 127) and "cannot be executed" (126) apart by the text that runc has.
 */
import { messageOf } from '../../base/message-of.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { ApiError, toApiError } from '../api/api-error.ts';

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
/** dockerd's when it cannot tell why a container does not start; for a further program it says 126 */
const OTHER = 128;

export interface StartError {
  readonly error: ApiError;
  /** what the container or process is said to have exited with */
  readonly exitCode: number;
}

interface Cause {
  readonly text: string;
  readonly exitCode: number;
}

function causeOf(message: string, command: string): Cause | undefined {
  const missing = /executable file [`'"]?(.*?)[`'"]? not found in \$PATH/.exec(message);
  const name = missing?.[1] ?? command;
  if (missing !== null) {
    const why = name.includes('/')
      ? `stat ${name}: no such file or directory`
      : 'executable file not found in $PATH';
    return { text: `exec: ${JSON.stringify(name)}: ${why}`, exitCode: NOT_FOUND };
  }
  if (
    /No such file or directory/i.test(message) &&
    command.startsWith('/') &&
    message.includes(command)
  ) {
    return {
      text: `exec: ${JSON.stringify(command)}: stat ${command}: no such file or directory`,
      exitCode: NOT_FOUND,
    };
  }
  if (/open executable|permission denied|is a directory/i.test(message)) {
    return {
      text: `exec: ${JSON.stringify(command)}: permission denied`,
      exitCode: NOT_EXECUTABLE,
    };
  }
  if (/exec format error/i.test(message))
    return { text: `exec ${command}: exec format error`, exitCode: NOT_EXECUTABLE };
  return undefined;
}

/** Only failures of the start itself are reworded; what the runtime said in Docker's words stays. */
const isRefusal = (thrown: unknown): boolean =>
  !(thrown instanceof RuntimeError) || thrown.code === 'START_FAILED';

function wellKnown(
  thrown: unknown,
  command: string,
  wrap: (cause: string) => string,
): StartError | undefined {
  const cause = isRefusal(thrown) ? causeOf(messageOf(thrown), command) : undefined;
  return cause === undefined
    ? undefined
    : {
        error: new ApiError(400, wrap(cause.text), { cause: thrown }),
        exitCode: cause.exitCode,
      };
}

export function containerStartError(thrown: unknown, command: string): StartError {
  const known = wellKnown(
    thrown,
    command,
    (cause) =>
      `failed to create shim task: OCI runtime create failed: crun create failed: unable to start container process: ${cause}: unknown`,
  );
  if (known !== undefined) return known;
  const told = thrown instanceof RuntimeError ? thrown.exitCode : undefined;
  return { error: toApiError(thrown), exitCode: told === undefined || told === 125 ? OTHER : told };
}

export function execStartError(thrown: unknown, command: string): StartError {
  const known = wellKnown(
    thrown,
    command,
    (cause) =>
      `OCI runtime exec failed: exec failed: unable to start container process: ${cause}: unknown`,
  );
  if (known !== undefined) return known;
  const error = isRefusal(thrown)
    ? new ApiError(400, `OCI runtime exec failed: ${messageOf(thrown)}: unknown`, { cause: thrown })
    : toApiError(thrown);
  return { error, exitCode: NOT_EXECUTABLE };
}
