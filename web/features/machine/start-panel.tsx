import { useState } from 'react';
import type { MachineProgress } from '../../../engine/api/machine.ts';
import { Mark } from '../../ui/mark.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { remainder, shareOf } from './start-progress.ts';
import styles from './start-panel.module.css';

/** Covers the terminal until the first shell answers: what is happening and how much is left. */
export function StartPanel({
  progress,
  started,
}: {
  readonly progress: MachineProgress | undefined;
  /** the machine runs, and its shell is all that is missing */
  readonly started: boolean;
}) {
  const [start, setStart] = useState<'restore' | 'cold'>('restore');
  const [furthest, setFurthest] = useState(0);
  if (progress?.phase === 'booting' && start !== 'cold') setStart('cold');
  const share = started ? 0.99 : progress ? shareOf(progress, start) : 0;
  if (share > furthest) setFurthest(share);
  const text = started ? 'Opening a shell' : progress?.text || 'Getting ready';
  const left = progress ? remainder(progress) : '';

  return (
    <div className={styles['cover']}>
      <div className={styles['start']}>
        <Mark size={88} water={furthest} />
        <h2 className={styles['title']}>Starting your machine</h2>
        <ProgressBar
          label="Start of the machine"
          value={furthest}
          text={left ? `${text}, ${left}` : text}
        />
        <p className={styles['phase']}>
          <output>{text}</output>
          <span className={styles['left']}>{left}</span>
        </p>
      </div>
    </div>
  );
}
