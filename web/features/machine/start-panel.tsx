import { useRef } from 'react';
import type { MachineProgress } from '../../../engine/api/machine.ts';
import { Mark } from '../../ui/mark.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { remainder, shareOf } from './start-progress.ts';
import styles from './start-panel.module.css';

/** Covers the terminal until the first shell answers: what is happening and how much is left. */
export function StartPanel({ progress }: { readonly progress: MachineProgress | undefined }) {
  const start = useRef<'restore' | 'cold'>('restore');
  const furthest = useRef(0);
  if (progress?.phase === 'booting') start.current = 'cold';
  const share = progress ? shareOf(progress, start.current) : 0;
  furthest.current = Math.max(furthest.current, share);
  const text = progress?.text ?? 'Getting ready';
  const left = progress ? remainder(progress) : '';

  return (
    <div className={styles['cover']}>
      <div className={styles['start']}>
        <Mark size={88} water={furthest.current} />
        <h3 className={styles['title']}>Starting your machine</h3>
        <ProgressBar label="Start of the machine" value={furthest.current} text={left ? `${text}, ${left}` : text} />
        <p className={styles['phase']}>
          <span role="status">{text}</span>
          <span className={styles['left']}>{left}</span>
        </p>
      </div>
    </div>
  );
}
