import type { ClusterNodeState } from '../../../engine/api/cluster.ts';

/** How a node is, in words. */
export function nodeWords({ machine, kubelet, ready, plugged, delay }: ClusterNodeState): string {
  if (machine.kind === 'starting') return machine.progress.text.toLowerCase();
  if (machine.kind === 'failed') return `the machine failed: ${machine.error.message}`;
  if (machine.kind === 'stopped') return 'the machine is off';
  const state = ready === undefined ? `kubelet ${kubelet}` : ready ? 'Ready' : 'NotReady';
  const frozen = machine.kind === 'paused' ? ', frozen' : '';
  const cable = plugged ? (delay > 0 ? ', slow cable' : '') : ', cable pulled';
  return `${state}${frozen}${cable}`;
}

/** How far a node is on its way to being ready, from 0 to 1. */
export function nodeShare({ machine, kubelet, ready }: ClusterNodeState): number {
  if (ready === true) return 1;
  if (machine.kind === 'starting')
    return machine.progress.total > 0
      ? 0.5 * Math.min(1, machine.progress.done / machine.progress.total)
      : 0;
  return kubelet === 'running' ? 0.8 : 0.6;
}
