import type { Taint, Toleration } from '../../objects/generated/core-v1.generated.ts';
import { tolerates } from '../../objects/selectors/tolerations.ts';

/**
 * Milliseconds a Pod with these tolerations may stay on a node with these taints: the shortest time of
 * the tolerations that answer its taints, 0 when one has no answer, Infinity when none has an end.
 */
export function toleratedTime(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] = [],
): number {
  let least = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const used = tolerations.find((toleration) => tolerates([toleration], taint));
    if (used === undefined) return 0;
    const { tolerationSeconds } = used;
    if (tolerationSeconds !== undefined) least = Math.min(least, Math.max(0, tolerationSeconds));
  }
  return least * 1000;
}
