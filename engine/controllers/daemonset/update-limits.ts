import type { DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import { scaledAmount } from '../../objects/int-or-percent.ts';

/** How far a rolling update may go at once. */
export interface UpdateLimits {
  /** new daemons beside old ones */
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** @param nodes how many are to have a daemon */
export function updateLimits({ spec }: DaemonSet, nodes: number): UpdateLimits {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  const said = type === 'RollingUpdate' ? rollingUpdate : undefined;
  const maxSurge = scaledAmount(said?.maxSurge ?? 0, nodes, 'up');
  const maxUnavailable = scaledAmount(said?.maxUnavailable ?? 0, nodes, 'up');
  // Nothing would ever move.
  if (nodes > 0 && maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable };
}

export function allowsSurge(set: DaemonSet): boolean {
  return updateLimits(set, 1).maxSurge > 0;
}
