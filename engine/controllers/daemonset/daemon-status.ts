import type { Stored } from '../../client/resource.ts';
import type { DaemonSet, DaemonSetStatus } from '../../objects/generated/apps-v1.generated.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { isPodAvailable, isPodReady } from '../pods/pod-state.ts';
import { isUpToDate, oldestFirst } from './daemon-pod.ts';
import { nodeFitOf } from './node-fit.ts';

export type DaemonCounts = Required<
  Omit<DaemonSetStatus, 'collisionCount' | 'conditions' | 'observedGeneration'>
>;

/**
 * @param pods by the name of their node @param hash of what the set wants now
 * @param now UNIX milliseconds
 */
export function countDaemons(
  set: DaemonSet,
  nodes: readonly Stored<Node>[],
  pods: ReadonlyMap<string, readonly Stored<Pod>[]>,
  hash: string,
  now: number,
): DaemonCounts {
  const { minReadySeconds = 0 } = set.spec;
  const fits = nodeFitOf(set);
  const oldestOn = ({ metadata }: Stored<Node>) => oldestFirst(pods.get(metadata.name) ?? [])[0];
  const wanted = nodes.filter((node) => fits(node).runs);
  const scheduled = wanted.map(oldestOn).filter((pod) => pod !== undefined);
  const available = scheduled.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length;
  return {
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: scheduled.length,
    numberMisscheduled: nodes.filter((node) => !fits(node).runs && oldestOn(node) !== undefined)
      .length,
    numberReady: scheduled.filter(isPodReady).length,
    updatedNumberScheduled: scheduled.filter((pod) => isUpToDate(pod, set, hash)).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
  };
}

export function isNewCount({ status, metadata }: DaemonSet, counts: DaemonCounts): boolean {
  return (
    (status?.desiredNumberScheduled ?? 0) !== counts.desiredNumberScheduled ||
    (status?.currentNumberScheduled ?? 0) !== counts.currentNumberScheduled ||
    (status?.numberMisscheduled ?? 0) !== counts.numberMisscheduled ||
    (status?.numberReady ?? 0) !== counts.numberReady ||
    (status?.updatedNumberScheduled ?? 0) !== counts.updatedNumberScheduled ||
    (status?.numberAvailable ?? 0) !== counts.numberAvailable ||
    (status?.numberUnavailable ?? 0) !== counts.numberUnavailable ||
    (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)
  );
}
