import type { CgroupStats } from '../../api/agent.ts';
import type { Clock } from '../../base/clock.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import type { Runtime } from '../types.ts';
import { asCri } from './cri-failure.ts';
import { stateOf } from './container-status.ts';
import { findSandbox, keptContainers, type PodContainer } from './kept.ts';
import type { PodContainers } from './pod-containers.ts';
import { CriError, type ContainerStats, type CriStats, type PodSandboxStats } from './types.ts';

/** How long what a writable layer takes is believed, in milliseconds: as long as containerd does. */
const USAGE_LIFETIME = 10_000;
const NANOSECONDS = 1000;

interface Usage {
  readonly usedBytes: number;
  readonly inodesUsed: number;
}

export interface PodStatsOptions {
  readonly runtime: Runtime;
  readonly agent: AgentClient;
  readonly containers: PodContainers;
  readonly clock: Clock;
}

/** What Pods and containers take, from their cgroups and devices. */
export class PodStats {
  readonly #options: PodStatsOptions;
  readonly #usages = new Map<string, Usage & { readonly until: number }>();

  constructor(options: PodStatsOptions) {
    this.#options = options;
  }

  async container(id: string): Promise<ContainerStats> {
    const found = this.#options.containers.find(id, 'failed to find container');
    const [stats] = await this.#of([found]);
    if (stats === undefined)
      throw new CriError('UNKNOWN', `failed to get stats of container "${id}": no stats available`);
    return stats;
  }

  /** Of those that run. */
  containers(): Promise<readonly ContainerStats[]> {
    return this.#of(keptContainers(this.#options.runtime));
  }

  async sandbox(id: string): Promise<PodSandboxStats> {
    const { runtime, agent } = this.#options;
    const found = findSandbox(runtime, id);
    if (found === undefined || found.sandbox.stopped === true)
      throw new CriError(
        'NOT_FOUND',
        `an error occurred when trying to find sandbox ${id}: not found`,
      );
    const { config } = found;
    const hasNetwork = config.namespaces.network === 'POD';
    const [stats, traffic] = await asCri(() =>
      Promise.all([
        agent.call('cgroup.stats', { path: config.cgroupParent }),
        hasNetwork ? agent.call('sandbox.stats', { id }) : undefined,
      ]),
    );
    const [first] = Object.entries(traffic?.networks ?? {}).sort(([one], [other]) =>
      one < other ? -1 : 1,
    );
    return {
      podSandboxId: id,
      ...usageOf(stats),
      network:
        first === undefined
          ? null
          : {
              name: first[0],
              rxBytes: first[1].receivedBytes,
              rxErrors: first[1].receiveErrors,
              txBytes: first[1].sentBytes,
              txErrors: first[1].sendErrors,
            },
    };
  }

  async #of(all: readonly PodContainer[]): Promise<ContainerStats[]> {
    const { agent } = this.#options;
    const found = all.filter((one) => stateOf(one) === 'CONTAINER_RUNNING');
    const usages = await this.#writableLayers(found);
    const stats = await Promise.all(
      found.map(async ({ container, config }, index): Promise<ContainerStats | undefined> => {
        const path = `${container.config.cgroupParent ?? ''}/${container.id}`;
        // One that has just ended has no cgroup any more.
        const reading = await agent.call('cgroup.stats', { path }).catch(() => undefined);
        return (
          reading && {
            containerId: container.id,
            metadata: config.metadata,
            labels: config.labels,
            writableLayer: usages[index] ?? { usedBytes: 0, inodesUsed: 0 },
            ...usageOf(reading),
          }
        );
      }),
    );
    return stats.filter((one) => one !== undefined);
  }

  /** Those that were looked at a moment ago are not looked at again; the others in one go. */
  async #writableLayers(found: readonly PodContainer[]): Promise<Usage[]> {
    const { agent, clock } = this.#options;
    const now = clock.now();
    const old = found.filter(
      ({ container }) => (this.#usages.get(container.id)?.until ?? 0) <= now,
    );
    if (old.length > 0) {
      const paths = old.map(({ container }) => container.paths.upper);
      const { usages } = await asCri(() => agent.call('file.usage', { paths }));
      for (const [index, { container }] of old.entries()) {
        const { bytes = 0, inodes = 0 } = usages[index] ?? {};
        this.#usages.set(container.id, {
          usedBytes: bytes,
          inodesUsed: inodes,
          until: now + USAGE_LIFETIME,
        });
      }
    }
    for (const [id, { until }] of this.#usages)
      if (until <= now && !found.some(({ container }) => container.id === id))
        this.#usages.delete(id);
    return found.map(({ container }) => {
      const { usedBytes = 0, inodesUsed = 0 } = this.#usages.get(container.id) ?? {};
      return { usedBytes, inodesUsed };
    });
  }
}

function usageOf({ time, cpu, memory, pids }: CgroupStats): CriStats {
  const { current, limit, stat } = memory;
  const workingSetBytes = Math.max(0, current - (stat['inactive_file'] ?? 0));
  return {
    time,
    cpu: { usageCoreNanoSeconds: (cpu['usage_usec'] ?? 0) * NANOSECONDS },
    memory: {
      workingSetBytes,
      usageBytes: current,
      rssBytes: stat['anon'] ?? 0,
      ...(limit === null ? {} : { availableBytes: Math.max(0, limit - workingSetBytes) }),
      pageFaults: stat['pgfault'] ?? 0,
      majorPageFaults: stat['pgmajfault'] ?? 0,
    },
    processCount: pids.current,
  };
}
