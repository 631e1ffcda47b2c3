import { Suspense, useId, useState } from 'react';
import type { ClusterFacade, ClusterNodeState } from '../../../engine/api/cluster.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { lazyPart } from '../../ui/lazy-part.ts';
import { messageOf } from '../../ui/message-of.ts';
import { Panel } from '../../ui/panel.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { ClusterProgress, ClusterSummary, useClusterState } from './cluster-progress.tsx';
import { ClusterSize } from './cluster-size.tsx';
import { NodePods } from './node-pods.tsx';
import { nodeWords } from './node-words.ts';
import styles from './cluster-panel.module.css';

const Dashboard = lazyPart(async () => (await import('../dashboard/dashboard.tsx')).Dashboard);

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
  { id: 'objects', label: 'Objects' },
] as const;

type RunningProps = ClusterPanelProps & { readonly cluster: ClusterFacade };

function Running({ cluster, shown, onOpen, onEnd, onCheckpoints }: RunningProps) {
  const state = useClusterState(cluster);
  const [ending, setEnding] = useState(false);
  const [part, setPart] = useState('machines');
  const id = useId();
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
      <Tabs
        label="Parts of the cluster"
        items={PARTS}
        selected={part}
        onSelect={setPart}
        panelId={(each) => `${id}-${each}`}
      />
      <div
        id={`${id}-${part}`}
        role="tabpanel"
        aria-label={PARTS.find((each) => each.id === part)?.label}
        className={styles['part']}
      >
        {part === 'machines' ? (
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
        ) : (
          <Suspense fallback={<Waiting text="The dashboard is loading" />}>
            <Dashboard cluster={cluster} />
          </Suspense>
        )}
      </div>
      {ending && (
        <Dialog
          title="End the cluster?"
          onClose={() => setEnding(false)}
          footer={
            <>
              <Button data-autofocus onClick={() => setEnding(false)}>
                Keep it
              </Button>
              <Button
                variant="danger"
                icon="power"
                onClick={() => {
                  setEnding(false);
                  void onEnd();
                }}
              >
                End it
              </Button>
            </>
          }
        >
          <p>Its machines are switched off, and everything in the cluster is lost.</p>
        </Dialog>
      )}
    </>
  );
}

interface NodeCardProps {
  readonly node: ClusterNodeState;
  readonly cluster: ClusterFacade;
  readonly shown: boolean;
  readonly onOpen: () => void;
}

function NodeCard({ node, cluster, shown, onOpen }: NodeCardProps) {
  const { name, ip, role, machine, plugged, components } = node;
  const id = useId();
  const alive = machine.kind === 'running' || machine.kind === 'paused';
  return (
    <li className={styles['node']} aria-labelledby={id}>
      <div className={styles['nodeHead']}>
        <span className={styles['dot']} data-ready={String(node.ready ?? 'unknown')} />
        <h3 id={id}>{name}</h3>
        <span className={styles['facts']}>
          {role === 'control-plane' ? 'control plane' : 'worker'} · {ip} · {nodeWords(node)}
        </span>
      </div>
      {components.length > 0 && (
        <ul aria-label={`Components on ${name}`} className={styles['components']}>
          {components.map((component) => (
            <li key={component.name} data-running={component.running}>
              {component.name}
              {component.running ? '' : ' (stopped)'}
            </li>
          ))}
        </ul>
      )}
      {node.ready !== undefined && <NodePods cluster={cluster} node={name} />}
      <div className={styles['switches']}>
        <Button small icon="terminal" disabled={!alive} aria-pressed={shown} onClick={onOpen}>
          {shown ? 'Open here' : 'Open'}
        </Button>
        <Button
          small
          disabled={!alive}
          aria-pressed={!plugged}
          onClick={() => cluster.setCable(name, !plugged)}
        >
          {plugged ? 'Pull the cable' : 'Plug the cable in'}
        </Button>
        {machine.kind === 'paused' ? (
          <Button small icon="play" onClick={() => void cluster.thaw(name)}>
            Go on
          </Button>
        ) : (
          <Button
            small
            icon="pause"
            disabled={machine.kind !== 'running'}
            onClick={() => void cluster.freeze(name)}
          >
            Freeze
          </Button>
        )}
        {alive ? (
          <Button small icon="power" variant="danger" onClick={() => void cluster.kill(name)}>
            Kill
          </Button>
        ) : (
          <Button
            small
            icon="reload"
            disabled={machine.kind === 'starting'}
            onClick={() => void cluster.replace(name)}
          >
            Replace
          </Button>
        )}
      </div>
    </li>
  );
}
