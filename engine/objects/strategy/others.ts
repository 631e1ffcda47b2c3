import type { HorizontalPodAutoscaler } from '../generated/autoscaling-v2.generated.ts';
import type { EndpointSlice } from '../generated/discovery-v1.generated.ts';
import type { Lease } from '../generated/coordination-v1.generated.ts';
import type { LabelSelector } from '../generated/meta-v1.generated.ts';
import type { RuntimeClass } from '../generated/node-v1.generated.ts';
import type { PodDisruptionBudget } from '../generated/policy-v1.generated.ts';
import type { PriorityClass } from '../generated/scheduling-v1.generated.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../generated/storage-v1.generated.ts';
import { isDns1123Subdomain } from '../names.ts';
import { sameValue } from '../validation/same-value.ts';
import { kindStrategy } from './kind-strategy.ts';
import {
  keepMetadata,
  keepSpec,
  keepStatus,
  nextGeneration,
  withField,
  withGeneration,
  withStatus,
} from './steps.ts';
import { deprecatedNodeLabels, ipWarnings } from './warnings.ts';

/** Kinds of the smaller groups. */

/** The list that was never set is null. */
const noAutoscalerStatus = { currentMetrics: null, desiredReplicas: 0 } as unknown as NonNullable<
  HorizontalPodAutoscaler['status']
>;

export const horizontalPodAutoscaler = kindStrategy<HorizontalPodAutoscaler>({
  prepareForCreate: (object) => withGeneration(withStatus(object, noAutoscalerStatus), 1),
  prepareForUpdate: (object, old) => nextGeneration(keepStatus(object, old), old),
  subresources: { status: keepSpec },
});

const emptyBudgetStatus = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
};

const oldBudgetLabel = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';

/** A requirement that stood for "nothing" in a version that is gone means nothing beside others. */
function withoutOldRequirement(selector: LabelSelector | undefined): LabelSelector | undefined {
  const { matchLabels, matchExpressions = [] } = selector ?? {};
  const kept = matchExpressions.filter(({ key }) => key !== oldBudgetLabel);
  const isAlone =
    matchExpressions.length === 1 &&
    matchExpressions[0]?.operator === 'Exists' &&
    Object.keys(matchLabels ?? {}).length === 0;
  if (!selector || isAlone || kept.length === matchExpressions.length) return selector;
  return withField(selector, 'matchExpressions', kept.length > 0 ? kept : undefined);
}

function withBudgetSelector(object: PodDisruptionBudget): PodDisruptionBudget {
  const { spec } = object;
  const selector = withoutOldRequirement(spec.selector);
  return { ...object, spec: withField(spec, 'selector', selector) };
}

export const podDisruptionBudget = kindStrategy<PodDisruptionBudget>({
  prepareForCreate: (object) =>
    withBudgetSelector(withGeneration(withStatus(object, emptyBudgetStatus), 1)),
  prepareForUpdate: (object, old) => {
    const next = nextGeneration(keepStatus(object, old), old);
    return sameValue(object.spec?.selector, old.spec?.selector) ? next : withBudgetSelector(next);
  },
  subresources: { status: keepSpec },
});

export const priorityClass = kindStrategy<PriorityClass>({
  prepareForCreate: (object) => withGeneration(object, 1),
});

/** Leases that are led by several components together are off by default. */
function withoutCoordination(lease: Lease, old?: Lease): Lease {
  let { spec } = lease;
  for (const field of ['strategy', 'preferredHolder'] as const) {
    if (old?.spec?.[field] === undefined) spec = withField(spec, field, undefined);
  }
  return spec === lease.spec || lease.spec === undefined ? lease : { ...lease, spec };
}

export const lease = kindStrategy<Lease>({
  prepareForCreate: (object) => withoutCoordination(object),
  prepareForUpdate: withoutCoordination,
});

export const runtimeClass = kindStrategy<RuntimeClass>({
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
      const message = deprecatedNodeLabels[key];
      return message ? [`scheduling.nodeSelector: ${message}`] : [];
    }),
});

