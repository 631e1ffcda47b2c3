import { useEffect, useRef, useState, type MouseEvent } from 'react';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import type { TerminalSession } from './terminal-session.ts';
import styles from './terminal-panel.module.css';

export interface TerminalViewProps {
  readonly session: TerminalSession;
  readonly label: string;
  readonly visible: boolean;
  readonly onFind?: () => void;
  readonly onSplit?: (() => void) | undefined;
  readonly onClose?: (() => void) | undefined;
}

/** Shows one session's screen, with its keys for copy, paste and search and its context menu. */
export function TerminalView({
  session,
  label,
  visible,
  onFind,
  onSplit,
  onClose,
}: TerminalViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number }>();
  const [notice, setNotice] = useState('');

  useEffect(() => {
    if (!host.current || !visible) return;
    session.attach(host.current);
    return () => session.detach();
  }, [session, visible]);

  const copy = async () => {
    const text = session.terminal.getSelection();
    if (!text) return;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      setNotice(
        'The browser did not allow copying. Select the text and use the browser’s own menu (Shift + right click).',
      );
    }
  };
  const paste = async () => {
    try {
      session.paste(await navigator.clipboard.readText());
    } catch {
      setNotice('The browser did not allow reading the clipboard. Press Ctrl+Shift+V instead.');
    }
    session.focus();
  };

  useEffect(() => {
    session.terminal.attachCustomKeyEventHandler((event) => {
      if (event.key === 'F6') return false;
      if (event.ctrlKey && event.shiftKey && !event.altKey) {
        if (event.code === 'KeyC') {
          event.preventDefault();
          if (event.type === 'keydown') void copy();
          return false;
        }
        // The browser turns this one into a paste event, which needs no permission.
        if (event.code === 'KeyV') return false;
        if (event.code === 'KeyF' && onFind) {
          event.preventDefault();
          if (event.type === 'keydown') onFind();
          return false;
        }
      }
      return true;
    });
  });

  useEffect(() => {
    session.terminal.textarea?.setAttribute('aria-label', `${label}. F6 leaves the terminal.`);
  }, [session, label, visible]);

  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setNotice(''), 6000);
    return () => clearTimeout(timer);
  }, [notice]);

  const items: readonly MenuItem[] = [
    {
      label: 'Copy',
      icon: 'copy',
      shortcut: 'Ctrl+Shift+C',
      disabled: !session.terminal.hasSelection(),
      onSelect: () => void copy(),
    },
    { label: 'Paste', icon: 'paste', shortcut: 'Ctrl+Shift+V', onSelect: () => void paste() },
    { label: 'Select all', onSelect: () => session.terminal.selectAll() },
    { label: 'Clear scrollback', onSelect: () => session.terminal.clear() },
    ...(onFind
      ? ([
          'separator',
          { label: 'Find', icon: 'search', shortcut: 'Ctrl+Shift+F', onSelect: onFind },
        ] as const)
      : []),
    ...(onSplit ? [{ label: 'Split', icon: 'split', onSelect: onSplit } as const] : []),
    ...(onClose ? [{ label: 'Close this pane', icon: 'close', onSelect: onClose } as const] : []),
  ];
  const openMenu = (event: MouseEvent) => {
    if (event.shiftKey) return;
    event.preventDefault();
    setMenuAt({ x: event.clientX, y: event.clientY });
  };

  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={styles['view']} hidden={!visible} onContextMenu={openMenu}>
      <div ref={host} className={styles['screen']} />
      {menuAt && (
        <Menu label="Terminal" items={items} at={menuAt} onClose={() => setMenuAt(undefined)} />
      )}
      <output className={notice ? styles['notice'] : 'visually-hidden'}>{notice}</output>
    </div>
  );
}
