import type { MachineOptions, MachineProgress } from '../api/machine.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { MachineError, type MachineErrorCode } from '../machine/machine-error.ts';
import { startIn, type MachineClient } from '../machine/worker/machine-client.ts';

/** A worker that does not even begin within this time is given up. */
const BEGIN_PATIENCE_MS = 10_000;
/** And one that has begun, when it then reports nothing for so long: several times what a restored guest needs to answer on a busy computer. */
const REPORT_PATIENCE_MS = 30_000;
/** What a start ends with in any worker. */
const HOPELESS: ReadonlySet<string> = new Set<MachineErrorCode>([
  'ARTIFACT_UNAVAILABLE',
  'STATE_DAMAGED',
  'STATE_MISMATCH',
]);

/** How a machine is started in the worker of one that has given way. */
export interface FormerStart {
  readonly options: MachineOptions;
  readonly onProgress: (progress: MachineProgress) => void;
  /** gives the start up: it rejects with the reason */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Starts a machine in the worker of one that has given way. Undefined when that cannot be and a new worker may do better; this one has ended then.
 * Rejects with what the start would end with in any worker.
 */
export async function startInFormer(
  former: MachineClient,
  { options, onProgress, signal, clock }: FormerStart,
): Promise<MachineClient | undefined> {
  let silence: Disposable | undefined;
  const expectReport = (patience: number): void => {
    silence?.dispose();
    silence = clock.setTimer(() => void former.destroy(), patience);
  };
  const onReport = (progress: MachineProgress): void => {
    expectReport(REPORT_PATIENCE_MS);
    onProgress(progress);
  };
  expectReport(BEGIN_PATIENCE_MS);
  try {
    return await startIn(former, options, onReport, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MachineError && HOPELESS.has(error.code)) throw error;
    return undefined;
  } finally {
    silence?.dispose();
  }
}