/** The old way to say a node, which v1 takes out. */
const hostname = 'kubernetes.io/hostname';

function withoutTopology(object: EndpointSlice, old?: EndpointSlice): EndpointSlice {
  if (!object.endpoints || sameValue(old?.endpoints, object.endpoints)) return object;
  const before = new Set(
    old?.endpoints?.flatMap(({ deprecatedTopology }) => deprecatedTopology?.[hostname] ?? []),
  );
  const endpoints = object.endpoints.map(({ deprecatedTopology, ...endpoint }) => {
    const node = deprecatedTopology?.[hostname];
    const isKnown = node !== undefined && before.has(node) && isDns1123Subdomain(node).length === 0;
    return isKnown && endpoint.nodeName === undefined ? { ...endpoint, nodeName: node } : endpoint;
  });
  return withField(object, 'endpoints', endpoints);
}

const ownControllers = [
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
];

export const endpointSlice = kindStrategy<EndpointSlice>({
  prepareForCreate: (object) => withoutTopology(withGeneration(object, 1)),
  prepareForUpdate: (object, old) => {
    const content = ({ metadata, ...others }: EndpointSlice) => [metadata.labels, others];
    const isSame = sameValue(content(object), content(old));
    return withoutTopology(nextGeneration(object, old, isSame), old);
  },
  warnings: ({ metadata, addressType, endpoints }, old) => [
    ...(addressType === 'FQDN' && !old ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...(ownControllers.includes(metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')
      ? []
      : (endpoints ?? []).flatMap(({ addresses }, index) =>
          (addresses ?? []).flatMap((address, position) =>
            ipWarnings(address, `endpoints[${index}].addresses[${position}]`),
          ),
        )),
  ],
});

export const storageClass = kindStrategy<StorageClass>({
  warnings: ({ allowedTopologies }) =>
    (allowedTopologies ?? []).flatMap(({ matchLabelExpressions }, index) =>
      (matchLabelExpressions ?? []).flatMap(({ key }, position) => {
        const message = deprecatedNodeLabels[key];
        const path = `allowedTopologies[${index}].matchLabelExpressions[${position}].key`;
        return message ? [`${path}: ${message}`] : [];
      }),
    ),
});

const tokensInSecrets =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

export const csiDriver = kindStrategy<CSIDriver>({
  prepareForUpdate: (object, old) => nextGeneration(object, old),
  warnings: ({ spec }, old) =>
    spec.tokenRequests?.length &&
    spec.serviceAccountTokenInSecrets === undefined &&
    !sameValue(spec.tokenRequests, old?.spec.tokenRequests)
      ? [tokensInSecrets]
      : [],
});

export const csiNode = kindStrategy<CSINode>({
  prepareForCreate: (object) => withStatus(object, {}),
  prepareForUpdate: (object, old) => keepStatus(object, old),
  subresources: {
    // All there is of it belongs to the feature gate CSIVolumeHealth, which is off by default.
    status: (object, old) => withStatus(keepSpec(keepMetadata(object, old), old), {}),
  },
});

export const csiStorageCapacity = kindStrategy<CSIStorageCapacity>({
  warnings: ({ nodeTopology }) => [
    ...(nodeTopology?.matchExpressions ?? []).flatMap(({ key }, index) => {
      const message = deprecatedNodeLabels[key];
      const path = `nodeTopology.matchExpressions[${index}].key`;
      return message ? [`${path}: ${key} is ${message}`] : [];
    }),
    ...Object.keys(nodeTopology?.matchLabels ?? {}).flatMap((key) => {
      const message = deprecatedNodeLabels[key];
      return message ? [`nodeTopology.matchLabels.${key}: ${message}`] : [];
    }),
  ],
});

export const volumeAttachment = kindStrategy<VolumeAttachment>({
  prepareForCreate: (object) => withStatus(object, { attached: false }),
  prepareForUpdate: keepStatus,
  subresources: { status: (object, old) => keepMetadata(keepSpec(object, old), old) },
});
