import { formatTime } from '../../objects/time.ts';
import type {
  DeploymentCondition,
  DeploymentStatus,
} from '../../objects/generated/apps-v1.generated.ts';

type ConditionType = 'Available' | 'Progressing' | 'ReplicaFailure';

/** @param now UNIX milliseconds */
export function newCondition(
  now: number,
  type: ConditionType,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

export function conditionOf(
  status: DeploymentStatus | undefined,
  type: ConditionType,
): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Sets it, unless one of the same status and reason is there. The transition is as old as its status. */
export function withCondition(
  status: DeploymentStatus,
  condition: DeploymentCondition,
): DeploymentStatus {
  const { conditions = [] } = status;
  const known = conditions.find(({ type }) => type === condition.type);
  const isSame = known?.status === condition.status;
  if (isSame && known?.reason === condition.reason) return status;
  const { lastTransitionTime } = (isSame ? known : undefined) ?? condition;
  const others = conditions.filter(({ type }) => type !== condition.type);
  const next = lastTransitionTime === undefined ? condition : { ...condition, lastTransitionTime };
  return { ...status, conditions: [...others, next] };
}

export function withoutCondition(status: DeploymentStatus, type: ConditionType): DeploymentStatus {
  const { conditions = [] } = status;
  return { ...status, conditions: conditions.filter((condition) => condition.type !== type) };
}
