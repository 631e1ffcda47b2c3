import { useEffect, useState } from 'react';
import type { DocumentState } from './file-document.ts';
import type { monaco } from './monaco.ts';
import styles from './editor.module.css';

/** Whether the text is in the machine, where the cursor is, and what the Tab key does. */
export function StatusBar({
  state,
  editor,
  tabMovesFocus,
  onTabMovesFocus,
  onApply,
}: {
  readonly state: DocumentState;
  readonly editor: monaco.editor.IStandaloneCodeEditor | undefined;
  readonly tabMovesFocus: boolean;
  readonly onTabMovesFocus: (moves: boolean) => void;
  /** of a manifest, when there is a cluster */
  readonly onApply?: () => void;
}) {
  const [place, setPlace] = useState({ line: 1, column: 1, windows: false });
  useEffect(() => {
    if (!editor) return undefined;
    const show = () => {
      const position = editor.getPosition();
      setPlace({
        line: position?.lineNumber ?? 1,
        column: position?.column ?? 1,
        windows: editor.getModel()?.getEOL() === '\r\n',
      });
    };
    show();
    const subscriptions = [
      editor.onDidChangeCursorPosition(show),
      editor.onDidChangeModelContent(show),
    ];
    return () => {
      for (const subscription of subscriptions) subscription.dispose();
    };
  }, [editor]);

  return (
    <div className={styles['status']}>
      <span role="status" title="Ctrl+S saves at once">
        {savedText(state)}
      </span>
      <span className={styles['spacer']} />
      {onApply && (
        <button
          type="button"
          className={styles['statusButton']}
          title="Show what applying it would change in the cluster (Ctrl+S)"
          onClick={onApply}
        >
          Apply…
        </button>
      )}
      <span>
        Line {place.line}, column {place.column}
      </span>
      {place.windows && (
        <span title="Lines end as on Windows, with carriage return and line feed">CRLF</span>
      )}
      <button
        type="button"
        className={styles['statusButton']}
        aria-pressed={tabMovesFocus}
        title="Switch what the Tab key does (Ctrl+M)"
        onClick={() => onTabMovesFocus(!tabMovesFocus)}
      >
        Tab {tabMovesFocus ? 'moves the focus' : 'indents'} <kbd>Ctrl M</kbd>
      </button>
    </div>
  );
}

function savedText({ status, saving, dirty, conflict, saveProblem }: DocumentState): string {
  if (status === 'missing') return 'Deleted';
  if (conflict) return 'Not saved: two versions';
  if (saveProblem !== '') return 'Not saved';
  return saving ? 'Saving…' : dirty ? 'Unsaved' : 'Saved';
}
