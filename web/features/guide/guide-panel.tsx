import { useEffect, useRef, type ReactNode } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { Panel } from '../../ui/panel.tsx';
import styles from './guide.module.css';

export interface GuidePageProps {
  /** whether one came here from elsewhere in the app, and reads on there; else the terminal has the focus */
  readonly takesFocus: boolean;
  readonly onClose: () => void;
}

/** A page of text beside the machine. */
export function GuidePanel({
  title,
  takesFocus,
  onClose,
  children,
}: GuidePageProps & { readonly title: string; readonly children: ReactNode }) {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) top.current?.focus();
  }, [takesFocus]);
  return (
    <Panel
      title={title}
      actions={<IconButton small icon="close" label={`Close: ${title}`} onClick={onClose} />}
    >
      {/* It scrolls: the keyboard must reach it, also where it has no links. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={top} tabIndex={0} className={styles['body']}>
        {children}
      </div>
    </Panel>
  );
}
