import { ACTION, type EventInterest } from '../framework/cluster-event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { NAMES } from './names.ts';

/**
 * Keeps Pods with gates out of the queue.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/
 */
export const schedulingGates: Plugin = {
  name: NAMES.schedulingGates,
  interests: [
    { resource: 'TargetPod', actions: ACTION.updatePodSchedulingGatesEliminated },
  ] satisfies EventInterest[],
  preEnqueue({ spec: { schedulingGates: gates = [] } }) {
    if (gates.length === 0) return undefined;
    const names = gates.map(({ name }) => name).join(' ');
    return unresolvable(NAMES.schedulingGates, `waiting for scheduling gates: [${names}]`);
  },
};
