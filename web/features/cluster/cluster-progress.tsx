import { useCallback, useSyncExternalStore } from 'react';
import type { ClusterFacade, ClusterState } from '../../../engine/api/cluster.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { nodeShare } from './node-words.ts';
import styles from './cluster-panel.module.css';

const never = () => () => {};

export function useClusterState(cluster: ClusterFacade): ClusterState;
export function useClusterState(cluster: ClusterFacade | undefined): ClusterState | undefined;
export function useClusterState(cluster: ClusterFacade | undefined): ClusterState | undefined {
  const subscribe = useCallback(
    (listener: () => void) => cluster?.onState(listener) ?? never(),
    [cluster],
  );
  return useSyncExternalStore(subscribe, () => cluster?.state());
}

/** How a cluster is, in a sentence. */
function summaryOf({ kind, text, nodes }: ClusterState): string {
  const ready = nodes.filter((node) => node.ready === true).length;
  const readiness = `${ready} of ${nodes.length} nodes are ready`;
  switch (kind) {
    case 'failed':
      return `The cluster did not start: ${text}. End it and start again.`;
    case 'starting':
      return `${text}: ${readiness}`;
    case 'ready':
      return readiness;
  }
}

export function ClusterSummary({ state }: { readonly state: ClusterState }) {
  return (
    <p role={state.kind === 'failed' ? 'alert' : 'status'} className={styles['summary']}>
      {summaryOf(state)}
    </p>
  );
}

/** How far the start of a cluster is; nothing when it is over. */
export function ClusterProgress({ state }: { readonly state: ClusterState }) {
  if (state.kind !== 'starting') return null;
  const { nodes } = state;
  return (
    <ProgressBar
      label="Start of the cluster"
      value={nodes.reduce((sum, node) => sum + nodeShare(node), 0) / nodes.length}
      text={summaryOf(state)}
    />
  );
}
