import { useEffect, useId, useRef, type ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { rememberFocus } from './remember-focus.ts';
import styles from './dialog.module.css';

export interface DialogProps {
  readonly title: string;
  readonly wide?: boolean;
  /** it is longer than a page may be and has nothing to go to with the Tab key: the keyboard scrolls it */
  readonly scrolls?: boolean;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
  readonly onClose: () => void;
}

/** An open modal dialog: render it to open, stop rendering it on `onClose` (Escape, close button, click outside). */
export function Dialog({ title, wide, scrolls, footer, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const giveBack = rememberFocus();
    element.showModal();
    element.querySelector<HTMLElement>('input, [data-autofocus]')?.focus();
    return () => {
      element.close();
      giveBack();
    };
  }, []);

  return (
    // The click handler closes on the backdrop, for the mouse only; Escape does the same for the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      aria-labelledby={id}
      className={classNames(styles['dialog'], wide && styles['wide'])}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <header className={styles['header']}>
        <h2 id={id} className={styles['title']}>
          {title}
        </h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles['body']} tabIndex={scrolls ? 0 : -1}>
        {children}
      </div>
      {footer && <footer className={styles['footer']}>{footer}</footer>}
    </dialog>
  );
}
