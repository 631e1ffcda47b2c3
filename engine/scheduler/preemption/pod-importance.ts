import type { Pod } from '../../objects/generated/core-v1.generated.ts';

/** UNIX milliseconds; now for one that has not started. */
export function startOf({ status }: Pod, now: number): number {
  return status?.startTime === undefined ? now : Date.parse(status.startTime);
}

/** The more important first: by priority, then who runs longer. */
export function byImportance(now: number) {
  return (a: Pod, b: Pod): number =>
    (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || startOf(a, now) - startOf(b, now);
}
