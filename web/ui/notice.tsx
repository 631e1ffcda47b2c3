import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon } from './icon.tsx';
import styles from './notice.module.css';

/** Words above the page that leave it usable; `alert` interrupts a screen reader, `status` waits. */
export function Notice({
  title,
  role,
  actions,
  children,
}: {
  readonly title: string;
  readonly role: 'alert' | 'status';
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div role={role} className={classNames(styles['notice'], styles[role])}>
      <Icon name={role === 'alert' ? 'warning' : 'info'} size={20} />
      <div className={styles['text']}>
        <p className={styles['title']}>{title}</p>
        {children}
      </div>
      {actions}
    </div>
  );
}
