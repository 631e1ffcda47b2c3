import type {
  ContainerImage,
  Node,
  NodeCondition,
  NodeStatus,
} from '../../objects/generated/core-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import { formatTime } from '../../objects/time.ts';
import type { CriImage, CriVersion } from '../../runtime/cri/types.ts';
import type { KubeletConfiguration } from '../configuration.ts';
import type { NodeFacts } from './node-facts.ts';

/** The version of everything here that is of Kubernetes. */
const KUBELET_VERSION = 'v1.37.2';
/** As Go calls the processor that v86 is. */
const ARCHITECTURE = '386';
/** Images that a node's status names at most (`nodeStatusMaxImages`), and names of each. */
const MOST_IMAGES = 50;
const MOST_NAMES = 5;
const KUBELET_PORT = 10_250;

/** What a kubelet registers its node as (upstream's `initialNode`), without the status. */
export function nodeObject(nodeName: string, configuration: KubeletConfiguration): Node {
  const { registerWithTaints, externalCloudProvider, providerId, nodeLabels } = configuration;
  const taints = [
    ...registerWithTaints,
    ...(externalCloudProvider
      ? [
          {
            key: 'node.cloudprovider.kubernetes.io/uninitialized',
            value: 'true',
            effect: 'NoSchedule' as const,
          },
        ]
      : []),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: { ...systemLabels(nodeName), ...nodeLabels },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      ...(providerId === '' ? {} : { providerID: providerId }),
      ...(taints.length === 0 ? {} : { taints }),
    },
  };
}

/** Labels that a kubelet keeps as they are. */
export function systemLabels(nodeName: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': ARCHITECTURE,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': ARCHITECTURE,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  };
}

export interface NodeStatusSources {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly facts: NodeFacts;
  readonly configuration: KubeletConfiguration;
  readonly runtime: CriVersion;
  readonly images: readonly CriImage[];
  /** why it is not ready; it is when there are none */
  readonly problems: readonly string[];
  readonly pressures: readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[];
  /** as the API has it */
  readonly known: NodeStatus;
  /** UNIX milliseconds */
  readonly now: number;
}

/** Pure (upstream's nodestatus/setters.go). */
export function nodeStatus(sources: NodeStatusSources): NodeStatus {
  const { nodeName, nodeIps, facts, configuration, runtime, images } = sources;
  const capacity = capacityOf(facts, configuration);
  return {
    addresses: [
      ...nodeIps.map((address) => ({ type: 'InternalIP' as const, address })),
      { type: 'Hostname', address: nodeName },
    ],
    capacity,
    allocatable: allocatableOf(capacity, facts, configuration),
    conditions: conditionsOf(sources),
    daemonEndpoints: { kubeletEndpoint: { Port: KUBELET_PORT } },
    // The API server hands streams on as they are to kubelets that say this.
    declaredFeatures: ['ExtendWebSocketsToKubelet'],
    features: { supplementalGroupsPolicy: false },
    images: imagesOf(images),
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.machineId,
      bootID: facts.bootId,
      kernelVersion: facts.kernel,
      osImage: facts.osImage,
      containerRuntimeVersion: `${runtime.runtimeName}://${runtime.runtimeVersion}`,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: ARCHITECTURE,
    },
  };
}

function capacityOf(facts: NodeFacts, { maxPods }: KubeletConfiguration): Record<string, string> {
  return {
    cpu: String(facts.cores),
    'ephemeral-storage': inKibibytes(facts.disk),
    memory: inKibibytes(facts.memory),
    pods: String(maxPods),
  };
}

function inKibibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}

/** What is left for Pods: without what is reserved and what is kept free by eviction. */
function allocatableOf(
  capacity: Readonly<Record<string, string>>,
  facts: NodeFacts,
  { systemReserved, kubeReserved, evictionHard }: KubeletConfiguration,
): Record<string, string> {
  const kept: Readonly<Record<string, number>> = {
    memory: thresholdOf(evictionHard['memory.available'], facts.memory),
    'ephemeral-storage': thresholdOf(evictionHard['nodefs.available'], facts.disk),
  };
  const result: Record<string, string> = {};
  for (const [name, text] of Object.entries(capacity)) {
    const reserved = [systemReserved[name], kubeReserved[name]].map((amount) =>
      amount === undefined ? 0 : amountIn(name, amount),
    );
    const taken = reserved.reduce((sum, amount) => sum + amount, kept[name] ?? 0);
    const left = Math.max(0, amountIn(name, text) - taken);
    if (taken === 0) result[name] = text;
    else if (name === 'cpu') result[name] = `${left}m`;
    else result[name] = name === 'memory' ? inKibibytes(left) : String(Math.floor(left));
  }
  return result;
}

/** CPU in thousandths, the rest in units. */
function amountIn(name: string, text: string): number {
  const quantity = Quantity.parse(text);
  return name === 'cpu' ? quantity.milliValue() : quantity.value();
}

function thresholdOf(text: string | undefined, whole: number): number {
  if (text === undefined) return 0;
  return text.endsWith('%')
    ? (whole * Number(text.slice(0, -1))) / 100
    : Quantity.parse(text).value();
}

/** The largest first. */
function imagesOf(images: readonly CriImage[]): ContainerImage[] {
  return images
    .toSorted((a, b) => b.size - a.size)
    .slice(0, MOST_IMAGES)
    .map(({ repoDigests, repoTags, size }) => ({
      names: [...repoDigests, ...repoTags].slice(0, MOST_NAMES),
      sizeBytes: size,
    }));
}

const NO_PRESSURES: NodeStatusSources['pressures'] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
];

/** Those of others stay; `Ready` is the last. */
function conditionsOf({ problems, pressures, known, now }: NodeStatusSources): NodeCondition[] {
  const time = formatTime(now);
  const own = [
    ...NO_PRESSURES.map((usual) => pressures.find(({ type }) => type === usual.type) ?? usual),
    problems.length === 0
      ? {
          type: 'Ready' as const,
          status: 'True' as const,
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
        }
      : {
          type: 'Ready' as const,
          status: 'False' as const,
          reason: 'KubeletNotReady',
          message: problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`,
        },
  ];
  const foreign = (known.conditions ?? []).filter(
    ({ type }) => !own.some((condition) => condition.type === type),
  );
  return [
    ...foreign,
    ...own.map((condition) => {
      const before = known.conditions?.find(({ type }) => type === condition.type);
      const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
      return { ...condition, lastHeartbeatTime: time, lastTransitionTime: since ?? time };
    }),
  ];
}
