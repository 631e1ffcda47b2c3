import type { Taint, Toleration } from '../../objects/generated/core-v1.generated.ts';
import { ACTION } from '../framework/cluster-event.ts';
import { StateKey } from '../framework/cycle-state.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { tolerates, untoleratedTaint } from '../../objects/selectors/tolerations.ts';
import { NAMES } from './names.ts';
import { normalizeByHighest } from './normalize.ts';

const untolerated = unresolvable(NAMES.taintToleration, 'node(s) had untolerated taint(s)');

interface Preferences {
  /** those that may speak of PreferNoSchedule */
  readonly tolerations: readonly Toleration[];
}
const PREFERENCES = new StateKey<Preferences>(NAMES.taintToleration);

/**
 * Keeps Pods off nodes with taints that they do not tolerate, and prefers nodes with fewer taints of
 * PreferNoSchedule.
 */
export const taintToleration: Plugin = {
  name: NAMES.taintToleration,
  interests: [
    {
      resource: 'Node',
      actions: ACTION.add | ACTION.updateNodeTaint,
      hint(pod, before, after) {
        const { tolerations } = pod.spec;
        return (
          untoleratedTaint(after?.spec.taints, tolerations) === undefined &&
          (before === undefined || untoleratedTaint(before.spec.taints, tolerations) !== undefined)
        );
      },
    },
    { resource: 'TargetPod', actions: ACTION.updatePodToleration },
  ],
  filter(_state, { pod }, { doNotScheduleTaints }) {
    if (doNotScheduleTaints.length === 0) return undefined;
    return untoleratedTaint(doNotScheduleTaints, pod.spec.tolerations) === undefined
      ? undefined
      : untolerated;
  },
  preScore(state, { pod }) {
    state.write(PREFERENCES, {
      tolerations: (pod.spec.tolerations ?? []).filter(
        ({ effect }) => effect === undefined || effect === 'PreferNoSchedule',
      ),
    });
    return undefined;
  },
  score(state, _pod, { taints }) {
    if (taints.length === 0) return 0;
    const tolerations = state.read(PREFERENCES)?.tolerations;
    const isIntolerable = (taint: Taint): boolean =>
      taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint);
    return taints.filter(isIntolerable).length;
  },
  normalize: (_state, scores) => normalizeByHighest(scores, true),
};
