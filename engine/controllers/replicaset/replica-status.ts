import { messageOf } from '../../base/message-of.ts';
import type { Stored } from '../../client/resource.ts';
import type {
  ReplicaSetCondition,
  ReplicaSetStatus,
} from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { matchesLabels, selectorFromLabels } from '../../objects/selectors/label-selector.ts';
import { formatTime } from '../../objects/time.ts';
import { sameValue } from '../../objects/validation/same-value.ts';
import { isPodAvailable, isPodReady } from '../pods/pod-state.ts';
import type { ReplicaOwner } from './replica-kinds.ts';

/** What there is and what went wrong while its owner's Pods were created or deleted. */
export interface ReplicaFacts {
  readonly active: readonly Stored<Pod>[];
  /** undefined where the status does not say how many */
  readonly terminating: readonly Stored<Pod>[] | undefined;
  /** what creating or deleting failed with, as `[error]` */
  readonly failed: readonly [unknown] | undefined;
  /** UNIX milliseconds */
  readonly now: number;
}

/** The status an owner of Pods is to have (upstream's `calculateStatus` of ReplicaSets). */
export function replicaStatus(owner: ReplicaOwner, facts: ReplicaFacts): ReplicaSetStatus {
  const { active, terminating, now } = facts;
  const { minReadySeconds = 0, template } = owner.spec ?? {};
  const templateLabels = selectorFromLabels(template?.metadata?.labels ?? {});
  const count = (is: (pod: Stored<Pod>) => boolean): number =>
    active.reduce((sum, pod) => sum + (is(pod) ? 1 : 0), 0);
  return {
    replicas: active.length,
    fullyLabeledReplicas: count(({ metadata }) => matchesLabels(templateLabels, metadata.labels)),
    readyReplicas: count(isPodReady),
    availableReplicas: count((pod) => isPodAvailable(pod, minReadySeconds, now)),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating.length }),
    observedGeneration: owner.metadata.generation ?? 0,
    conditions: conditionsOf(owner, facts),
  };
}

/** A failure is kept as it was first seen until there is none. */
function conditionsOf(
  owner: ReplicaOwner,
  { active, failed, now }: ReplicaFacts,
): readonly ReplicaSetCondition[] {
  const known = owner.status?.conditions ?? [];
  if (failed === undefined) return known.filter(({ type }) => type !== 'ReplicaFailure');
  if (known.some(({ type }) => type === 'ReplicaFailure')) return known;
  const missing = (owner.spec?.replicas ?? 0) - active.length;
  const failure: ReplicaSetCondition = {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: formatTime(now),
    reason: missing > 0 ? 'FailedCreate' : 'FailedDelete',
    message: messageOf(failed[0]),
  };
  return [...known, failure];
}

/** Nothing to write. */
export function isSameStatus({ status }: ReplicaOwner, wanted: ReplicaSetStatus): boolean {
  const { conditions, ...counts } = wanted;
  const before: Partial<ReplicaSetStatus> = status ?? {};
  return (
    sameValue(before.conditions, conditions) &&
    countNames.every((name) => (before[name] ?? 0) === (counts[name] ?? 0)) &&
    before.terminatingReplicas === counts.terminatingReplicas
  );
}

const countNames = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
] as const;
