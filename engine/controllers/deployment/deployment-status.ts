import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '../../objects/generated/apps-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { sameValue } from '../../objects/validation/same-value.ts';
import {
  conditionOf,
  newCondition,
  withCondition,
  withoutCondition,
} from './deployment-conditions.ts';
import { availableOf, replicasOf, sumOf } from './replica-sets.ts';
import { minAvailable } from './sizes.ts';

/** As large as numbers of the API get: for ever. */
const FOREVER = 2 ** 31 - 1;

export interface RolloutFacts {
  readonly deployment: Deployment;
  /** undefined when there is none yet */
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  /** UNIX milliseconds */
  readonly now: number;
}

/** The counts of the ReplicaSets added up, and whether enough is available (`calculateStatus`). */
export function deploymentStatus({
  deployment,
  current,
  old,
  now,
}: RolloutFacts): DeploymentStatus {
  const all = current === undefined ? old : [...old, current];
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const available = sumOf(all, availableOf);
  const terminating = terminatingOf(all);
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sumOf(all, (replicaSet) => replicaSet.status?.replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, (replicaSet) => replicaSet.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions,
  };
  const isEnough = available >= minAvailable(deployment);
  return withCondition(
    status,
    isEnough
      ? newCondition(
          now,
          'Available',
          'True',
          'MinimumReplicasAvailable',
          'Deployment has minimum availability.',
        )
      : newCondition(
          now,
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
        ),
  );
}

/** Unknown as long as one that was worked on does not say. */
function terminatingOf(all: readonly ReplicaSet[]): number | undefined {
  const worked = all.filter(({ status }) => (status?.observedGeneration ?? 0) > 0);
  return worked.some(({ status }) => status?.terminatingReplicas === undefined)
    ? undefined
    : sumOf(all, ({ status }) => status?.terminatingReplicas);
}

/** The status in the course of a rollout: also how it gets on and what it fails of. */
export function rolloutStatus(facts: RolloutFacts): DeploymentStatus {
  const status = withProgress(facts, deploymentStatus(facts));
  const failure = replicaFailure(facts);
  return failure === undefined
    ? withoutCondition(status, 'ReplicaFailure')
    : withCondition(status, failure);
}

function withProgress(facts: RolloutFacts, status: DeploymentStatus): DeploymentStatus {
  const { deployment, current, now } = facts;
  if (progressDeadline(deployment) === undefined) return withoutCondition(status, 'Progressing');
  const known = conditionOf(deployment.status, 'Progressing');
  const isDone =
    status.replicas === status.updatedReplicas && known?.reason === 'NewReplicaSetAvailable';
  if (isDone) return status;
  const what =
    current === undefined
      ? `Deployment ${goQuote(deployment.metadata.name ?? '')}`
      : `ReplicaSet ${goQuote(current.metadata.name ?? '')}`;
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`;
    return withCondition(
      status,
      newCondition(now, 'Progressing', 'True', 'NewReplicaSetAvailable', message),
    );
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const message = `${what} is progressing.`;
    const condition = newCondition(now, 'Progressing', 'True', 'ReplicaSetUpdated', message);
    // Progress counts each time, so the same reason is written again with a new time.
    const { lastTransitionTime } = known?.status === 'True' ? known : condition;
    return withCondition(withoutCondition(status, 'Progressing'), {
      ...condition,
      ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
    });
  }
  if (hasTimedOut(deployment, status, now)) {
    const message = `${what} has timed out progressing.`;
    return withCondition(
      status,
      newCondition(now, 'Progressing', 'False', 'ProgressDeadlineExceeded', message),
    );
  }
  return status;
}

/** Milliseconds within which it has to get on; undefined when it may take for ever. */
export function progressDeadline({ spec }: Deployment): number | undefined {
  const { progressDeadlineSeconds: seconds } = spec;
  return seconds === undefined || seconds === FOREVER ? undefined : seconds * 1000;
}

/** Old ReplicaSets that are kept; undefined: all. */
export function historyLimit({ spec }: Deployment): number | undefined {
  const { revisionHistoryLimit: limit } = spec;
  return limit === FOREVER ? undefined : limit;
}

/** All that is wanted is up to date and available, and nothing else is there. */
export function isComplete(
  deployment: Deployment,
  status: DeploymentStatus | undefined = {},
): boolean {
  const wanted = replicasOf(deployment);
  const {
    updatedReplicas = 0,
    replicas = 0,
    availableReplicas = 0,
    observedGeneration = 0,
  } = status;
  return (
    updatedReplicas === wanted &&
    replicas === wanted &&
    availableReplicas === wanted &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

/** More is up to date, ready or available than before, or less is old. */
function hasProgressed(before: DeploymentStatus, status: DeploymentStatus): boolean {
  const oldOf = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) =>
    replicas - updatedReplicas;
  const grew = (name: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'): boolean =>
    (status[name] ?? 0) > (before[name] ?? 0);
  return (
    oldOf(status) < oldOf(before) ||
    grew('updatedReplicas') ||
    grew('readyReplicas') ||
    grew('availableReplicas')
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = conditionOf(status, 'Progressing');
  const deadline = progressDeadline(deployment);
  if (condition === undefined || deadline === undefined) return false;
  if (condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(condition.lastUpdateTime ?? '') + deadline < now;
}

/**
 * Milliseconds until it is to be looked at again for whether it gets on; 0: soon; undefined: not at all.
 * @param status as it would be written
 */
export function nextProgressCheck(
  deployment: Deployment,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const condition = conditionOf(deployment.status, 'Progressing');
  const deadline = progressDeadline(deployment);
  if (condition === undefined || deadline === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded')
    return undefined;
  const left = Date.parse(condition.lastUpdateTime ?? '') + deadline - now;
  // A second more, so that clocks that are a little off do not make it come too early.
  return left < 1000 ? 0 : left + 1000;
}

/** What the new ReplicaSet fails of, or else one of the old ones. */
function replicaFailure({ current, old }: RolloutFacts): DeploymentCondition | undefined {
  for (const { status } of current === undefined ? old : [current, ...old]) {
    const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (failure === undefined) continue;
    const { lastTransitionTime } = failure;
    return lastTransitionTime === undefined
      ? failure
      : { ...failure, lastUpdateTime: lastTransitionTime };
  }
  return undefined;
}

/** Nothing to write. */
export function isSameStatus(
  before: DeploymentStatus | undefined = {},
  wanted: DeploymentStatus,
): boolean {
  return (
    sameValue(before.conditions, wanted.conditions) &&
    before.terminatingReplicas === wanted.terminatingReplicas &&
    before.collisionCount === wanted.collisionCount &&
    countNames.every((name) => (before[name] ?? 0) === (wanted[name] ?? 0))
  );
}

const countNames = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
] as const;
