import type { Node, Pod, Taint } from '../../objects/generated/core-v1.generated.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { tolerates } from '../../objects/selectors/tolerations.ts';
import { NAMES } from './names.ts';

const cordoned = unresolvable(NAMES.nodeUnschedulable, 'node(s) were unschedulable');
const TAINT: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const isUnschedulable = (node: Node | undefined): boolean => node?.spec.unschedulable ?? false;

/** Keeps Pods off nodes that `kubectl cordon` closed, unless they tolerate that. */
export const nodeUnschedulable: Plugin = {
  name: NAMES.nodeUnschedulable,
  interests: [
    {
      resource: 'Node',
      actions: ACTION.add | ACTION.updateNodeTaint,
      hint: (_pod, before, after) =>
        !isUnschedulable(after) && (before === undefined || isUnschedulable(before)),
    },
    {
      resource: 'TargetPod',
      actions: ACTION.updatePodToleration,
      hint: (_pod, _before, after) => tolerates((after as Pod).spec.tolerations, TAINT),
    },
  ],
  filter(_state, { pod }, node) {
    return node.isUnschedulable && !tolerates(pod.spec.tolerations, TAINT) ? cordoned : undefined;
  },
};
