import type { DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { matchesRequiredNodeAffinity } from '../../objects/selectors/node-selector.ts';
import { tolerates, untoleratedTaint } from '../../objects/selectors/tolerations.ts';
import { daemonTolerations } from './daemon-pod.ts';

export interface NodeFit {
  /** a daemon is to be there */
  readonly runs: boolean;
  /** one that is there may stay */
  readonly stays: boolean;
}

/** Says of each node whether a daemon of the set belongs there (`NodeShouldRunDaemonPod`). */
export function nodeFitOf({ spec }: DaemonSet): (node: Node) => NodeFit {
  const podSpec = spec.template.spec ?? { containers: [] };
  const { nodeName = '' } = podSpec;
  const tolerations = daemonTolerations(podSpec);
  return ({ metadata, spec: { taints = [] } }) => {
    const { name = '', labels = {} } = metadata;
    const isChosen =
      (nodeName === '' || nodeName === name) &&
      matchesRequiredNodeAffinity({ spec: podSpec }, { name, labels });
    if (!isChosen) return { runs: false, stays: false };
    const evicts = taints.some(
      (taint) => taint.effect === 'NoExecute' && !tolerates(tolerations, taint),
    );
    return { runs: untoleratedTaint(taints, tolerations) === undefined, stays: !evicts };
  };
}
