import type { ContainerStats, CriStats, PodSandboxStats } from '../../runtime/cri/types.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { KubeletContext, RuntimeContainer, RuntimePod } from '../contracts.ts';
import { NodePaths } from '../node-paths.ts';
import { readNode, type NodeReading } from './node-reading.ts';
import type {
  ContainerStatsSummary,
  CpuStats,
  FsStats,
  MemoryStats,
  PodStatsSummary,
  Summary,
} from './summary.ts';

export type StatsContext = Pick<
  KubeletContext,
  'nodeName' | 'agent' | 'clock' | 'configuration' | 'cri' | 'pods'
>;

/** Milliseconds for which a reading is taken for the present. */
const FRESH_MS = 2000;
/** Processes that Linux allows (`kernel.pid_max`). */
const MAX_PID = 32_768;

/** What a Pod's files take, by what they are for. */
interface PodUsage {
  readonly volumes: ReadonlyMap<string, { readonly bytes: number; readonly inodes: number }>;
  readonly logs: { readonly bytes: number; readonly inodes: number };
}

interface Measured {
  readonly time: number;
  readonly nanoSeconds: number;
  readonly nanoCores?: number;
}

/** Resource usage of the node and its Pods (pkg/kubelet/stats), read from cgroups when somebody asks. */
export class StatsProvider {
  readonly #context: StatsContext;
  readonly #paths: NodePaths;
  readonly #startedAt: number;
  readonly #cpu = new Map<string, Measured>();
  #node: { readonly at: number; readonly reading: Promise<NodeReading> } | undefined;
  #pods: { readonly at: number; readonly stats: Promise<readonly PodStatsSummary[]> } | undefined;
  #usage:
    | { readonly at: number; readonly byUid: Promise<ReadonlyMap<string, PodUsage>> }
    | undefined;

  constructor(context: StatsContext) {
    this.#context = context;
    this.#paths = new NodePaths(context.configuration);
    this.#startedAt = context.clock.now();
  }

