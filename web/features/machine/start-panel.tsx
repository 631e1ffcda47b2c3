import { useState } from 'react';
import type { MachineProgress } from '../../../engine/api/machine.ts';
import { Mark } from '../../ui/mark.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { remainder, shareOf } from './start-progress.ts';
import styles from './start-panel.module.css';

/** Covers the terminal until the first shell answers: what is happening and how much is left. */
export function StartPanel({ progress }: { readonly progress: MachineProgress | undefined }) {
  const [start, setStart] = useState<'restore' | 'cold'>('restore');
  const [furthest, setFurthest] = useState(0);
  if (progress?.phase === 'booting' && start !== 'cold') setStart('cold');
  const share = progress ? shareOf(progress, start) : 0;
  if (share > furthest) setFurthest(share);
  const text = progress?.text ?? 'Getting ready';
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
