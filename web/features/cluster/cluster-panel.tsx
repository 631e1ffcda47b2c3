import { Suspense, useState } from 'react';
import type { ClusterFacade, ClusterState } from '../../../engine/api/cluster.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { lazyPart } from '../../ui/lazy-part.ts';
import { messageOf } from '../../ui/message-of.ts';
import { Panel } from '../../ui/panel.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Tabbed } from '../../ui/tabbed.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { ClusterProgress, ClusterSummary, useClusterState } from './cluster-progress.tsx';
import { ClusterSize } from './cluster-size.tsx';
import { NodeCard } from './node-card.tsx';
import styles from './cluster-panel.module.css';

const ClusterMap = lazyPart(
  async () => (await import('../cluster-map/cluster-map.tsx')).ClusterMap,
);
const Dashboard = lazyPart(async () => (await import('../dashboard/dashboard.tsx')).Dashboard);
const EtcdBrowser = lazyPart(async () => (await import('../etcd/etcd-browser.tsx')).EtcdBrowser);

export interface ClusterPanelProps {
  readonly cluster: ClusterFacade | undefined;
  /** the machine that is shown */
  readonly shown: string | undefined;
  readonly onStart: (nodes: number) => Promise<void>;
  readonly onEnd: () => Promise<void>;
  readonly onCheckpoints: () => void;
  readonly onOpen: (machine: string) => void;
}

const label = (
  <RealityLabel
    reality="ported"
    surface="The cluster"
    what="Each node is a real machine, and Pods are real containers on it; kubectl and CoreDNS are the original programs. The control plane, kubelets and kube-proxy are ours: they speak the Kubernetes API, and run as workers beside the machines. The cloud around the cluster is simulated."
  />
);

/** A Kubernetes cluster of machines: to start one, see its parts, and break them. */
export function ClusterPanel(props: ClusterPanelProps) {
  const { cluster } = props;
  return (
    <Panel title="Cluster" bar={label}>
      <div className={styles['panel']}>
        {cluster === undefined ? (
          <NoCluster onStart={props.onStart} />
        ) : (
          <Running {...props} cluster={cluster} />
        )}
      </div>
    </Panel>
  );
}

function NoCluster({ onStart }: Pick<ClusterPanelProps, 'onStart'>) {
  const [problem, setProblem] = useState<string>();
  const start = async (nodes: number) => {
    setProblem(undefined);
    try {
      await onStart(nodes);
    } catch (error) {
      setProblem(`The cluster could not be started: ${messageOf(error)}. Try again.`);
      throw error;
    }
  };
  return (
    <div className={styles['empty']}>
      <h3>A Kubernetes cluster of your own</h3>
      <p>
        The first machine has the control plane; Pods run on the others. Each takes about 200 MB of
        this computer’s memory.
      </p>
      <ClusterSize onStart={start} />
      {problem !== undefined && <p role="alert">{problem}</p>}
    </div>
  );
}

const PARTS = [
  { id: 'machines', label: 'Machines' },
  { id: 'map', label: 'Map' },
  { id: 'objects', label: 'Objects' },
  { id: 'etcd', label: 'etcd' },
] as const;

type RunningProps = ClusterPanelProps & { readonly cluster: ClusterFacade };

function Running({ cluster, shown, onOpen, onEnd, onCheckpoints }: RunningProps) {
  const state = useClusterState(cluster);
  const [ending, setEnding] = useState(false);
  const [part, setPart] = useState('machines');
  return (
    <>
      <div className={styles['head']}>
        <ClusterSummary state={state} />
        <Button small icon="save" onClick={onCheckpoints}>
          Checkpoints
        </Button>
        <Button small icon="power" onClick={() => setEnding(true)}>
          End the cluster
        </Button>
      </div>
      <ClusterProgress state={state} />
      <Tabbed
        label="Parts of the cluster"
        items={PARTS}
        selected={part}
        onSelect={setPart}
        className={styles['part']}
      >
        <Suspense fallback={<Waiting text="It is loading" />}>
          <PartBody part={part} cluster={cluster} state={state} shown={shown} onOpen={onOpen} />
        </Suspense>
      </Tabbed>
      {ending && (
        <Confirm
          title="End the cluster?"
          keep="Keep it"
          action="End it"
          icon="power"
          onClose={() => setEnding(false)}
          onConfirm={() => void onEnd()}
        >
          <p>Its machines are switched off, and everything in the cluster is lost.</p>
        </Confirm>
      )}
    </>
  );
}

interface PartBodyProps extends Pick<RunningProps, 'cluster' | 'shown' | 'onOpen'> {
  readonly part: string;
  readonly state: ClusterState;
}

function PartBody({ part, cluster, state, shown, onOpen }: PartBodyProps) {
  switch (part) {
    case 'map':
      return <ClusterMap cluster={cluster} />;
    case 'objects':
      return <Dashboard cluster={cluster} />;
    case 'etcd':
      return <EtcdBrowser cluster={cluster} />;
    default:
      return (
        <ul className={styles['nodes']}>
          {state.nodes.map((node) => (
            <NodeCard
              key={node.name}
              node={node}
              cluster={cluster}
              shown={shown === node.name}
              onOpen={() => onOpen(node.name)}
            />
          ))}
        </ul>
      );
  }
}
