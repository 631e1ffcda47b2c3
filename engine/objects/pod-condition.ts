import type { Pod, PodCondition } from './generated/core-v1.generated.ts';
import { formatTime } from './time.ts';

/**
 * A condition as it is to be patched into a Pod's status; undefined when the Pod has it.
 * @param now UNIX milliseconds
 */
export function conditionPatch(
  { metadata, status }: Pod,
  condition: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: number,
): PodCondition | undefined {
  const known = status?.conditions?.find(({ type }) => type === condition.type);
  const isSame =
    known?.status === condition.status &&
    known.reason === condition.reason &&
    known.message === condition.message;
  if (isSame) return undefined;
  const lastTransitionTime =
    known?.status === condition.status ? known.lastTransitionTime : formatTime(now);
  return {
    ...condition,
    ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  };
}
