import { createContext, use, useId, type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './panel.module.css';

export interface PanelProps {
  /** names the region for assistive technology, and is shown unless `hideTitle` */
  readonly title: string;
  readonly hideTitle?: boolean;
  /** the bar begins with tabs, which touch the panel's edge */
  readonly startsWithTabs?: boolean;
  /** between title and actions: tabs, an address bar, a label */
  readonly bar?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/**
 * True where something else already shows a panel's name and lies over the start of its title
 * bar, as tabs that switch between panels do; `--panel-lead` is the width it takes.
 */
export const PanelNameShown = createContext(false);

/** A surface with a title bar; a landmark region. Fills its parent; the body scrolls. */
export function Panel({
  title,
  hideTitle,
  startsWithTabs,
  bar,
  actions,
  className,
  children,
}: PanelProps) {
  const id = useId();
  const nameShown = use(PanelNameShown);
  return (
    <section
      className={classNames(styles['panel'], startsWithTabs && styles['startsWithTabs'], className)}
      aria-labelledby={id}
    >
      <header className={styles['bar']}>
        <h2 id={id} className={hideTitle || nameShown ? 'visually-hidden' : styles['title']}>
          {title}
        </h2>
        <div className={styles['middle']}>{bar}</div>
        {actions}
      </header>
      <div className={styles['body']}>{children}</div>
    </section>
  );
}
