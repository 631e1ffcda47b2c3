import { Dialog } from '../ui/dialog.tsx';
import styles from './shortcuts.module.css';

const groups: readonly {
  readonly name: string;
  readonly keys: readonly (readonly [keys: string, does: string])[];
}[] = [
  {
    name: 'Everywhere',
    keys: [
      ['F6', 'Go to the next pane; the way out of terminal and editor'],
      ['Shift+F6', 'Go to the pane before'],
      [
        'Ctrl+K',
        'Find a lesson, step, machine, action or term (outside terminal and editor: F6 first)',
      ],
      ['F1', 'Show this list (outside terminal and editor)'],
      ['Ctrl+Shift+`', 'Open a new terminal'],
      ['Arrow keys', 'On a divider: resize the panes. On tabs: choose one'],
    ],
  },
  {
    name: 'Files',
    keys: [
      ['Arrow keys', 'Go through files; right opens a folder, left closes it'],
      ['Enter', 'Open the file'],
      ['F2, Delete', 'Rename it, delete it'],
      ['Shift+F10', 'Menu of the file'],
      ['A letter', 'The next name that begins with it'],
    ],
  },
  {
    name: 'Lessons',
    keys: [
      ['Enter', 'On an underlined term: say what it means; Escape goes back'],
      ['Tab', 'On a command: its text scrolls with the arrow keys, then come its buttons'],
    ],
  },
  {
    name: 'Terminal',
    keys: [
      ['Ctrl+Shift+C', 'Copy the selection'],
      ['Ctrl+Shift+V', 'Paste'],
      ['Ctrl+Shift+F', 'Find in the output'],
      ['Shift+Page Up', 'Scroll back; Shift+Page Down forward'],
      ['Delete, F2', 'On a terminal’s tab: close it, rename it'],
      ['Shift+right click', 'The browser’s own menu'],
    ],
  },
  {
    name: 'Editor',
    keys: [
      ['Ctrl+S', 'Save the file into the machine'],
      ['Ctrl+Space', 'Suggestions'],
      ['Ctrl+M', 'Let the Tab key move the focus'],
    ],
  },
];

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const mac = navigator.platform.startsWith('Mac');
  return (
    <Dialog title="Keyboard" wide scrolls onClose={onClose}>
      <div className={styles['groups']}>
        {groups.map((group) => (
          <section key={group.name}>
            <h3 className={styles['name']}>{group.name}</h3>
            <dl className={styles['keys']}>
              {group.keys.map(([keys, does]) => (
                <div key={keys} className={styles['row']}>
                  <dt>
                    <kbd>{keys}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {mac && (
        <p className={styles['note']}>
          On a Mac, Cmd+K finds commands everywhere, Cmd+C and Cmd+V copy and paste in the terminal
          too, and Cmd+S saves.
        </p>
      )}
    </Dialog>
  );
}
