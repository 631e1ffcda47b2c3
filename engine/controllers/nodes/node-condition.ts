import type { NodeCondition, NodeStatus } from '../../objects/generated/core-v1.generated.ts';

export function nodeCondition(
  status: NodeStatus | undefined,
  type: string,
): NodeCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
