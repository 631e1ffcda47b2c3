/** The CRI's messages as crictl prints them in JSON: protobuf's mapping with defaults, 64-bit integers as texts. */
import { stringify } from 'yaml';
import { goTime } from '../base/go-format.ts';
import type {
  ContainerStats,
  ContainerStatus,
  CriContainer,
  CriImage,
  CriStats,
  LinuxContainerResources,
  NamespaceOptions,
  PodSandbox,
  PodSandboxStats,
  PodSandboxStatus,
} from '../runtime/cri/types.ts';
import { CrictlError } from './crictl-error.ts';

const NANOSECONDS = 1_000_000n;

const nanoseconds = (milliseconds: number): string =>
  String(BigInt(Math.trunc(milliseconds)) * NANOSECONDS);
const wrapped = (value: number) => ({ value: String(Math.trunc(value)) });
const imageSpec = (image: string, userSpecifiedImage = '') => ({
  image,
  annotations: {},
  userSpecifiedImage,
  runtimeHandler: '',
  imageRef: '',
});
const namespaces = ({ network, pid, ipc, targetId = '' }: NamespaceOptions) => ({
  network,
  pid,
  ipc,
  targetId,
  usernsOptions: null,
});

export const podMessage = (pod: PodSandbox) => ({
  id: pod.id,
  metadata: pod.metadata,
  state: pod.state,
  createdAt: nanoseconds(pod.createdAt),
  labels: pod.labels,
  annotations: pod.annotations,
  runtimeHandler: pod.runtimeHandler,
});

export const podStatusMessage = (pod: PodSandboxStatus) => ({
  ...podMessage(pod),
  createdAt: goTime(pod.createdAt),
  network: { ip: pod.ip ?? '', additionalIps: pod.additionalIps.map((ip) => ({ ip })) },
  linux: { namespaces: { options: namespaces(pod.namespaces) } },
});

export const containerMessage = (container: CriContainer) => ({
  id: container.id,
  podSandboxId: container.podSandboxId,
  metadata: container.metadata,
  image: imageSpec(container.image),
  imageRef: container.imageRef,
  state: container.state,
  createdAt: nanoseconds(container.createdAt),
  labels: container.labels,
  annotations: container.annotations,
  imageId: container.image,
});

export const containerStatusMessage = (container: ContainerStatus, imageId: string) => ({
  id: container.id,
  metadata: container.metadata,
  state: container.state,
  createdAt: goTime(container.createdAt),
  startedAt: goTime(container.startedAt),
  finishedAt: goTime(container.finishedAt),
  exitCode: container.exitCode ?? 0,
  image: imageSpec(container.image, container.userSpecifiedImage),
  imageRef: container.imageRef,
  imageId,
  reason: container.reason ?? '',
  message: container.message ?? '',
  labels: container.labels,
  annotations: container.annotations,
  mounts: container.mounts.map(({ propagation = 'PROPAGATION_PRIVATE', ...mount }) => ({
    ...mount,
    propagation,
    selinuxRelabel: false,
    recursiveReadOnly: false,
    uidMappings: [],
    gidMappings: [],
    image: null,
    imageSubPath: '',
    mountOptions: [],
  })),
  logPath: container.logPath,
  resources: { linux: resourcesMessage(container.resources) },
  user: null,
  stopSignal: 'RUNTIME_DEFAULT',
});

const resourcesMessage = (resources: LinuxContainerResources) => ({
  cpuPeriod: String(resources.cpuPeriod ?? 0),
  cpuQuota: String(resources.cpuQuota ?? 0),
  cpuShares: String(resources.cpuShares ?? 0),
  memoryLimitInBytes: String(resources.memoryLimitInBytes ?? 0),
  memorySwapLimitInBytes: String(resources.memorySwapLimitInBytes ?? 0),
  oomScoreAdj: String(resources.oomScoreAdj ?? 0),
  cpusetCpus: '',
  cpusetMems: '',
  hugepageLimits: [],
  unified: resources.unified ?? {},
});

export const imageMessage = (image: CriImage) => ({
  id: image.id,
  repoTags: image.repoTags,
  repoDigests: image.repoDigests,
  size: String(image.size),
  ...(image.uid === undefined ? {} : { uid: wrapped(image.uid) }),
  username: image.username,
  pinned: image.pinned,
});

const cpuMessage = ({ time, cpu }: CriStats) => ({
  timestamp: nanoseconds(time),
  usageCoreNanoSeconds: wrapped(cpu.usageCoreNanoSeconds),
});

const memoryMessage = ({ time, memory }: CriStats) => ({
  timestamp: nanoseconds(time),
  workingSetBytes: wrapped(memory.workingSetBytes),
  availableBytes: wrapped(memory.availableBytes ?? 0),
  usageBytes: wrapped(memory.usageBytes),
  rssBytes: wrapped(memory.rssBytes),
  pageFaults: wrapped(memory.pageFaults),
  majorPageFaults: wrapped(memory.majorPageFaults),
});

export const containerStatsMessage = (stats: ContainerStats, mountpoint: string) => ({
  attributes: {
    id: stats.containerId,
    metadata: stats.metadata,
    labels: stats.labels,
    annotations: {},
  },
  cpu: cpuMessage(stats),
  memory: memoryMessage(stats),
  writableLayer: {
    timestamp: nanoseconds(stats.time),
    fsId: { mountpoint },
    usedBytes: wrapped(stats.writableLayer.usedBytes),
    inodesUsed: wrapped(stats.writableLayer.inodesUsed),
  },
});

export const podStatsMessage = (
  pod: PodSandbox,
  stats: PodSandboxStats,
  containers: readonly object[],
) => {
  const { network, time, processCount } = stats;
  return {
    attributes: {
      id: pod.id,
      metadata: pod.metadata,
      labels: pod.labels,
      annotations: pod.annotations,
    },
    linux: {
      cpu: cpuMessage(stats),
      memory: memoryMessage(stats),
      ...(network === null
        ? {}
        : {
            network: {
              timestamp: nanoseconds(time),
              defaultInterface: {
                name: network.name,
                rxBytes: wrapped(network.rxBytes),
                rxErrors: wrapped(network.rxErrors),
                txBytes: wrapped(network.txBytes),
                txErrors: wrapped(network.txErrors),
              },
              interfaces: [],
            },
          }),
      process: { timestamp: nanoseconds(time), processCount: wrapped(processCount) },
      containers,
    },
  };
};

export const fileSystemMessage = (usage: {
  readonly time: number;
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
}) => ({
  timestamp: nanoseconds(usage.time),
  fsId: { mountpoint: usage.mountpoint },
  usedBytes: wrapped(usage.usedBytes),
  inodesUsed: wrapped(usage.inodesUsed),
});

/** With sorted keys, as Go's maps have them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** A list, in the order of its message in JSON and of its keys in YAML. */
export function formatList(value: object, format: string): string {
  return format === 'json'
    ? `${JSON.stringify(value, undefined, 2)}\n`
    : `${stringify(sorted(value), { lineWidth: 0 })}\n`;
}

/** What `inspect` and its like print of one thing or of several. */
export function formatStatus(values: readonly object[], format: string): string {
  const value = sorted(values.length === 1 ? values[0] : values);
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`;
  if (format === 'yaml') return `${stringify(value, { lineWidth: 0 })}\n`;
  throw new CrictlError(`unsupported format: "${format}"`);
}
