import { useId, type ReactNode } from 'react';
import styles from './tabbed.module.css';
import { Tabs, type TabsProps } from './tabs.tsx';

/** Tabs, and below them the part that is selected. */
export function Tabbed({
  className,
  children,
  ...tabs
}: Pick<TabsProps, 'label' | 'items' | 'selected' | 'onSelect'> & {
  /** of the part */
  readonly className?: string | undefined;
  readonly children: ReactNode;
}) {
  const { items, selected } = tabs;
  const id = useId();
  return (
    <>
      <div className={styles['bar']}>
        <Tabs {...tabs} panelId={(each) => `${id}-${each}`} />
      </div>
      <div
        id={`${id}-${selected}`}
        role="tabpanel"
        aria-label={items.find((each) => each.id === selected)?.label}
        className={className}
      >
        {children}
      </div>
    </>
  );
}
