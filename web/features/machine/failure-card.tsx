import { useEffect } from 'react';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { Failure } from './failures.ts';
import styles from './start-panel.module.css';

export interface FailureCardProps {
  readonly failure: Failure;
  readonly onRetry: () => void;
  readonly onColdBoot: (() => void) | undefined;
}

/** Says what happened, why, and what to do. */
export function FailureCard({ failure, onRetry, onColdBoot }: FailureCardProps) {
  const waitsForNetwork = failure.needsNetwork === true;
  useEffect(() => {
    if (!waitsForNetwork) return undefined;
    addEventListener('online', onRetry);
    return () => removeEventListener('online', onRetry);
  }, [waitsForNetwork, onRetry]);
  return (
    <div className={styles['cover']}>
      <div role="alert" className={styles['card']}>
        <h2 className={styles['failureTitle']}>
          <Icon name="warning" size={20} />
          {failure.title}
        </h2>
        <p>{failure.why}</p>
        <ul className={styles['advice']}>
          {failure.advice.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        <div className={styles['buttons']}>
          {failure.retry && (
            <Button variant="primary" icon="reload" onClick={onRetry}>
              Try again
            </Button>
          )}
          {onColdBoot && (
            <Button
              variant={failure.retry ? 'secondary' : 'primary'}
              icon="power"
              onClick={onColdBoot}
            >
              Start from the BIOS
            </Button>
          )}
        </div>
        {failure.detail && (
          <details className={styles['detail']}>
            <summary>Details</summary>
            <pre>{failure.detail}</pre>
          </details>
        )}
      </div>
    </div>
  );
}
