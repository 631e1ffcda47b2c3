import { CriError, type RuntimeService } from '../../runtime/cri/types.ts';
import { goQuote } from '../../objects/go-text.ts';
import { failure, type ProbeResult } from './probe-result.ts';

/** Characters of what a command writes that an event shows. */
const MOST_OUTPUT = 10 * 1024;

/** Whether a command in the container ends with status 0. @param timeoutSeconds none when 0 */
export async function execProbe(
  cri: Pick<RuntimeService, 'execSync'>,
  containerId: string,
  command: readonly string[],
  timeoutSeconds: number,
): Promise<ProbeResult> {
  try {
    const { stdout, stderr, exitCode } = await cri.execSync(containerId, command, timeoutSeconds);
    const output = (stdout + stderr).slice(0, MOST_OUTPUT);
    return exitCode === 0 ? { result: 'success', output } : failure(output);
  } catch (error) {
    if (error instanceof CriError && error.code === 'DEADLINE_EXCEEDED')
      return failure(
        `command timed out: ${goQuote(command.join(' '))} timed out after ${timeoutSeconds}s`,
      );
    throw error;
  }
}
