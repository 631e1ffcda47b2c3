/** Whether and when a container that exited starts again: dockerd's restart policies. */
import type { RestartPolicy } from './host-config.ts';

/** First wait, longest wait, and how long a run must last for the wait to begin anew. Milliseconds. */
const FIRST = 100;
const LONGEST = 60_000;
const LONG_RUN = 10_000;

export interface LastRun {
  readonly exitCode: number;
  /** milliseconds */
  readonly duration: number;
  readonly manuallyStopped: boolean;
  /** restarts so far */
  readonly restartCount: number;
  /** milliseconds waited before it; 0 when it was started by hand */
  readonly previousWait: number;
}

/** Milliseconds to wait before the next start; undefined when there is none. */
export function restartDelay(policy: RestartPolicy, run: LastRun): number | undefined {
  if (run.manuallyStopped || !isWanted(policy, run)) return undefined;
  if (run.previousWait === 0 || run.duration >= LONG_RUN) return FIRST;
  return Math.min(run.previousWait * 2, LONGEST);
}

/** Whether a container that does not run is started when the engine starts: `always` means also one that was stopped by hand. */
export function restartsWithEngine(
  policy: RestartPolicy,
  run: Pick<LastRun, 'exitCode' | 'restartCount' | 'manuallyStopped'>,
): boolean {
  return isWanted(policy, run) && (policy.Name === 'always' || !run.manuallyStopped);
}

function isWanted(policy: RestartPolicy, run: Pick<LastRun, 'exitCode' | 'restartCount'>): boolean {
  switch (policy.Name) {
    case 'always':
    case 'unless-stopped':
      return true;
    case 'on-failure':
      return (
        run.exitCode !== 0 &&
        (policy.MaximumRetryCount === 0 || run.restartCount < policy.MaximumRetryCount)
      );
    default:
      return false;
  }
}
