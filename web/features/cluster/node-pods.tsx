import { useEffect, useMemo, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Table } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import { dashboardClient } from '../dashboard/cluster-client.ts';
import { follow } from '../dashboard/follow.ts';
import { podWords, type PodWords } from './pod-words.ts';
import styles from './cluster-panel.module.css';

/** Pods of a node as they come, go and change. */
export function NodePods({
  cluster,
  node,
}: {
  readonly cluster: ClusterFacade;
  readonly node: string;
}) {
  const client = useMemo(() => dashboardClient(cluster), [cluster]);
  const [pods, setPods] = useState<readonly PodWords[]>([]);
  useEffect(() => {
    const scope = { fieldSelector: `spec.nodeName=${node}` };
    return follow<Table>({
      client,
      resource: resources.pods,
      scope,
      ask: (signal) => client.table(resources.pods, { ...scope, signal }),
      onAnswer: (table) => setPods(podWords(table)),
      // What was last known stays: the card tells how its node is.
      onProblem: () => {},
    });
  }, [client, node]);
  if (pods.length === 0) return null;
  return (
    <ul aria-label={`Pods on ${node}`} className={styles['pods']}>
      {pods.map(({ uid, name, words, isWell }) => (
        <li key={uid} data-well={isWell}>
          <span>{name}</span>
          <span>{words}</span>
        </li>
      ))}
    </ul>
  );
}
