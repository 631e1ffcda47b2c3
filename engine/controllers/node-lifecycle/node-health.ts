import type { Lease } from '../../objects/generated/coordination-v1.generated.ts';
import type { Node, NodeCondition, NodeStatus } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { nodeCondition } from '../nodes/node-condition.ts';

/** What was seen of a node, and when by the controller's own clock: clocks of nodes may be wrong. */
export interface NodeHealth {
  readonly status: NodeStatus;
  readonly lease: Lease | undefined;
  /** UNIX milliseconds of the last sign of life */
  readonly aliveAt: number;
}

/** A status with another heartbeat, or a lease that was renewed, is a sign of life. */
export function observeHealth(
  known: NodeHealth | undefined,
  { metadata, status = {} }: Node,
  lease: Lease | undefined,
  now: number,
): NodeHealth {
  const ready = nodeCondition(status, 'Ready');
  const before = nodeCondition(known?.status, 'Ready');
  let health: NodeHealth;
  if (ready === undefined) {
    // Its kubelet never said anything: it has time since the node was made.
    const created = Date.parse(metadata.creationTimestamp ?? '');
    health = known === undefined ? { status, lease: undefined, aliveAt: created } : { ...known };
    health = { ...health, status };
  } else if (known === undefined || before === undefined)
    health = { status, lease: undefined, aliveAt: now };
  else if (before.lastHeartbeatTime !== ready.lastHeartbeatTime)
    health = { status, lease: undefined, aliveAt: now };
  else health = known;
  const renewed = lease?.spec?.renewTime ?? '';
  return lease !== undefined && (known?.lease?.spec?.renewTime ?? '') < renewed
    ? { ...health, lease, aliveAt: now }
    : health;
}

/** What only the kubelet knows. `NetworkUnavailable` is said by others. */
const SAID_BY_KUBELETS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node whose kubelet has been silent for too long: nobody knows. */
export function silentConditions({ metadata, status }: Node, now: number): NodeCondition[] {
  const lastTransitionTime = formatTime(now);
  const known = status?.conditions ?? [];
  const changed = known.map((condition): NodeCondition => {
    const isKnown = SAID_BY_KUBELETS.includes(condition.type) && condition.status !== 'Unknown';
    return isKnown
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime,
        }
      : condition;
  });
  const added = SAID_BY_KUBELETS.filter((type) => !known.some((other) => other.type === type)).map(
    (type): NodeCondition => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      ...(metadata.creationTimestamp === undefined
        ? {}
        : { lastHeartbeatTime: metadata.creationTimestamp }),
      lastTransitionTime,
    }),
  );
  return [...changed, ...added];
}
