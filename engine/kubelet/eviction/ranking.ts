/** Which Pod has to go first, and what is said about it. Pure. */
import { amountOf } from '../../objects/amount-of.ts';
import { sumOfContainers } from '../../objects/pod-resources.ts';
import { Quantity } from '../../objects/quantity.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PodStatsSummary } from '../stats/summary.ts';
import { MEANINGS, quantityOf, type Observations, type Threshold } from './thresholds.ts';

export type StatsOf = (pod: Pod) => PodStatsSummary | undefined;

type Resource = (typeof MEANINGS)[keyof typeof MEANINGS]['resource'];

/** What the Pod takes of a resource. */
function usageOf(resource: Resource, stats: PodStatsSummary): number {
  switch (resource) {
    case 'memory':
      return stats.memory?.workingSetBytes ?? 0;
    case 'ephemeral-storage':
      return stats['ephemeral-storage']?.usedBytes ?? 0;
    case 'inodes':
      return stats['ephemeral-storage']?.inodesUsed ?? 0;
    case 'pids':
      return stats.process_stats?.process_count ?? 0;
  }
}

const numbers = {
  plus: (one: number, other: number) => one + other,
  isMore: (one: number, other: number) => one > other,
};

/** Of all containers that run together. */
function amountAskedFor(pod: Pod, kind: 'requests' | 'limits', resource: string): number {
  const sums = sumOfContainers(
    pod.spec,
    ({ resources }) => {
      const text = resources?.[kind]?.[resource];
      return new Map(text === undefined ? [] : [[resource, amountOf(resource, text)]]);
    },
    numbers,
  );
  return sums.get(resource) ?? 0;
}

/**
 * Pods in the order in which they are evicted: those that use more than they asked for, then those of low
 * priority, then those that use most beyond what they asked for. Of whom nothing is known, first.
 */
export function rank(pods: readonly Pod[], resource: Resource, statsOf: StatsOf): readonly Pod[] {
  const described = pods.map((pod) => {
    const stats = statsOf(pod);
    const request = resource === 'pids' ? 0 : amountAskedFor(pod, 'requests', resource);
    const beyond =
      stats === undefined ? Number.POSITIVE_INFINITY : usageOf(resource, stats) - request;
    return { pod, beyond, exceeds: resource === 'pids' || beyond > 0 };
  });
  return described
    .toSorted(
      (one, other) =>
        Number(other.exceeds) - Number(one.exceeds) ||
        (one.pod.spec.priority ?? 0) - (other.pod.spec.priority ?? 0) ||
        (other.beyond > one.beyond ? 1 : other.beyond < one.beyond ? -1 : 0),
    )
    .map(({ pod }) => pod);
}

/** `The node was low on resource: memory. Threshold quantity: 100Mi, available: 93Mi. …` */
export function evictionMessage(
  threshold: Threshold,
  observations: Observations,
  pod: Pod,
  stats: PodStatsSummary | undefined,
): string {
  const { resource } = MEANINGS[threshold.signal];
  let message = `The node was low on resource: ${resource}. `;
  const observed = observations.get(threshold.signal);
  if (observed !== undefined) {
    const quantity = threshold.value.endsWith('%')
      ? bytes(quantityOf(threshold, observed.capacity))
      : threshold.value;
    message += `Threshold quantity: ${quantity}, available: ${kibibytes(observed.available)}. `;
  }
  const { containers, initContainers = [] } = pod.spec;
  for (const used of stats?.containers ?? []) {
    const container = [...containers, ...initContainers].find(({ name }) => name === used.name);
    const usage =
      resource === 'memory'
        ? used.memory.workingSetBytes
        : resource === 'ephemeral-storage'
          ? (used.rootfs?.usedBytes ?? 0) + (used.logs?.usedBytes ?? 0)
          : undefined;
    const request = container?.resources?.requests?.[resource] ?? '0';
    if (container === undefined || usage === undefined || usage <= amountOf(resource, request))
      continue;
    message += `Container ${container.name} was using ${bytes(usage)}, request is ${request}, has larger consumption of ${resource}. `;
  }
  return message;
}

const bytes = (amount: number): string => Quantity.of(amount, 'BinarySI').toString();

/** What the kernel tells is in units of 1024 bytes. */
const kibibytes = (amount: number): string =>
  amount < 1024 ? bytes(Math.max(0, amount)) : bytes(Math.floor(amount / 1024) * 1024);

/** Why a Pod takes more of the disk than it may; undefined when it does not. */
export function storageExcess(pod: Pod, stats: PodStatsSummary): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const { sizeLimit = '0', medium } = emptyDir ?? {};
    const limit = amountOf('ephemeral-storage', sizeLimit);
    const used = stats.volume?.find((volume) => volume.name === name)?.usedBytes ?? 0;
    if (medium !== 'Memory' && limit > 0 && used > limit)
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(sizeLimit)}. `;
  }
  const total = amountAskedFor(pod, 'limits', 'ephemeral-storage');
  if (total > 0 && (stats['ephemeral-storage']?.usedBytes ?? 0) > total)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${bytes(total)}. `;
  for (const { name, resources } of pod.spec.containers) {
    const text = resources?.limits?.['ephemeral-storage'];
    if (text === undefined) continue;
    const limit = amountOf('ephemeral-storage', text);
    const own = stats.containers.find((container) => container.name === name);
    const used = (own?.rootfs?.usedBytes ?? 0) + (own?.logs?.usedBytes ?? 0);
    if (limit > 0 && used > limit)
      return `Container ${name} exceeded its local ephemeral storage limit ${JSON.stringify(text)}. `;
  }
  return undefined;
}

/** Whether storage of the Pod has a limit at all, so that it has to be measured. */
export const hasStorageLimit = (pod: Pod): boolean =>
  (pod.spec.volumes ?? []).some(
    ({ emptyDir }) => emptyDir?.sizeLimit !== undefined && emptyDir.medium !== 'Memory',
  ) || amountAskedFor(pod, 'limits', 'ephemeral-storage') > 0;
