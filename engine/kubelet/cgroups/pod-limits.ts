/** Limits of a Pod's cgroup (k8s.io/kubernetes pkg/kubelet/cm `ResourceConfigForPod`). */
import { amountOf } from '../../objects/amount-of.ts';
import type { Pod, ResourceRequirements } from '../../objects/generated/core-v1.generated.ts';
import { podQosClass, sumOfContainers } from '../../objects/pod-resources.ts';
import { LEAST_SHARES, quotaOf, sharesOf } from './cpu-shares.ts';

export interface PodLimits {
  readonly cpuShares: number;
  /** microseconds in each period; 0 for no limit */
  readonly cpuQuota: number;
  /** bytes; 0 for no limit */
  readonly memory: number;
}

type Resource = 'cpu' | 'memory';
type Kind = 'requests' | 'limits';

/**
 * What the Pod's containers together may use. A limit holds for the Pod only when every container has one, or
 * the Pod itself.
 * @param cpuPeriod microseconds
 */
export function podLimits(pod: Pod, cpuPeriod: number): PodLimits {
  const quality = podQosClass(pod.spec);
  if (quality === 'BestEffort') return { cpuShares: LEAST_SHARES, cpuQuota: 0, memory: 0 };
  const isLimited = (resource: Resource): boolean =>
    quality === 'Guaranteed' || isDeclared(pod, resource);
  return {
    cpuShares: sharesOf(podAmount(pod, 'requests', 'cpu')),
    cpuQuota: isLimited('cpu') ? quotaOf(podAmount(pod, 'limits', 'cpu'), cpuPeriod) : 0,
    memory: isLimited('memory') ? podAmount(pod, 'limits', 'memory') : 0,
  };
}

/** Thousandths of a core, or bytes; what the Pod asks for as a whole counts before what its containers do. */
export function podAmount(pod: Pod, kind: Kind, resource: Resource): number {
  const { spec } = pod;
  const ofPod = amount(spec.resources, kind, resource);
  const overhead = amountOf(resource, spec.overhead?.[resource] ?? '0');
  const total =
    ofPod > 0
      ? ofPod
      : (sumOfContainers(
          spec,
          ({ resources }) => new Map([[resource, amount(resources, kind, resource)]]),
          { plus: (one, other) => one + other, isMore: (one, other) => one > other },
        ).get(resource) ?? 0);
  // Overhead adds to limits only where there are some.
  return kind === 'limits' && total === 0 ? 0 : total + overhead;
}

function isDeclared({ spec }: Pod, resource: Resource): boolean {
  return (
    amount(spec.resources, 'limits', resource) > 0 ||
    [...spec.containers, ...(spec.initContainers ?? [])].every(
      ({ resources }) => amount(resources, 'limits', resource) > 0,
    )
  );
}

function amount(
  resources: ResourceRequirements | undefined,
  kind: Kind,
  resource: Resource,
): number {
  return amountOf(resource, resources?.[kind]?.[resource] ?? '0');
}
