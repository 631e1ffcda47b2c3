import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import styles from './disk-notice.module.css';

/** Shown while a program in the machine waits for a part of the disk that cannot be fetched. */
export function DiskNotice({ machine }: { readonly machine: LabMachine }) {
  const subscribe = useCallback((listener: () => void) => machine.onDisk(listener), [machine]);
  const supply = useSyncExternalStore(subscribe, () => machine.disk());
  const waiting = supply.kind === 'waiting';
  const retry = useCallback(() => void machine.retryDisk().catch(() => {}), [machine]);

  useEffect(() => {
    if (!waiting) return;
    addEventListener('online', retry);
    return () => removeEventListener('online', retry);
  }, [waiting, retry]);

  if (!waiting) return null;
  return (
    <Notice
      role="alert"
      title="The machine waits for a part of its disk"
      actions={
        <Button small variant="primary" icon="reload" onClick={retry}>
          Try now
        </Button>
      }
    >
      <p>
        {navigator.onLine
          ? 'It could not be fetched from this site. The program that needs it goes on as soon as it can be.'
          : 'There is no connection. The program that needs it goes on as soon as there is one.'}
      </p>
      <details className={styles['detail']}>
        <summary>Details</summary>
        {supply.error.message} ({supply.attempts} attempts)
      </details>
    </Notice>
  );
}
