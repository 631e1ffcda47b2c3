import type { Clock } from '../../base/clock.ts';
import type { RunningExec } from '../../runtime/types.ts';

/** Characters of a check's output that are kept. */
const KEPT_OUTPUT = 4096;
/** What a check that takes too long has between SIGTERM and SIGKILL: milliseconds. */
const GRACE = 10_000;

/** Reads a check to its end, and ends it at the signal. */
export async function finishProbe(
  clock: Clock,
  running: RunningExec,
  signal: AbortSignal,
): Promise<{ readonly code: number; readonly output: string }> {
  const grace: { dispose(): void }[] = [];
  const kill = (): void => {
    void running.signal('SIGTERM').catch(() => {});
    grace.push(clock.setTimer(() => void running.signal('SIGKILL').catch(() => {}), GRACE));
  };
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill, { once: true });
  const decoder = new TextDecoder();
  let output = '';
  try {
    for await (const { bytes } of running.output) {
      if (output.length <= KEPT_OUTPUT) output += decoder.decode(bytes, { stream: true });
    }
    const { code } = await running.exited;
    const whole = output.length <= KEPT_OUTPUT;
    return { code, output: whole ? output : `${output.slice(0, KEPT_OUTPUT)}...` };
  } finally {
    signal.removeEventListener('abort', kill);
    for (const timer of grace) timer.dispose();
  }
}
