import { sleep } from '../../base/clock.ts';
import { amountOf } from '../../objects/amount-of.ts';
import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { isSidecar } from '../../objects/pod-resources.ts';
import { canonicalQuantity, Quantity } from '../../objects/quantity.ts';
import type { KubeletContext } from '../contracts.ts';
import { CONTAINER_NAME_LABEL, POD_UID_LABEL } from '../labels.ts';
import { NodePaths } from '../node-paths.ts';
import { diskUsage } from './disk-usage.ts';

const RESOURCE = 'ephemeral-storage';
/** Seconds that a Pod is given which used too much. */
const GRACE_SECONDS = 1;
/** Pods that the node or the cluster cannot do without have this priority, or more. */
const CRITICAL_PRIORITY = 2_000_000_000;

/** What a Pod takes of the node's disk, in bytes. */
export interface PodStorage {
  /** by name of the volume */
  readonly emptyDirs: ReadonlyMap<string, number>;
  /** writable layer and logs, by name of the container */
  readonly containers: ReadonlyMap<string, number>;
}

/**
 * Evicts Pods that use more of the node's disk than they may: volumes with a `sizeLimit`, and limits of
 * `ephemeral-storage` (k8s.io/kubernetes pkg/kubelet/eviction `localStorageEviction`). The disk is not looked at
 * as long as no Pod has such a limit.
 * https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
 */
export class StorageLimits {
  readonly #context: Pick<
    KubeletContext,
    'agent' | 'clock' | 'configuration' | 'cri' | 'events' | 'onError' | 'pods'
  >;
  readonly #paths: NodePaths;

  constructor(
    context: Pick<
      KubeletContext,
      'agent' | 'clock' | 'configuration' | 'cri' | 'events' | 'onError' | 'pods'
    >,
  ) {
    this.#context = context;
    this.#paths = new NodePaths(context.configuration);
  }

  /** Resolves when the signal aborts. */
  readonly run = async (signal: AbortSignal): Promise<void> => {
    const { clock, configuration, onError } = this.#context;
    while (!signal.aborted) {
      await this.check().catch(onError);
      await sleep(clock, configuration.evictionMonitoringPeriod, signal).catch(() => undefined);
    }
  };

  async check(): Promise<void> {
    const { events, pods } = this.#context;
    const limited = pods
      .list()
      .filter((pod) => hasLimit(pod) && !isCritical(pod))
      .filter(({ metadata }) => !pods.isTerminating(metadata.uid ?? ''));
    if (limited.length === 0) return;
    const used = await this.#measure(limited);
    for (const pod of limited) {
      const { uid = '' } = pod.metadata;
      const message = exceededLimit(pod, used(pod));
      if (message === undefined) continue;
      events.pod(pod, 'Warning', 'Evicted', message);
      await pods.evict(uid, { phase: 'Failed', reason: 'Evicted', message }, GRACE_SECONDS);
    }
  }

  async #measure(pods: readonly Pod[]): Promise<(pod: Pod) => PodStorage> {
    const { agent, cri } = this.#context;
    const paths = pods.flatMap((pod) => [
      ...emptyDirs(pod).map((name) => this.#emptyDir(pod, name)),
      ...containersOf(pod).map((name) => this.#logs(pod, name)),
    ]);
    const [used, stats] = await Promise.all([
      diskUsage(agent, paths),
      // Layers count only where there are limits that they count for.
      pods.some(limitsStorage) ? cri.listContainerStats() : [],
    ]);
    return (pod) => ({
      emptyDirs: new Map(
        emptyDirs(pod).map((name) => [name, used.get(this.#emptyDir(pod, name)) ?? 0]),
      ),
      containers: new Map(
        containersOf(pod).map((name) => {
          const layers = stats.filter(
            ({ labels }) =>
              labels[POD_UID_LABEL] === pod.metadata.uid && labels[CONTAINER_NAME_LABEL] === name,
          );
          const ofLayers = layers.reduce(
            (sum, { writableLayer }) => sum + writableLayer.usedBytes,
            0,
          );
          return [name, ofLayers + (used.get(this.#logs(pod, name)) ?? 0)];
        }),
      ),
    });
  }

  #emptyDir({ metadata }: Pod, name: string): string {
    return this.#paths.volume(metadata.uid ?? '', 'empty-dir', name);
  }

  #logs(pod: Pod, name: string): string {
    return `${this.#paths.podLogs(pod)}/${name}`;
  }
}

/** Why a Pod is to be evicted, in upstream's words. */
export function exceededLimit(pod: Pod, used: PodStorage): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    const bytes = used.emptyDirs.get(name) ?? 0;
    if (limit !== undefined && isLess(limit, bytes))
      return `Usage of EmptyDir volume ${goQuote(name)} exceeds the limit ${goQuote(canonicalQuantity(limit))}. `;
  }
  const total = podLimit(pod);
  const ofPod = sum(used.emptyDirs.values()) + sum(used.containers.values());
  if (total !== undefined && ofPod > total.value())
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${total.toString()}. `;
  for (const { name, resources } of lasting(pod)) {
    const limit = resources?.limits?.[RESOURCE];
    const bytes = used.containers.get(name) ?? 0;
    if (limit !== undefined && isLess(limit, bytes))
      return `Container ${name} exceeded its local ephemeral storage limit ${goQuote(canonicalQuantity(limit))}. `;
  }
  return undefined;
}

/** Whether a limit that is not 0 is less than what is used. */
function isLess(limit: string, used: number): boolean {
  const bytes = amountOf(RESOURCE, limit);
  return bytes > 0 && bytes < used;
}

/** Containers that run as long as the Pod. */
function lasting({ spec }: Pod): readonly Container[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
}

/** What all containers may use together; undefined where none has a limit. */
function podLimit(pod: Pod): Quantity | undefined {
  const limits = lasting(pod).flatMap(({ resources }) => resources?.limits?.[RESOURCE] ?? []);
  const [first, ...others] = limits.map((limit) => Quantity.parse(limit));
  return first === undefined ? undefined : others.reduce((total, limit) => total.add(limit), first);
}

function hasLimit(pod: Pod): boolean {
  return (
    limitsStorage(pod) ||
    (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined)
  );
}

function limitsStorage(pod: Pod): boolean {
  return podLimit(pod) !== undefined;
}

function isCritical({ metadata, spec }: Pod): boolean {
  const source = metadata.annotations?.['kubernetes.io/config.source'] ?? 'api';
  return source !== 'api' || (spec.priority ?? 0) >= CRITICAL_PRIORITY;
}

/** Those on disk: the kernel sees to the others. */
function emptyDirs({ spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) =>
    emptyDir !== undefined && (emptyDir.medium ?? '') === '' ? [name] : [],
  );
}

function containersOf({ spec }: Pod): readonly string[] {
  return [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
