import type { NodeStatuses } from './node-statuses.ts';

/** What is known of a Pod that fits on no node. */
export interface Diagnosis {
  readonly nodeCount: number;
  readonly statuses: NodeStatuses;
  /** the plugins that refused it: what they wait for may help */
  readonly unschedulablePlugins: Set<string>;
  readonly pendingPlugins: Set<string>;
  preFilterMessage: string;
  postFilterMessage: string;
}

/** `0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint(s). preemption: …` */
export function fitMessage(diagnosis: Omit<Diagnosis, 'unschedulablePlugins' | 'pendingPlugins'>) {
  const { nodeCount, statuses, preFilterMessage, postFilterMessage } = diagnosis;
  const reasons = preFilterMessage === '' ? statuses.summary(nodeCount) : `${preFilterMessage}.`;
  return [`0/${nodeCount} nodes are available:`, reasons, postFilterMessage]
    .filter((part) => part !== '')
    .join(' ');
}
