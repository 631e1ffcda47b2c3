import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { isSidecar } from '../../objects/pod-resources.ts';
import { isPodReady, podReadySince } from './pod-state.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const NANOSECONDS = 1e6;
const phases = ['Pending', 'Unknown', 'Running'];

/** Negative: the first is the one to delete; positive: the second; 0: this says nothing. */
type Rule = (first: Stored<Pod>, second: Stored<Pod>) => number;

/**
 * Orders Pods so that those which are best deleted come first (upstream's `ActivePodsWithRanks`): not
 * assigned, not running, not ready, of low deletion cost, on a node with many others, ready for a short
 * time, often restarted, young. Ages of the same order of magnitude are alike; then the uid decides.
 * @param rankOf how many ready ones there are on its node
 * @param now UNIX milliseconds
 */
export function inDeletionOrder(
  pods: readonly Stored<Pod>[],
  rankOf: (pod: Stored<Pod>) => number,
  now: number,
): Stored<Pod>[] {
  const byMagnitude = (first: number, second: number): number =>
    magnitude(now - first) - magnitude(now - second);
  const ages: (timeOf: (pod: Stored<Pod>) => number | undefined) => Rule =
    (timeOf) => (first, second) => {
      const [one, other] = [timeOf(first), timeOf(second)];
      if (one === other) return 0;
      if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
      return byMagnitude(one, other) || (first.metadata.uid < second.metadata.uid ? -1 : 1);
    };
  return sortedBy(pods, [
    ...firstRules,
    by((pod) => deletionCost(pod)),
    by((pod) => -rankOf(pod)),
    ages(podReadySince),
    ...restartRules,
    ages(createdAt),
  ]);
}

/** The same without costs, ranks and magnitudes: upstream's `ActivePods`, which Jobs delete by. */
export function byActivity(pods: readonly Stored<Pod>[]): Stored<Pod>[] {
  return sortedBy(pods, [
    ...firstRules,
    by((pod) => -(podReadySince(pod) ?? Infinity)),
    ...restartRules,
    by((pod) => -createdAt(pod)),
  ]);
}

/** What is smaller comes first. */
const by =
  (valueOf: (pod: Stored<Pod>) => number): Rule =>
  (first, second) => {
    const [one, other] = [valueOf(first), valueOf(second)];
    return one === other ? 0 : one - other;
  };

const firstRules: readonly Rule[] = [
  by(({ spec }) => (spec.nodeName === undefined || spec.nodeName === '' ? 0 : 1)),
  by(({ status }) => Math.max(0, phases.indexOf(status?.phase ?? ''))),
  by((pod) => (isPodReady(pod) ? 1 : 0)),
];

const restartRules: readonly Rule[] = [
  by(({ status }) => -mostRestarts(status?.containerStatuses)),
  by(({ spec, status }) => {
    const sidecars = new Set(spec.initContainers?.filter(isSidecar).map(({ name }) => name));
    const statuses = status?.initContainerStatuses ?? [];
    return -mostRestarts(statuses.filter(({ name }) => sidecars.has(name)));
  }),
];

function sortedBy(pods: readonly Stored<Pod>[], rules: readonly Rule[]): Stored<Pod>[] {
  return pods.toSorted((first, second) => {
    for (const rule of rules) {
      const said = rule(first, second);
      if (said !== 0) return said;
    }
    return 0;
  });
}

function mostRestarts(statuses: readonly { readonly restartCount: number }[] = []): number {
  return Math.max(0, ...statuses.map(({ restartCount }) => restartCount));
}

function createdAt({ metadata }: Stored<Pod>): number {
  return Date.parse(metadata.creationTimestamp);
}

function magnitude(milliseconds: number): number {
  return milliseconds > 0 ? Math.floor(Math.log2(milliseconds * NANOSECONDS)) : -1;
}

/** What cannot be read counts as 0, as upstream has it. */
function deletionCost({ metadata }: Stored<Pod>): number {
  const text = metadata.annotations?.[DELETION_COST] ?? '0';
  const cost = /^(0|-\d+|[1-9]\d*)$/.test(text) ? Number(text) : 0;
  return cost === (cost | 0) ? cost : 0;
}
