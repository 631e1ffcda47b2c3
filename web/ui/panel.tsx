import { useId, type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './panel.module.css';

export interface PanelProps {
  /** names the region for assistive technology, and is shown unless `hideTitle` */
  readonly title: string;
  readonly hideTitle?: boolean;
  /** between title and actions: tabs, an address bar, a label */
  readonly bar?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A surface with a title bar; a landmark region. Fills its parent; the body scrolls. */
export function Panel({ title, hideTitle, bar, actions, className, children }: PanelProps) {
  const id = useId();
  return (
    <section className={classNames(styles['panel'], className)} aria-labelledby={id}>
      <header className={styles['bar']}>
        <h2 id={id} className={hideTitle ? 'visually-hidden' : styles['title']}>
          {title}
        </h2>
        <div className={styles['middle']}>{bar}</div>
        {actions}
      </header>
      <div className={styles['body']}>{children}</div>
    </section>
  );
}
