import { useId } from 'react';
import type { ClusterFacade, ClusterNodeState } from '../../../engine/api/cluster.ts';
import { Button } from '../../ui/button.tsx';
import { BreakIt, useBreaks } from './break-it.tsx';
import { expectations } from './breaks.ts';
import { NodePods } from './node-pods.tsx';
import { nodeWords } from './node-words.ts';
import styles from './cluster-panel.module.css';

interface NodeCardProps {
  readonly node: ClusterNodeState;
  readonly cluster: ClusterFacade;
  readonly shown: boolean;
  readonly onOpen: () => void;
}

/** A machine of the cluster: how it is, what runs there, and its switches. */
export function NodeCard({ node, cluster, shown, onOpen }: NodeCardProps) {
  const { name, ip, role, machine, plugged, components } = node;
  const id = useId();
  const alive = machine.kind === 'running' || machine.kind === 'paused';
  const { breaks, problem, act } = useBreaks(cluster, node);
  const expected = expectations(node, breaks);
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
        <Button small icon="terminal" disabled={!alive} onClick={onOpen}>
          {shown ? 'Open here' : 'Open'}
        </Button>
        <Button small disabled={!alive} onClick={() => cluster.setCable(name, !plugged)}>
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
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div role="status">
        {expected.length > 0 && (
          <ul aria-label={`What to expect of ${name}`} className={styles['expected']}>
            {expected.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </div>
      <BreakIt cluster={cluster} node={node} breaks={breaks} act={act} />
    </li>
  );
}
