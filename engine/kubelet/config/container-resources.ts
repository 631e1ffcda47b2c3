import { amountOf } from '../../objects/amount-of.ts';
import type {
  Container,
  Pod,
  ResourceRequirements,
} from '../../objects/generated/core-v1.generated.ts';
import { isSidecar, podQosClass } from '../../objects/pod-resources.ts';
import type { LinuxContainerResources } from '../../runtime/cri/types.ts';
import { podAmount } from '../cgroups/pod-limits.ts';
import { quotaOf, sharesOf } from '../cgroups/cpu-shares.ts';

/** How ready the kernel is to kill a process when memory runs out (-1000 to 1000). */
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;

export interface ResourceFacts {
  /** bytes of the machine */
  readonly memoryCapacity: number;
  readonly cpuCfsQuota: boolean;
  /** microseconds */
  readonly cpuCfsQuotaPeriod: number;
}

/**
 * A container's requests and limits as the runtime takes them. A limit that only the Pod has is the
 * container's too (kuberuntime_container_linux.go).
 */
export function containerResources(
  pod: Pod,
  container: Container,
  { memoryCapacity, cpuCfsQuota, cpuCfsQuotaPeriod }: ResourceFacts,
): LinuxContainerResources {
  const limitOf = (resource: 'cpu' | 'memory'): number =>
    read(container.resources, 'limits', resource) || read(pod.spec.resources, 'limits', resource);
  const cpuLimit = limitOf('cpu');
  const memoryLimit = limitOf('memory');
  const hasRequest = container.resources?.requests?.['cpu'] !== undefined;
  return {
    cpuShares: sharesOf(hasRequest ? read(container.resources, 'requests', 'cpu') : cpuLimit),
    ...(cpuCfsQuota
      ? { cpuPeriod: cpuCfsQuotaPeriod, cpuQuota: quotaOf(cpuLimit, cpuCfsQuotaPeriod) }
      : {}),
    ...(memoryLimit === 0 ? {} : { memoryLimitInBytes: memoryLimit }),
    oomScoreAdj: oomScoreAdjust(pod, container, memoryCapacity),
    // All of a container is killed when its memory runs out, not a process of it.
    unified: { 'memory.oom.group': '1' },
  };
}

function read(
  resources: ResourceRequirements | undefined,
  kind: 'requests' | 'limits',
  resource: 'cpu' | 'memory',
): number {
  return amountOf(resource, resources?.[kind]?.[resource] ?? '0');
}

/** Containers that use more than they asked for go first (k8s.io/kubernetes pkg/kubelet/qos). @param capacity bytes */
export function oomScoreAdjust(pod: Pod, container: Container, capacity: number): number {
  if (pod.spec.priorityClassName === 'system-node-critical') return GUARANTEED_OOM_SCORE;
  const quality = podQosClass(pod.spec);
  if (quality === 'Guaranteed') return GUARANTEED_OOM_SCORE;
  if (quality === 'BestEffort') return BEST_EFFORT_OOM_SCORE;
  const share = unassignedShare(pod);
  const scoreOf = (bytes: number): number => 1000 - Math.trunc((1000 * (bytes + share)) / capacity);
  const { containers, initContainers = [] } = pod.spec;
  let score = scoreOf(memoryRequest(container));
  if (isSidecar(container) && initContainers.some(({ name }) => name === container.name))
    score = Math.min(score, scoreOf(Math.min(...containers.map(memoryRequest))));
  const least = 1000 + GUARANTEED_OOM_SCORE;
  return Math.max(Math.min(score, BEST_EFFORT_OOM_SCORE - 1), least);
}

const memoryRequest = ({ resources }: Container): number => read(resources, 'requests', 'memory');

/** Of what a Pod asks for as a whole beyond its containers, each gets the same. */
function unassignedShare(pod: Pod): number {
  const { spec } = pod;
  const { containers, initContainers = [] } = spec;
  const ofPod = read(spec.resources, 'requests', 'memory');
  if (ofPod === 0) return 0;
  const { resources: _resources, overhead: _overhead, ...withoutPod } = spec;
  const assigned = podAmount({ ...pod, spec: withoutPod }, 'requests', 'memory');
  return Math.trunc(Math.max(ofPod - assigned, 0) / (containers.length + initContainers.length));
}
