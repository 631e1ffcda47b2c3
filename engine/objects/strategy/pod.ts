import type {
  Affinity,
  Pod,
  PodAffinity,
  PodAffinityTerm,
  PodCondition,
  PodSpec,
  PodStatus,
} from '../generated/core-v1.generated.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../generated/meta-v1.generated.ts';
import { podQosClass } from '../pod-resources.ts';
import { appArmorFields } from './app-armor.ts';
import { withoutDisabledFields } from './disabled-fields.ts';
import { kindStrategy, type StrategyContext } from './kind-strategy.ts';
import { podLevelResources } from './pod-level-resources.ts';
import { podWarnings } from './pod-warnings.ts';
import { keepMetadata, keepStatus, nextGeneration, withField, withGeneration } from './steps.ts';

const noSpec: PodSpec = { containers: [] };

function prepareForCreate(given: Pod, { now }: StrategyContext): Pod {
  const { metadata } = given;
  let spec = withoutDisabledFields(given.spec ?? noSpec);
  const labels = metadata.labels ?? {};
  if (spec.affinity) spec = { ...spec, affinity: withLabelKeys(spec.affinity, labels) };
  if (spec.topologySpreadConstraints) {
    const topologySpreadConstraints = spec.topologySpreadConstraints.map((constraint) =>
      withMatchedLabels(constraint, labels),
    );
    spec = { ...spec, topologySpreadConstraints };
  }
  spec = podLevelResources(appArmorFields(spec, metadata.annotations));
  const status: PodStatus = {
    phase: 'Pending',
    ...(spec.schedulingGates?.length ? { conditions: [gated(now)] } : {}),
    qosClass: podQosClass(spec),
  };
  return withGeneration({ ...given, spec, status }, 1);
}

/** In canonical form, which has a null where Go prints one. */
const gated = (now: string) => ({
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null as unknown as string,
  lastTransitionTime: now,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
});

/** Requirements for the Pod's own values of some labels. */
function requirements(
  keys: readonly string[] = [],
  operator: 'In' | 'NotIn',
  labels: Readonly<Record<string, string>>,
): LabelSelectorRequirement[] {
  return keys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}

function withMatchedLabels<
  T extends {
    readonly labelSelector?: LabelSelector;
    readonly matchLabelKeys?: readonly string[];
    readonly mismatchLabelKeys?: readonly string[];
  },
>(term: T, labels: Readonly<Record<string, string>>): T {
  const { labelSelector } = term;
  const added = [
    ...requirements(term.matchLabelKeys, 'In', labels),
    ...requirements(term.mismatchLabelKeys, 'NotIn', labels),
  ];
  if (!labelSelector || added.length === 0) return term;
  const matchExpressions = [...(labelSelector.matchExpressions ?? []), ...added];
  return { ...term, labelSelector: { ...labelSelector, matchExpressions } };
}

function withLabelKeys(affinity: Affinity, labels: Readonly<Record<string, string>>): Affinity {
  const term = (value: PodAffinityTerm) => withMatchedLabels(value, labels);
  const terms = (value: PodAffinity): PodAffinity => {
    const required = value.requiredDuringSchedulingIgnoredDuringExecution?.map(term);
    const preferred = value.preferredDuringSchedulingIgnoredDuringExecution?.map((weighted) => ({
      ...weighted,
      podAffinityTerm: term(weighted.podAffinityTerm),
    }));
    return {
      ...(required ? { requiredDuringSchedulingIgnoredDuringExecution: required } : {}),
      ...(preferred ? { preferredDuringSchedulingIgnoredDuringExecution: preferred } : {}),
    };
  };
  const { podAffinity, podAntiAffinity } = affinity;
  return {
    ...affinity,
    ...(podAffinity ? { podAffinity: terms(podAffinity) } : {}),
    ...(podAntiAffinity ? { podAntiAffinity: terms(podAntiAffinity) } : {}),
  };
}

/** Pod-level resources that a client leaves out are kept: they were filled in here. */
function keepPodResources(pod: Pod, old: Pod): Pod {
  if (pod.spec?.resources || !old.spec?.resources) return pod;
  return { ...pod, spec: { ...(pod.spec ?? noSpec), resources: old.spec.resources } };
}

