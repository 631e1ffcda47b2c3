import { ProgressBar } from './progress-bar.tsx';
import styles from './waiting.module.css';

/** In place of a part that is still to come; shows only when that takes longer than a moment. */
export function Waiting({ text }: { readonly text: string }) {
  return (
    <div className={styles['waiting']}>
      <p>{text}</p>
      <div className={styles['bar']}>
        <ProgressBar label={text} />
      </div>
    </div>
  );
}
