import type { ClusterFacade } from '../engine/api/cluster.ts';
import type { LabMachine } from '../engine/api/lab.ts';

/** The node that a cluster's lesson works on, unless it names another. */
export const CONTROL_PLANE = 'control-plane';

/** Where a lesson happens. */
export type Place =
  | { readonly kind: 'machine'; readonly machine: LabMachine }
  | { readonly kind: 'cluster'; readonly cluster: ClusterFacade };

/** The machine that has the lesson's files. @param node of a cluster; its control plane when absent */
export function machineOf(place: Place, node = CONTROL_PLANE): LabMachine {
  return place.kind === 'machine' ? place.machine : place.cluster.machine(node);
}
