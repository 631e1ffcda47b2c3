import type { ClusterFacade } from '../engine/api/cluster.ts';
import type { LabMachine } from '../engine/api/lab.ts';
import type { OtherMachines } from './other-machines.ts';

/** The node that a cluster's lesson works on, unless it names another. */
export const CONTROL_PLANE = 'control-plane';

/** Where a lesson happens. */
export type Place =
  | { readonly kind: 'machine'; readonly machine: LabMachine; readonly others: OtherMachines }
  | { readonly kind: 'cluster'; readonly cluster: ClusterFacade };

/**
 * The machine that has the lesson's files, or another one.
 * @param node of a cluster, or name of a machine beside the lesson's own
 */
export function machineOf(place: Place, node?: string): LabMachine {
  if (place.kind === 'cluster') return place.cluster.machine(node ?? CONTROL_PLANE);
  if (node === undefined) return place.machine;
  const other = place.others.running(node);
  if (other === undefined) throw new RangeError(`The machine ${node} has not been started.`);
  return other;
}
