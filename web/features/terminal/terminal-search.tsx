import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { useTheme } from '../../ui/theme.ts';
import type { TerminalSession } from './terminal-session.ts';
import { searchDecorations } from './terminal-theme.ts';
import styles from './terminal-panel.module.css';

/** Finds text in a terminal's screen and scrollback. Enter goes up to older matches, Shift+Enter down, Escape closes. */
export function TerminalSearch({
  session,
  onClose,
}: {
  readonly session: TerminalSession;
  readonly onClose: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const theme = useTheme();
  const [term, setTerm] = useState('');
  const [results, setResults] = useState({ index: -1, count: 0 });

  useEffect(() => {
    const subscription = session.search.onDidChangeResults(({ resultIndex, resultCount }) =>
      setResults({ index: resultIndex, count: resultCount }),
    );
    input.current?.focus();
    return () => {
      subscription.dispose();
      session.search.clearDecorations();
    };
  }, [session]);

  const options = { decorations: searchDecorations(theme) };
  const find = (text: string, incremental: boolean) => {
    if (text) session.search.findPrevious(text, { ...options, incremental });
    else {
      session.search.clearDecorations();
      setResults({ index: -1, count: 0 });
    }
  };
  const close = () => {
    onClose();
    session.focus();
  };
  const outcome = !term
    ? ''
    : results.count === 0
      ? 'No match'
      : results.index < 0
        ? `${results.count}+`
        : `${results.index + 1} of ${results.count}`;

  return (
    <search className={styles['search']} aria-label="Find in terminal">
      <input
        ref={input}
        type="text"
        aria-label="Find in terminal"
        placeholder="Find"
        spellCheck={false}
        value={term}
        className={styles['searchInput']}
        onChange={(event) => {
          setTerm(event.target.value);
          find(event.target.value, true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
          else if (event.key === 'Enter' && term) {
            if (event.shiftKey) session.search.findNext(term, options);
            else session.search.findPrevious(term, options);
          }
        }}
      />
      <output className={styles['searchCount']}>{outcome}</output>
      <IconButton
        small
        icon="chevron-up"
        label="Older match"
        shortcut="Enter"
        onClick={() => find(term, false)}
      />
      <IconButton
        small
        icon="chevron-down"
        label="Newer match"
        shortcut="Shift+Enter"
        onClick={() => term && session.search.findNext(term, options)}
      />
      <IconButton small icon="close" label="Close search" shortcut="Esc" onClick={close} />
    </search>
  );
}
