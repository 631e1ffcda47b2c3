import { useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { dates } from '../../ui/dates.ts';
import { formatBytes } from '../machine/readings.ts';
import type { Branch } from './branches.ts';
import { contentsOf, type CheckpointEntry } from './checkpoint-database.ts';
import styles from './checkpoints-dialog.module.css';

interface Actions {
  /** id of the one that the machines were gone on from last */
  readonly current: string | undefined;
  readonly busy: boolean;
  readonly onRestore: (entry: CheckpointEntry) => void;
  readonly onRename: (entry: CheckpointEntry, name: string) => void;
  readonly onDownload: (entry: CheckpointEntry) => void;
  readonly onDelete: (entry: CheckpointEntry) => void;
}

/** Checkpoints as branches. */
export function CheckpointList({
  branches,
  ...actions
}: Actions & { readonly branches: readonly Branch[] }) {
  return (
    <ul className={styles['list']} aria-label="Checkpoints">
      {branches.map((branch) => (
        <Item key={branch.entry.id} branch={branch} {...actions} />
      ))}
    </ul>
  );
}

function Item({ branch, ...actions }: Actions & { readonly branch: Branch }) {
  const { entry, children } = branch;
  const { current, busy, onRestore, onRename, onDownload, onDelete } = actions;
  const [renaming, setRenaming] = useState(false);
  return (
    <li>
      <div className={styles['entry']}>
        {renaming ? (
          <Rename
            entry={entry}
            onDone={(to) => {
              setRenaming(false);
              if (to !== undefined && to !== entry.name) onRename(entry, to);
            }}
          />
        ) : (
          <p className={styles['title']}>
            {entry.name}
            {entry.id === current && <span className={styles['here']}> (you are here)</span>}
          </p>
        )}
        <p className={styles['facts']}>
          {dates.format(entry.savedAt)} · {contentsOf(entry)} · {formatBytes(entry.size)}
        </p>
        <div className={styles['actions']}>
          <Button small icon="reload" disabled={busy} onClick={() => onRestore(entry)}>
            Go on
          </Button>
          <IconButton
            small
            icon="pencil"
            label={`Rename ${entry.name}`}
            disabled={busy}
            onClick={() => setRenaming(true)}
          />
          <IconButton
            small
            icon="download"
            label={`Download ${entry.name}`}
            disabled={busy}
            onClick={() => onDownload(entry)}
          />
          <IconButton
            small
            icon="trash"
            label={`Delete ${entry.name}`}
            disabled={busy}
            onClick={() => onDelete(entry)}
          />
        </div>
      </div>
      {children.length > 0 && (
        <ul className={styles['branch']} aria-label={`Gone on from ${entry.name}`}>
          {children.map((child) => (
            <Item key={child.entry.id} branch={child} {...actions} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Rename({
  entry,
  onDone,
}: {
  readonly entry: CheckpointEntry;
  /** undefined when nothing is to change */
  readonly onDone: (name: string | undefined) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  return (
    <input
      ref={input}
      className={styles['input']}
      defaultValue={entry.name}
      maxLength={80}
      autoComplete="off"
      aria-label={`New name of ${entry.name}`}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) event.currentTarget.blur();
        if (event.key !== 'Escape') return;
        // Escape would close the dialog.
        event.preventDefault();
        onDone(undefined);
      }}
      onBlur={(event) => onDone(event.currentTarget.value.trim() || undefined)}
    />
  );
}