function prepared(pod: Pod, old: Pod): Pod {
  const spec = withoutDisabledFields(pod.spec ?? noSpec);
  return nextGeneration({ ...pod, spec }, old);
}

const claimStatuses = [
  'resourceClaimStatuses',
  'extendedResourceClaimStatus',
  'nodeAllocatableResourceClaimStatuses',
] as const;

/** Of the feature gates CSIVolumeHealth and DRANodeAllocatableResources, which are off by default. */
const disabledStatuses = ['volumeHealth', 'nodeAllocatableResourceClaimStatuses'] as const;

function prepareStatus(given: Pod, old: Pod): Pod {
  const { status: before = {} } = old;
  let status: PodStatus = given.status ?? {};
  if (!status.qosClass) status = withField(status, 'qosClass', before.qosClass);
  for (const field of claimStatuses) {
    if (!status[field]) status = withField(status, field, before[field]);
  }
  if (!status.observedGeneration) {
    status = withField(status, 'observedGeneration', before.observedGeneration);
  }
  for (const field of disabledStatuses) {
    if (!before[field]?.length) status = withField(status, field, undefined);
  }
  if (status.conditions) {
    status = { ...status, conditions: observed(status.conditions, before.conditions ?? []) };
  }
  let metadata = withField(given.metadata ?? {}, 'deletionTimestamp', undefined);
  metadata = withField(metadata, 'ownerReferences', old.metadata?.ownerReferences);
  return { ...given, metadata, spec: old.spec ?? noSpec, status };
}

/** Conditions keep the generation they were said about unless they say another. */
function observed(
  conditions: readonly PodCondition[],
  old: readonly PodCondition[],
): PodCondition[] {
  return conditions.map((condition) => {
    if (condition.observedGeneration) return condition;
    const before = old.find(({ type }) => type === condition.type)?.observedGeneration;
    return withField(condition, 'observedGeneration', before);
  });
}

function prepareEphemeralContainers(given: Pod, old: Pod): Pod {
  const { ephemeralContainers } = given.spec ?? noSpec;
  const spec = withField(old.spec ?? noSpec, 'ephemeralContainers', ephemeralContainers);
  return prepared(keepMetadata(keepStatus({ ...given, spec }, old), old), old);
}

function prepareResize(given: Pod, old: Pod): Pod {
  const resized = onlyResized(given, old);
  const kept = keepPodResources(resized, old);
  const spec = kept.spec?.resources ? podLevelResources(kept.spec) : (kept.spec ?? noSpec);
  return prepared({ ...kept, spec }, old);
}

/** Nothing but resources of containers that are the same; otherwise validation has to refuse it. */
function onlyResized(given: Pod, old: Pod): Pod {
  const { spec } = given;
  const { spec: oldSpec } = old;
  const lists = ['containers', 'initContainers'] as const;
  if (lists.some((list) => spec[list]?.length !== oldSpec[list]?.length)) return given;
  let kept = withField(oldSpec, 'resources', spec.resources);
  for (const list of lists) {
    const containers = spec[list];
    const before = oldSpec[list];
    if (!containers || !before) continue;
    const isSameOrder = containers.every(({ name }, index) => before[index]?.name === name);
    const resized = before.map((container, index) => {
      const { resources, resizePolicy } = containers[index] ?? {};
      return withField(withField(container, 'resources', resources), 'resizePolicy', resizePolicy);
    });
    kept = { ...kept, [list]: isSameOrder ? resized : containers };
  }
  return keepMetadata(keepStatus({ ...given, spec: kept }, old), old);
}

export const pod = kindStrategy<Pod>({
  prepareForCreate,
  prepareForUpdate: (given, old) => prepared(keepPodResources(keepStatus(given, old), old), old),
  subresources: {
    status: prepareStatus,
    ephemeralcontainers: prepareEphemeralContainers,
    resize: prepareResize,
  },
  warnings: (object, old) => (old ? [] : podWarnings(object)),
});