  /** The node as it is. @param fresh not even a moment old */
  node(fresh = false): Promise<NodeReading> {
    const { agent, clock, cri } = this.#context;
    const at = clock.monotonic();
    if (fresh || this.#node === undefined || at - this.#node.at > FRESH_MS) {
      const reading = readNode(agent, cri);
      this.#node = { at, reading };
      reading.catch(() => (this.#node = undefined));
    }
    return this.#node.reading;
  }

  async summary(onlyCpuAndMemory = false): Promise<Summary> {
    const [reading, pods] = await Promise.all([this.node(), this.pods()]);
    const { nodeName } = this.#context;
    const node = nodeSummary(
      nodeName,
      this.#startedAt,
      reading,
      this.#cpuOf('node', reading.time, reading.cpuNanoSeconds),
    );
    if (!onlyCpuAndMemory) return { node, pods: await this.#withStorage(pods, reading) };
    const { cpu, memory, startTime } = node;
    return {
      node: { nodeName, startTime, cpu, memory },
      pods: pods.map((pod) => ({
        podRef: pod.podRef,
        startTime: pod.startTime,
        containers: pod.containers.map(({ name, startTime: start, cpu: own, memory: used }) => ({
          name,
          startTime: start,
          cpu: own,
          memory: used,
        })),
        ...(pod.cpu === undefined ? {} : { cpu: pod.cpu }),
        ...(pod.memory === undefined ? {} : { memory: pod.memory }),
      })),
    };
  }

  /** Pods that run, without what they take of the disk. */
  pods(): Promise<readonly PodStatsSummary[]> {
    const at = this.#context.clock.monotonic();
    if (this.#pods === undefined || at - this.#pods.at > FRESH_MS) {
      const stats = this.#readPods();
      this.#pods = { at, stats };
      stats.catch(() => (this.#pods = undefined));
    }
    return this.#pods.stats;
  }

  /** With what their volumes and logs take, which is measured from time to time. */
  async podsWithStorage(): Promise<readonly PodStatsSummary[]> {
    return this.#withStorage(await this.pods(), await this.node());
  }

  async #readPods(): Promise<readonly PodStatsSummary[]> {
    const { cri, pods } = this.#context;
    const containers = new Map(
      (await cri.listContainerStats()).map((stats) => [stats.containerId, stats]),
    );
    const known = pods.running().map((pod) => this.#readPod(pod, containers));
    const found = await Promise.all(known);
    const ids = new Set(['node', ...containers.keys(), ...found.map((pod) => pod?.podRef.uid)]);
    for (const id of this.#cpu.keys()) if (!ids.has(id)) this.#cpu.delete(id);
    return found.filter((pod) => pod !== undefined);
  }

  async #readPod(
    pod: RuntimePod,
    measured: ReadonlyMap<string, ContainerStats>,
  ): Promise<PodStatsSummary | undefined> {
    const sandbox = pod.sandboxes.find(({ state }) => state === 'SANDBOX_READY');
    if (sandbox === undefined) return undefined;
    // It may be gone by now.
    const own = await this.#context.cri.podSandboxStats(sandbox.id).catch(() => undefined);
    const containers = pod.containers.flatMap((container) => {
      const stats = measured.get(container.id);
      return stats === undefined ? [] : [this.#container(container, stats)];
    });
    const { uid, name, namespace } = pod;
    return {
      podRef: { name, namespace, uid },
      startTime: formatTime(sandbox.createdAt),
      containers,
      ...(own === undefined
        ? {}
        : {
            cpu: this.#cpuOf(uid, own.time, own.cpu.usageCoreNanoSeconds),
            memory: memoryOf(own),
            ...networkOf(own),
            process_stats: { process_count: own.processCount },
          }),
    };
  }

  #container(container: RuntimeContainer, stats: ContainerStats): ContainerStatsSummary {
    return {
      name: container.name,
      startTime: formatTime(container.startedAt ?? container.createdAt),
      cpu: this.#cpuOf(container.id, stats.time, stats.cpu.usageCoreNanoSeconds),
      memory: memoryOf(stats),
      rootfs: {
        time: formatTime(stats.time),
        availableBytes: 0,
        capacityBytes: 0,
        usedBytes: stats.writableLayer.usedBytes,
        inodesUsed: stats.writableLayer.inodesUsed,
      },
    };
  }

  /** Cores are what was used since the reading before. */
  #cpuOf(id: string, time: number, nanoSeconds: number): CpuStats {
    const before = this.#cpu.get(id);
    const passed = time - (before?.time ?? time);
    const used = nanoSeconds - (before?.nanoSeconds ?? 0);
    const nanoCores =
      before === undefined || used < 0
        ? undefined
        : passed <= 0
          ? before.nanoCores
          : Math.round((used * 1000) / passed);
    if (before === undefined || passed > 0)
      this.#cpu.set(id, { time, nanoSeconds, ...(nanoCores === undefined ? {} : { nanoCores }) });
    return {
      time: precise(time),
      ...(nanoCores === undefined ? {} : { usageNanoCores: nanoCores }),
      usageCoreNanoSeconds: nanoSeconds,
    };
  }

  async #withStorage(
    pods: readonly PodStatsSummary[],
    reading: NodeReading,
  ): Promise<readonly PodStatsSummary[]> {
    const usage = await this.#storage(pods);
    const fs = (bytes: number, inodes: number): FsStats => ({
      time: formatTime(reading.time),
      availableBytes: reading.disk.available,
      capacityBytes: reading.disk.total,
      usedBytes: bytes,
      inodesUsed: inodes,
    });
    return pods.map((pod) => {
      const used = usage.get(pod.podRef.uid);
      const containers = pod.containers.map((container) => {
        const { usedBytes = 0, inodesUsed = 0 } = container.rootfs ?? {};
        // Logs of a Pod lie in one directory; they are counted as the first container's.
        const logs = container === pod.containers[0] ? used?.logs : undefined;
        return {
          ...container,
          rootfs: fs(usedBytes, inodesUsed),
          logs: fs(logs?.bytes ?? 0, logs?.inodes ?? 0),
        };
      });
      const volume = [...(used?.volumes ?? [])].map(([name, { bytes, inodes }]) => ({
        name,
        ...fs(bytes, inodes),
      }));
      const parts = [...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]), ...volume];
      const total = (field: 'usedBytes' | 'inodesUsed'): number =>
        parts.reduce((sum, part) => sum + (part[field] ?? 0), 0);
      return {
        ...pod,
        containers,
        ...(volume.length === 0 ? {} : { volume }),
        'ephemeral-storage': fs(total('usedBytes'), total('inodesUsed')),
      };
    });
  }

  #storage(pods: readonly PodStatsSummary[]): Promise<ReadonlyMap<string, PodUsage>> {
    const { clock, configuration } = this.#context;
    const at = clock.monotonic();
    const age = at - (this.#usage?.at ?? Number.NEGATIVE_INFINITY);
    if (this.#usage === undefined || age > configuration.volumeStatsAggPeriod) {
      const byUid = this.#readStorage(pods);
      this.#usage = { at, byUid };
      byUid.catch(() => (this.#usage = undefined));
    }
    return this.#usage.byUid;
  }

  /** One walk over everything. */
  async #readStorage(pods: readonly PodStatsSummary[]): Promise<ReadonlyMap<string, PodUsage>> {
    const { agent } = this.#context;
    const places = pods.flatMap(({ podRef: { uid } }) => {
      const pod = this.#context.pods.byUid(uid);
      if (pod === undefined) return [];
      const volumes = diskVolumes(pod).map((name) => ({
        uid,
        name,
        path: this.#paths.volume(uid, 'empty-dir', name),
      }));
      return [...volumes, { uid, name: undefined, path: this.#paths.podLogs(pod) }];
    });
    const { usages } = await agent.call('file.usage', { paths: places.map(({ path }) => path) });
    const byUid = new Map<string, { volumes: Map<string, Size>; logs: Size }>();
    for (const [index, { uid, name }] of places.entries()) {
      const usage = byUid.get(uid) ?? { volumes: new Map<string, Size>(), logs: NOTHING };
      byUid.set(uid, usage);
      const size = usages[index] ?? NOTHING;
      if (name === undefined) usage.logs = size;
      else usage.volumes.set(name, size);
    }
    return byUid;
  }
}

/** With milliseconds, so that what is divided by time is right. @param time UNIX milliseconds */
const precise = (time: number): string => new Date(time).toISOString();

type Size = PodUsage['logs'];
const NOTHING: Size = { bytes: 0, inodes: 0 };

/** emptyDirs on the disk; the kernel sees to those in memory. */
const diskVolumes = ({ spec: { volumes = [] } }: Pod): readonly string[] =>
  volumes
    .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory')
    .map(({ name }) => name);

function nodeSummary(
  nodeName: string,
  startedAt: number,
  reading: NodeReading,
  cpu: CpuStats,
): Summary['node'] {
  const time = formatTime(reading.time);
  const { memory, disk, images, network, processes } = reading;
  const workingSetBytes = memory.total - memory.available;
  const eth0 = { name: 'eth0', rxBytes: network.receivedBytes, txBytes: network.sentBytes };
  const fs: FsStats = {
    time,
    availableBytes: disk.available,
    capacityBytes: disk.total,
    usedBytes: disk.used,
  };
  return {
    nodeName,
    startTime: formatTime(startedAt),
    cpu,
    memory: {
      time,
      availableBytes: memory.available,
      usageBytes: workingSetBytes,
      workingSetBytes,
    },
    network: { time, ...eth0, interfaces: [eth0] },
    fs,
    runtime: {
      imageFs: { ...fs, usedBytes: images.used, inodesUsed: images.inodes },
      containerFs: { ...fs, usedBytes: images.used, inodesUsed: images.inodes },
    },
    rlimit: { time, maxpid: MAX_PID, curproc: processes },
  };
}

function memoryOf({ time, memory }: CriStats): MemoryStats {
  const { availableBytes, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } =
    memory;
  return {
    time: precise(time),
    ...(availableBytes === undefined ? {} : { availableBytes }),
    usageBytes,
    workingSetBytes,
    rssBytes,
    pageFaults,
    majorPageFaults,
  };
}

function networkOf({ time, network }: PodSandboxStats): Pick<PodStatsSummary, 'network'> {
  if (network === null) return {};
  return { network: { time: formatTime(time), ...network, interfaces: [network] } };
}
