import type { Condition } from './generated/meta-v1.generated.ts';
import type { PodDisruptionBudgetStatus } from './generated/policy-v1.generated.ts';
import { formatTime } from './time.ts';

/** Says whether Pods may be disrupted. */
export const DISRUPTION_ALLOWED = 'DisruptionAllowed';

/** The status with its condition, which goes by `disruptionsAllowed`. @param now UNIX milliseconds */
export function withDisruptionAllowed(
  status: PodDisruptionBudgetStatus,
  now: number,
): PodDisruptionBudgetStatus {
  const isAllowed = (status.disruptionsAllowed ?? 0) > 0;
  return withBudgetCondition(
    status,
    isAllowed ? 'True' : 'False',
    isAllowed ? 'SufficientPods' : 'InsufficientPods',
    '',
    now,
  );
}

/** The status with `DisruptionAllowed` as it is said; its time is that of the last change of `holds`. */
export function withBudgetCondition(
  status: PodDisruptionBudgetStatus,
  holds: 'True' | 'False',
  reason: string,
  message: string,
  now: number,
): PodDisruptionBudgetStatus {
  const { conditions = [], observedGeneration } = status;
  const known = conditions.find(({ type }) => type === DISRUPTION_ALLOWED);
  const condition: Condition = {
    type: DISRUPTION_ALLOWED,
    status: holds,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: known?.status === holds ? known.lastTransitionTime : formatTime(now),
    reason,
    message,
  };
  return {
    ...status,
    conditions:
      known === undefined
        ? [...conditions, condition]
        : conditions.map((each) => (each === known ? condition : each)),
  };
}
