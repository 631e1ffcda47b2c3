import type { ObjectMeta } from '../objects/generated/meta-v1.generated.ts';

/** What a Pod or its node asks of a hollow kubelet, as annotations. */
const READY_AFTER = 'hollow.drydock.dev/ready-after';
const RUN_FOR = 'hollow.drydock.dev/run-for';
const EXIT_CODE = 'hollow.drydock.dev/exit-code';
const DOWN = 'hollow.drydock.dev/down';

export interface PodWishes {
  /** milliseconds from its binding until its containers run and are ready */
  readonly readyAfter: number;
  /** milliseconds its containers run; for ever when absent */
  readonly runFor: number | undefined;
  /** with which they end */
  readonly exitCode: number;
}

/** `ready-after` and `run-for` are in seconds; an `exit-code` alone ends the containers at once. */
export function wishesOf({ annotations = {} }: ObjectMeta, readyAfter: number): PodWishes {
  const seconds = (name: string): number | undefined => {
    const value = Number(annotations[name] ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
  };
  const exitCode = Number(annotations[EXIT_CODE] ?? Number.NaN);
  const ends = Number.isInteger(exitCode);
  return {
    readyAfter: seconds(READY_AFTER) ?? readyAfter,
    runFor: seconds(RUN_FOR) ?? (ends ? 0 : undefined),
    exitCode: ends ? exitCode : 0,
  };
}

/** The node's kubelet gives no sign of life. */
export function isDown({ annotations = {} }: ObjectMeta): boolean {
  return annotations[DOWN] === 'true';
}
