import type { TerminalSession } from './terminal-session.ts';
import styles from './terminal-panel.module.css';

const keys = [
  ['Esc', '\u001b', 'Esc: escape'],
  ['Tab', '\t', 'Tab'],
  ['^C', '\u0003', 'Control C: interrupt'],
  ['^D', '\u0004', 'Control D: end of input'],
  ['←', '\u001b[D', 'Left'],
  ['↓', '\u001b[B', 'Down'],
  ['↑', '\u001b[A', 'Up'],
  ['→', '\u001b[C', 'Right'],
  ['/', '/', 'Slash'],
  ['-', '-', 'Hyphen'],
] as const;

/** Keys that screen keyboards lack. Shown for touch only. */
export function TouchKeys({ session }: { readonly session: TerminalSession }) {
  return (
    <menu aria-label="Terminal keys" className={styles['touchKeys']}>
      {keys.map(([label, text, name]) => (
        <li key={label} className={styles['touchItem']}>
          <button
            type="button"
            aria-label={name}
            className={styles['touchKey']}
            // Keeps the focus, and with it the screen keyboard, in the terminal.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => session.terminal.input(text)}
          >
            {label}
          </button>
        </li>
      ))}
    </menu>
  );
}
