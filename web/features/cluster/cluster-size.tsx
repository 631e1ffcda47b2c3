import { useId, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import styles from './cluster-panel.module.css';

const SIZES = [1, 2, 3, 4] as const;

/** Starts a cluster of as many machines as are chosen. `onStart` tells itself what went wrong. */
export function ClusterSize({ onStart }: { readonly onStart: (nodes: number) => Promise<void> }) {
  const id = useId();
  const [nodes, setNodes] = useState(3);
  const [starting, setStarting] = useState(false);
  return (
    <div className={styles['choose']}>
      <label htmlFor={id}>Machines</label>
      <select
        id={id}
        value={nodes}
        className={styles['select']}
        onChange={({ target }) => setNodes(Number(target.value))}
      >
        {SIZES.map((size) => (
          <option key={size}>{size}</option>
        ))}
      </select>
      <Button
        variant="primary"
        icon="play"
        disabled={starting}
        onClick={() => {
          setStarting(true);
          onStart(nodes).catch(() => setStarting(false));
        }}
      >
        Start the cluster
      </Button>
    </div>
  );
}
