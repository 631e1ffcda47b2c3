import { classNames } from './class-names.ts';
import styles from './progress-bar.module.css';

/** `value` from 0 to 1; without it, work of unknown length. `text` is read with the value. */
export function ProgressBar({
  label,
  value,
  text,
}: {
  readonly label: string;
  readonly value?: number;
  readonly text?: string;
}) {
  const known = value !== undefined && Number.isFinite(value);
  const share = known ? Math.min(1, Math.max(0, value)) : 0;
  return (
    <div className={styles['track']}>
      <progress
        className="visually-hidden"
        aria-label={label}
        aria-valuetext={text}
        max={1}
        {...(known ? { value: share } : {})}
      />
      <div
        className={classNames(styles['fill'], !known && styles['indeterminate'])}
        style={known ? { transform: `scaleX(${share})` } : undefined}
      />
    </div>
  );
}
