import type { Node, NodeStatus } from '../objects/generated/core-v1.generated.ts';
import { nthAddress, parseCidr, printIp } from '../objects/ip.ts';
import { formatTime } from '../objects/time.ts';

/** What each hollow node says it has. */
const CAPACITY = { cpu: '32', memory: '128Gi', 'ephemeral-storage': '100Gi', pods: '110' };

/** Keeps Pods away until cloud-controller-manager has found the machine. */
const UNCONFIRMED = {
  key: 'node.cloudprovider.kubernetes.io/uninitialized',
  value: 'true',
  effect: 'NoSchedule',
} as const;

/** `hollow-0007`: names sort as their numbers do. */
export function hollowName(index: number): string {
  return `hollow-${String(index).padStart(4, '0')}`;
}

/** The reverse of `hollowName`; undefined for names of others. */
export function indexOfName(name: string): number | undefined {
  const digits = /^hollow-(\d{4,})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function indexOf({ metadata }: Node): number {
  return indexOfName(metadata.name ?? '') ?? 0;
}

/** The address of the hollow node, of 100.64.0.0/10. */
export function hostIpOf(index: number): string {
  return `100.64.${index >> 8}.${index & 255}`;
}

/** What a node's Pods have addresses from when nobody gave it a range: 10.128.0.0/9 has room for 32,768 nodes. */
function ownCidrOf(index: number): string {
  return `10.${128 + (index >> 8)}.${index & 255}.0/24`;
}

/** The address of the node's so-manieth Pod, without the first and the last of its range. */
export function podIpOn(node: Node, count: number): string {
  const range = parseCidr(node.spec?.podCIDR ?? ownCidrOf(indexOf(node)));
  if (range === undefined) throw new RangeError(`${node.metadata.name} has no range of addresses.`);
  const bits = BigInt(range.network.bytes.length * 8 - range.length);
  const most = (1n << bits) - 2n;
  return printIp(nthAddress(range, (BigInt(count) % (most > 0n ? most : 1n)) + 1n));
}

/** As a kubelet registers itself; it says that it is hollow where others name their runtime. @param inCloud a cloud has to confirm it */
export function nodeObject(index: number, inCloud: boolean): Node {
  const name = hollowName(index);
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'hollow.drydock.dev/node': 'true',
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: inCloud ? { taints: [UNCONFIRMED] } : {},
  };
}

/** @param now UNIX milliseconds */
export function nodeStatus(index: number, now: number): NodeStatus {
  const time = formatTime(now);
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  return {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    addresses: [
      { type: 'InternalIP', address: hostIpOf(index) },
      { type: 'Hostname', address: hollowName(index) },
    ],
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        'False',
        'KubeletHasNoDiskPressure',
        'kubelet has no disk pressure',
      ),
      condition(
        'PIDPressure',
        'False',
        'KubeletHasSufficientPID',
        'kubelet has sufficient PID available',
      ),
      condition('Ready', 'True', 'KubeletReady', 'this node is hollow: its Pods only seem to run'),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: hollowName(index),
      systemUUID: hollowName(index),
      bootID: hollowName(index),
      kernelVersion: 'hollow',
      osImage: 'Hollow node (simulated)',
      containerRuntimeVersion: 'hollow://1.0.0',
      kubeletVersion: 'v1.37.2',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}

/** What a kubelet says last when its machine is shut down. @param now UNIX milliseconds */
export function shutdownStatus(now: number): NodeStatus {
  const time = formatTime(now);
  return {
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: 'node is shutting down',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      },
    ],
  };
}
