import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from '../../objects/generated/batch-v1.generated.ts';
import type { ContainerStatus, Pod } from '../../objects/generated/core-v1.generated.ts';
import { Indexes } from './indexes.ts';

/** What a Job's `podFailurePolicy` says of a failed Pod. */
export interface FailureVerdict {
  /** of the first rule that matches */
  readonly action?: PodFailurePolicyRule['action'];
  /** the failure counts against backoff limits */
  readonly counts: boolean;
  /** why the whole Job fails */
  readonly jobFailure?: string;
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy */
export function judgeFailure({ podFailurePolicy }: JobSpec, pod: Pod): FailureVerdict {
  for (const [index, rule] of (podFailurePolicy?.rules ?? []).entries()) {
    const because = matchOf(rule, pod);
    if (because === undefined) continue;
    const { action } = rule;
    if (action !== 'FailJob') return { action, counts: action !== 'Ignore' };
    return {
      action,
      counts: true,
      jobFailure: `${because} matching ${action} rule at index ${index}`,
    };
  }
  return { counts: true };
}

function matchOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod) {
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`;
  if (onExitCodes !== undefined) {
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    const failed = [...containerStatuses, ...initContainerStatuses].find((status) =>
      exitMatches(status, onExitCodes),
    );
    const exitCode = failed?.state?.terminated?.exitCode;
    return failed === undefined
      ? undefined
      : `Container ${failed.name} for pod ${name} failed with exit code ${exitCode}`;
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && pattern.status === status),
  );
  return condition === undefined ? undefined : `Pod ${name} has condition ${condition.type}`;
}

function exitMatches(
  { name, state }: ContainerStatus,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): boolean {
  const exitCode = state?.terminated?.exitCode;
  if (exitCode === undefined || exitCode === 0) return false;
  if (containerName !== undefined && containerName !== name) return false;
  return values.includes(exitCode) === (operator === 'In');
}

/**
 * Which rule of its `successPolicy` lets an Indexed Job succeed, in words; undefined when none does.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
 */
export function successByPolicy(
  { successPolicy, completions = 0 }: JobSpec,
  succeeded: Indexes,
): string | undefined {
  if (succeeded.size === 0) return undefined;
  const index = successPolicy?.rules.findIndex(
    ({ succeededIndexes, succeededCount = Infinity }) => {
      if (succeededIndexes === undefined) return succeeded.size >= succeededCount;
      const required = Indexes.parse(succeededIndexes, completions);
      if (required.size === 0) return false;
      const found = required.overlap(succeeded);
      return found === required.size || found >= succeededCount;
    },
  );
  return index === undefined || index < 0 ? undefined : `Matched rules at index ${index}`;
}
