import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';

/** What the client of a failed start exits with (docs.docker.com, `docker run`, "Exit status"). */
const NOT_FOUND_STATUS = 127;
const NOT_EXECUTABLE_STATUS = 126;
const ENGINE_STATUS = 125;

/** A start that crun refused, in Docker's wrapping. Anything but an AgentError is passed on. */
export function startFailure(error: unknown): unknown {
  if (!(error instanceof AgentError)) return error;
  return new RuntimeError(
    'START_FAILED',
    `failed to create task for container: failed to create shim task: OCI runtime create failed: ${error.message}: unknown`,
    { cause: error, exitCode: exitStatusFor(error.message) },
  );
}

function exitStatusFor(message: string): number {
  if (/executable file .* not found|no such file or directory/i.test(message))
    return NOT_FOUND_STATUS;
  if (/permission denied|is a directory|exec format error/i.test(message))
    return NOT_EXECUTABLE_STATUS;
  return ENGINE_STATUS;
}
