import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { isPodEnd } from '../status/phase.ts';

/** When a Pod with `activeDeadlineSeconds` has to end, in UNIX milliseconds; undefined when that is not known. */
export function deadlineOf({ spec }: Pod, { startTime }: PodStatus): number | undefined {
  const { activeDeadlineSeconds: seconds } = spec;
  return seconds === undefined || startTime === undefined
    ? undefined
    : Date.parse(startTime) + seconds * 1000;
}

/** What becomes of a Pod that ran for longer than it was meant to. @param now UNIX milliseconds */
export function deadlineVerdict(
  pod: Pod,
  status: PodStatus,
  now: number,
): Pick<PodStatus, 'phase' | 'reason' | 'message'> | undefined {
  const deadline = deadlineOf(pod, status);
  return deadline === undefined || now < deadline || isPodEnd(status.phase)
    ? undefined
    : {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
}
