import { memo } from 'react';
import type { ClusterNodeState } from '../../../engine/api/cluster.ts';
import { nodeWords } from '../cluster/node-words.ts';
import type { MapState, StationState } from './map-state.ts';
import type { ObjectKey } from './object-graph.ts';
import type { PodBox } from './pods.ts';
import styles from './cluster-map.module.css';

export interface MapDrawingProps {
  readonly state: MapState;
  readonly nodes: readonly ClusterNodeState[];
  readonly pods: readonly PodBox[];
  /** of what is followed; the others are pale */
  readonly family: ReadonlySet<ObjectKey> | undefined;
}

/**
 * The API server as a bar that everybody is joined to: the control plane and clients above it, machines with their Pods
 * below. Dots go along the lines.
 */
export function MapDrawing({ state, nodes, pods, family }: MapDrawingProps) {
  const waiting = pods.filter(({ node }) => node === '');
  return (
    // A scrolling region must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label="Map of the cluster" tabIndex={0} className={styles['scroller']}>
      <div className={styles['map']}>
        <ul aria-label="Control plane and clients" className={styles['above']}>
          {state.above.map((station) => (
            <Station key={station.id} station={station} side="above" />
          ))}
        </ul>
        <div className={styles['server']}>kube-apiserver</div>
        <ul aria-label="Machines" className={styles['machines']}>
          {nodes.map((node) => (
            <li key={node.name} className={styles['machineColumn']}>
              <ul aria-label={`Programs of ${node.name}`} className={styles['below']}>
                {state.nodes.get(node.name)?.map((station) => (
                  <Station key={station.id} station={station} side="below" />
                ))}
              </ul>
              <div className={styles['machine']}>
                <h3>{node.name}</h3>
                <p>{nodeWords(node)}</p>
                <Pods
                  label={`Pods on ${node.name}`}
                  pods={pods.filter((pod) => pod.node === node.name)}
                  family={family}
                />
              </div>
            </li>
          ))}
          {waiting.length > 0 && (
            <li className={styles['machineColumn']}>
              <div className={styles['machine']} data-waiting="">
                <h3>No machine yet</h3>
                <p>The scheduler has chosen no node for them.</p>
                <Pods label="Pods without a node" pods={waiting} family={family} />
              </div>
            </li>
          )}
        </ul>
        <p className={styles['legend']}>
          <span>
            <i />a request
          </span>
          <span>
            <i data-direction="from-server" />a watch event, or a call of etcd
          </span>
          <span>
            <i data-failure="" />
            refused or failed
          </span>
        </p>
      </div>
    </div>
  );
}

const Station = memo(function Station({
  station,
  side,
}: {
  readonly station: StationState;
  readonly side: 'above' | 'below';
}) {
  const { id, name, last, watches } = station;
  // Dots are put into it by hand: React never looks inside.
  const line = <div data-line={id} data-side={side} className={styles['line']} />;
  return (
    <li className={styles['station']}>
      {side === 'below' && line}
      <div className={styles['box']}>
        <strong>{name}</strong>
        <span className={styles['last']} title={last}>
          {last === '' ? 'nothing yet' : last}
        </span>
        {watches.length > 0 && (
          <span className={styles['watches']} title={`watches ${watches.join(', ')}`}>
            watches {watches.join(', ')}
          </span>
        )}
      </div>
      {side === 'above' && line}
    </li>
  );
});

function Pods({
  label,
  pods,
  family,
}: {
  readonly label: string;
  readonly pods: readonly PodBox[];
  readonly family: ReadonlySet<ObjectKey> | undefined;
}) {
  if (pods.length === 0) return null;
  return (
    <ul aria-label={label} className={styles['pods']}>
      {pods.map(({ uid, key, name, namespace, containers }) => (
        <li
          key={uid}
          className={styles['pod']}
          data-followed={family?.has(key)}
          data-system={namespace === 'kube-system'}
        >
          <span>{name}</span>
          <ul aria-label={`Containers of ${name}`} className={styles['containers']}>
            {containers.map((container) => (
              <li key={container.name} data-state={container.state}>
                {container.name}
                <span className="visually-hidden"> {container.state}</span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
