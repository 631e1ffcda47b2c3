import { amountOf } from '../../objects/amount-of.ts';
import type {
  Container,
  Node,
  NodeCondition,
  Pod,
} from '../../objects/generated/core-v1.generated.ts';
import { podQosClass, sumOfContainers } from '../../objects/pod-resources.ts';
import { matchesRequiredNodeAffinity } from '../../objects/selectors/node-selector.ts';
import { tolerates, untoleratedTaint } from '../../objects/selectors/tolerations.ts';
import { isStaticPod } from '../status/phase.ts';

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Priority from which Pods are critical for the node (`SystemCriticalPriority`). */
const CRITICAL_PRIORITY = 2_000_000_000;

/**
 * Why a node refuses a Pod that somebody bound to it, with upstream's reasons (lifecycle/predicate.go,
 * the eviction manager's `Admit`); undefined when it takes it.
 * @param others Pods that the node has taken and that have not ended
 */
export function admit(
  pod: Pod,
  node: Node,
  others: readonly Pod[],
  pressures: readonly Pick<NodeCondition, 'type' | 'status'>[],
): Rejection | undefined {
  const { spec } = pod;
  if (spec.os !== undefined && spec.os.name !== 'linux')
    return {
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    };
  const label = pod.metadata.labels?.['kubernetes.io/os'];
  if (label !== undefined && label !== 'linux')
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  return (
    underPressure(pod, pressures) ??
    tooMuch(pod, node, others) ??
    elsewhere(pod, node) ??
    portTaken(pod, others) ??
    driven(pod, node)
  );
}

function underPressure(
  pod: Pod,
  pressures: readonly Pick<NodeCondition, 'type' | 'status'>[],
): Rejection | undefined {
  const present = pressures.filter(({ status }) => status === 'True').map(({ type }) => type);
  const isCritical = isStaticPod(pod) || (pod.spec.priority ?? 0) >= CRITICAL_PRIORITY;
  if (present.length === 0 || isCritical) return undefined;
  if (present.length === 1 && present[0] === 'MemoryPressure') {
    if (podQosClass(pod.spec) !== 'BestEffort') return undefined;
    const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const;
    if (tolerates(pod.spec.tolerations, taint)) return undefined;
  }
  return { reason: 'Evicted', message: `The node had condition: [${present.join(' ')}]. ` };
}

/** Requests that do not fit beside the others'. A resource that the node does not know is no reason. */
function tooMuch(pod: Pod, node: Node, others: readonly Pod[]): Rejection | undefined {
  const allocatable = node.status?.allocatable ?? {};
  const podLimit = Number(allocatable['pods'] ?? 0);
  const insufficient = (
    resource: string,
    requested: number,
    used: number,
    capacity: number,
  ): Rejection => ({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  if (others.length + 1 > podLimit) return insufficient('pods', 1, others.length, podLimit);
  const wanted = requestsOf(pod);
  const used = new Map<string, number>();
  for (const other of others)
    for (const [name, amount] of requestsOf(other)) used.set(name, (used.get(name) ?? 0) + amount);
  for (const [name, amount] of wanted) {
    const text = allocatable[name];
    if (text === undefined || amount === 0) continue;
    const capacity = amountOf(name, text);
    const taken = used.get(name) ?? 0;
    if (taken + amount > capacity) return insufficient(name, amount, taken, capacity);
  }
  return undefined;
}

function requestsOf({ spec }: Pod): ReadonlyMap<string, number> {
  const read = ({ resources }: Pick<Container, 'resources'>) =>
    new Map(
      Object.entries(resources?.requests ?? {}).map(
        ([name, text]) => [name, amountOf(name, text)] as const,
      ),
    );
  const total = sumOfContainers(spec, read, {
    plus: (one, other) => one + other,
    isMore: (one, other) => one > other,
  });
  for (const [name, amount] of read({ resources: spec.resources ?? {} })) total.set(name, amount);
  for (const [name, text] of Object.entries(spec.overhead ?? {}))
    total.set(name, (total.get(name) ?? 0) + amountOf(name, text));
  return total;
}

function failed(predicate: string, why: string): Rejection {
  return { reason: predicate, message: `Predicate ${predicate} failed: ${why}` };
}

function elsewhere(pod: Pod, node: Node): Rejection | undefined {
  if (pod.spec.nodeName !== node.metadata.name)
    return failed('NodeName', "node(s) didn't match the requested node name");
  const { name = '', labels = {} } = node.metadata;
  return matchesRequiredNodeAffinity(pod, { name, labels })
    ? undefined
    : failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
}

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

function hostPortsOf({ spec }: Pod): HostPort[] {
  return (spec.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP = '0.0.0.0', protocol = 'TCP' }) =>
      hostPort === undefined || hostPort === 0 ? [] : [{ ip: hostIP, protocol, port: hostPort }],
    ),
  );
}

function portTaken(pod: Pod, others: readonly Pod[]): Rejection | undefined {
  const taken = others.flatMap(hostPortsOf);
  const isTaken = hostPortsOf(pod).some(({ ip, protocol, port }) =>
    taken.some(
      (other) =>
        other.port === port &&
        other.protocol === protocol &&
        (other.ip === ip || other.ip === '0.0.0.0' || ip === '0.0.0.0'),
    ),
  );
  return isTaken
    ? failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
    : undefined;
}

function driven(pod: Pod, node: Node): Rejection | undefined {
  if (isStaticPod(pod)) return undefined;
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  return untoleratedTaint(taints, pod.spec.tolerations) === undefined
    ? undefined
    : failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
}
