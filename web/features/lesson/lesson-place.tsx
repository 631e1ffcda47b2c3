import { useMemo, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { LabMachine } from '../../../engine/api/lab.ts';
import type { Environment } from '../../../lessons/front-matter.ts';
import type { OtherMachines } from '../../../lessons/other-machines.ts';
import type { Place } from '../../../lessons/place.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { ClusterProgress, ClusterSummary, useClusterState } from '../cluster/cluster-progress.tsx';
import styles from './lesson.module.css';

/** Where a lesson happens, once that is there and is as the lesson needs it. */
export function usePlace(
  environment: Environment | undefined,
  machine: LabMachine | undefined,
  cluster: ClusterFacade | undefined,
  others: OtherMachines,
): Place | undefined {
  const state = useClusterState(cluster);
  const isReady =
    environment?.kind === 'cluster' &&
    state?.kind === 'ready' &&
    state.nodes.length === environment.nodes;
  const ready = isReady ? cluster : undefined;
  // Each depends only on what it is made of: a place that is replaced begins the lesson anew.
  const onMachine = useMemo((): Place | undefined => {
    if (environment?.kind !== 'machine' || machine === undefined) return undefined;
    return { kind: 'machine', machine, others };
  }, [environment, machine, others]);
  const onCluster = useMemo(
    (): Place | undefined => ready && { kind: 'cluster', cluster: ready },
    [ready],
  );
  return onMachine ?? onCluster;
}

export interface LessonPlaceProps {
  readonly environment: Environment;
  readonly cluster: ClusterFacade | undefined;
  /** a new cluster of so many machines, in place of the one that is there */
  readonly onStartCluster: (nodes: number) => Promise<void>;
}

/** What is missing before a lesson can begin, and how to have it. */
export function LessonPlace({ environment, cluster, onStartCluster }: LessonPlaceProps) {
  if (environment.kind === 'machine') return <Waiting text="The machine is starting" />;
  return (
    <ClusterStart nodes={environment.nodes} cluster={cluster} onStartCluster={onStartCluster} />
  );
}

function ClusterStart({
  nodes,
  cluster,
  onStartCluster,
}: Omit<LessonPlaceProps, 'environment'> & { readonly nodes: number }) {
  const state = useClusterState(cluster);
  const [problem, setProblem] = useState<string>();
  const machines = nodes === 1 ? 'one machine' : `${nodes} machines`;
  const start = () => {
    setProblem(undefined);
    onStartCluster(nodes).catch((error: unknown) => setProblem(messageOf(error)));
  };
  const isStarting = state?.kind === 'starting' && state.nodes.length === nodes;
  return (
    <section className={styles['place']} aria-label="Cluster of this lesson">
      {state === undefined ? (
        <p>
          This lesson happens on a cluster of {machines}. Each takes about 200 MB of this computer’s
          memory.
        </p>
      ) : state.nodes.length === nodes ? (
        <ClusterSummary state={state} />
      ) : (
        <p>
          The cluster that is there is of another size: this lesson needs {machines}. A new one
          takes its place, and everything in it is lost.
        </p>
      )}
      {isStarting ? (
        <ClusterProgress state={state} />
      ) : (
        <Button variant="primary" icon="play" onClick={start}>
          {state === undefined ? 'Start the cluster' : 'Start a new cluster'}
        </Button>
      )}
      {problem !== undefined && (
        <p role="alert">The cluster could not be started: {problem}. Try again.</p>
      )}
    </section>
  );
}
