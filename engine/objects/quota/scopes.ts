/** Which Pods a ResourceQuota with scopes is about. */
import type {
  Pod,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../generated/core-v1.generated.ts';
import { podQosClass } from '../pod-resources.ts';

function isTerminating({ spec }: Pod): boolean {
  return spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    ({ namespaces = [], namespaceSelector }) =>
      namespaces.length > 0 || namespaceSelector !== undefined,
  );
}

function hasPriorityClass(
  { spec }: Pod,
  { operator, values = [] }: ScopedResourceSelectorRequirement,
): boolean {
  const name = spec.priorityClassName ?? '';
  switch (operator) {
    case 'Exists':
      return name !== '';
    case 'DoesNotExist':
      return name === '';
    case 'In':
      return name !== '' && values.includes(name);
    case 'NotIn':
      return !values.includes(name);
    default:
      return false;
  }
}

function inScope(pod: Pod, requirement: ScopedResourceSelectorRequirement): boolean {
  switch (requirement.scopeName as string) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return podQosClass(pod.spec) === 'BestEffort';
    case 'NotBestEffort':
      return podQosClass(pod.spec) !== 'BestEffort';
    case 'PriorityClass':
      return hasPriorityClass(pod, requirement);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

/** Scopes and scope selectors of a quota as requirements. */
function requirementsOf({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  return [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
}

/** Whether a quota counts a Pod; one without scopes counts all. */
export function quotaMatchesPod(quota: ResourceQuota, pod: Pod): boolean {
  return requirementsOf(quota).every((requirement) => inScope(pod, requirement));
}

/** A quota with scopes is about Pods alone. */
export function hasScopes(quota: ResourceQuota): boolean {
  return requirementsOf(quota).length > 0;
}

/** Whether a change of a Pod moves it from one quota's scope to another's. */
export function changesScope(pod: Pod, old: Pod): boolean {
  return isTerminating(pod) !== isTerminating(old);
}
