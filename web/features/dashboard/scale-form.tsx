import { useId, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import styles from './dashboard.module.css';

export interface ScaleFormProps {
  readonly replicas: number;
  readonly onScale: (replicas: number) => Promise<unknown>;
}

/** Asks for more or fewer Pods. */
export function ScaleForm({ replicas, onScale }: ScaleFormProps) {
  const [wanted, setWanted] = useState<number>();
  const id = useId();
  return (
    <span className={styles['scale']}>
      <label htmlFor={id}>Replicas</label>
      <input
        id={id}
        type="number"
        min={0}
        max={100}
        value={wanted ?? replicas}
        onChange={({ target }) => setWanted(target.valueAsNumber)}
      />
      <Button
        small
        disabled={wanted === undefined || Number.isNaN(wanted) || wanted === replicas}
        onClick={() => void onScale(wanted ?? replicas).then(() => setWanted(undefined))}
      >
        Scale
      </Button>
    </span>
  );
}
