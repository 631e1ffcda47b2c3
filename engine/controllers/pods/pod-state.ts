import type { Pod, PodCondition } from '../../objects/generated/core-v1.generated.ts';

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** UNIX milliseconds since which it is ready; undefined when it is not, or that is not known. */
export function podReadySince(pod: Pod): number | undefined {
  const ready = podCondition(pod, 'Ready');
  return ready?.status === 'True' && ready.lastTransitionTime !== undefined
    ? Date.parse(ready.lastTransitionTime)
    : undefined;
}

/** Ready for long enough. @param now UNIX milliseconds */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const since = podReadySince(pod);
  return since !== undefined && since + minReadySeconds * 1000 <= now;
}

/**
 * Milliseconds from `now` until the first of those that are only ready becomes available; undefined when
 * none will by time alone. What became so since `evaluated`, when they were last judged, counts as 0.
 */
export function nextAvailability(
  pods: readonly Pod[],
  minReadySeconds: number,
  evaluated: number,
  now: number,
): number | undefined {
  if (minReadySeconds <= 0) return undefined;
  const waiting = pods
    .map((pod) => podReadySince(pod))
    .filter((since) => since !== undefined)
    .map((since) => since + minReadySeconds * 1000)
    .filter((at) => at > evaluated);
  return waiting.length === 0 ? undefined : Math.max(0, Math.min(...waiting) - now);
}

/** All its containers have ended for good. */
export function isPodTerminal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Neither ended nor asked to. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Asked to end, and has not yet. */
export function isPodTerminating(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;
}
