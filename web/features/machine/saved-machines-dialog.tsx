import { useEffect, useRef, useState, type ReactNode } from 'react';
import { readMachineFile } from '../../../engine/cluster/machine-files.ts';
import type { LabMachine } from '../../../engine/api/lab.ts';
import type { MachineFile, SavedMachine } from '../../../engine/api/machine.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { describeSaveProblem } from './failures.ts';
import { formatBytes } from './readings.ts';
import {
  downloadMachine,
  keepSaved,
  listSaved,
  readSaved,
  removeSaved,
  renameSaved,
  type SavedEntry,
} from './saved-machines.ts';
import { useMachineState } from './use-machine.ts';
import styles from './saved-machines-dialog.module.css';

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** What is asked before something is lost. */
type Question =
  | { readonly kind: 'restore'; readonly machine: MachineFile; readonly size: number }
  | { readonly kind: 'delete'; readonly entry: SavedEntry };

/** Saves the machine, and brings back what was saved: in the browser's storage or in files. */
export function SavedMachinesDialog({
  machine,
  onRestore,
  onClose,
}: {
  readonly machine: LabMachine;
  /** Rejects when the saved machine was refused; the machine that runs then goes on. */
  readonly onRestore: (saved: SavedMachine) => Promise<void>;
  readonly onClose: () => void;
}) {
  const state = useMachineState(machine)?.kind;
  const [entries, setEntries] = useState<readonly SavedEntry[]>();
  const [name, setName] = useState('');
  const [work, setWork] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [news, setNews] = useState('');
  const [question, setQuestion] = useState<Question>();
  const [renaming, setRenaming] = useState<string>();
  const picker = useRef<HTMLInputElement>(null);

  const load = async () => setEntries(await listSaved());
  useEffect(() => {
    listSaved().then(setEntries, () => setEntries([]));
  }, []);

  /** One thing at a time; a failure is told in a sentence. */
  const attempt = async (what: string, action: () => Promise<void>) => {
    setWork(what);
    setProblem(undefined);
    setNews('');
    try {
      await action();
    } catch (error) {
      setProblem(describeSaveProblem(error));
    } finally {
      setWork(undefined);
    }
  };

  const save = (keep: (file: MachineFile) => Promise<void> | void, done: string) =>
    attempt('Saving memory, disk and images', async () => {
      const savedAt = Date.now();
      const saved = await machine.save();
      await keep({ name: name.trim() || `Saved ${dates.format(savedAt)}`, savedAt, saved });
      setName('');
      setNews(done);
      await load().catch(() => {});
    });

  const restore = ({ saved }: MachineFile) =>
    attempt('Checking the saved machine', async () => {
      await onRestore(saved);
      onClose();
    });

  const pick = (file: File | undefined) => {
    if (!file) return;
    void attempt('Reading the file', async () => {
      setQuestion({ kind: 'restore', machine: await readMachineFile(file), size: file.size });
    });
  };

  const busy = work !== undefined;
  const canSave = !busy && (state === 'running' || state === 'paused');
  return (
    <Dialog
      title="Saved machines"
      onClose={onClose}
      footer={
        <>
          <input
            ref={picker}
            type="file"
            accept=".drydock"
            hidden
            aria-label="File of a saved machine"
            onChange={({ currentTarget: input }) => {
              pick(input.files?.[0]);
              input.value = '';
            }}
          />
          <Button icon="folder-open" disabled={busy} onClick={() => picker.current?.click()}>
            Open from a file
          </Button>
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      <form
        className={styles['save']}
        onSubmit={(event) => {
          event.preventDefault();
          if (canSave) void save(keepSaved, 'Saved in this browser.');
        }}
      >
        <label className={styles['name']}>
          Name
          <input
            className={styles['input']}
            value={name}
            maxLength={80}
            placeholder="Before the third lesson"
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <Button type="submit" variant="primary" icon="save" disabled={!canSave}>
          Save
        </Button>
        <Button
          icon="download"
          disabled={!canSave}
          onClick={() => void save(downloadMachine, 'The download has begun.')}
        >
          Save to a file
        </Button>
      </form>
      <p className={styles['note']}>
        Keeps everything as it is now: running programs, containers, images and files.
      </p>
      <div className={styles['progress']}>
        {busy && <ProgressBar label={work} />}
        <p role="status">{work ? `${work} …` : news}</p>
        {problem && (
          <p role="alert" className={styles['problem']}>
            {problem}
          </p>
        )}
      </div>
      {entries && entries.length === 0 && (
        <p className={styles['empty']}>Nothing is saved in this browser yet.</p>
      )}
      <ul className={styles['list']} aria-label="Saved machines">
        {entries?.map((entry) => (
          <li key={entry.id} className={styles['entry']}>
            {renaming === entry.id ? (
              <Rename
                entry={entry}
                onDone={(to) => {
                  setRenaming(undefined);
                  if (to !== undefined && to !== entry.name)
                    void attempt('Renaming', async () => {
                      await renameSaved(entry, to);
                      await load();
                    });
                }}
              />
            ) : (
              <p className={styles['title']}>{entry.name}</p>
            )}
            <p className={styles['facts']}>
              {dates.format(entry.savedAt)} · {formatBytes(entry.size)}
            </p>
            <div className={styles['actions']}>
              <Button
                small
                icon="reload"
                disabled={busy}
                onClick={() =>
                  void attempt('Reading the saved machine', async () => {
                    setQuestion({
                      kind: 'restore',
                      machine: await readSaved(entry),
                      size: entry.size,
                    });
                  })
                }
              >
                Restore
              </Button>
              <IconButton
                small
                icon="pencil"
                label={`Rename ${entry.name}`}
                disabled={busy}
                onClick={() => setRenaming(entry.id)}
              />
              <IconButton
                small
                icon="download"
                label={`Download ${entry.name}`}
                disabled={busy}
                onClick={() =>
                  void attempt('Reading the saved machine', async () => {
                    downloadMachine(await readSaved(entry));
                    setNews('The download has begun.');
                  })
                }
              />
              <IconButton
                small
                icon="trash"
                label={`Delete ${entry.name}`}
                disabled={busy}
                onClick={() => setQuestion({ kind: 'delete', entry })}
              />
            </div>
          </li>
        ))}
      </ul>
      {question?.kind === 'restore' && (
        <Confirm
          title={`Restore “${question.machine.name}”?`}
          keep="Keep the machine as it is"
          action="Restore"
          onClose={() => setQuestion(undefined)}
          onConfirm={() => void restore(question.machine)}
        >
          <p>
            It was saved on {dates.format(question.machine.savedAt)} and has{' '}
            {formatBytes(question.size)}.
          </p>
          <p className={styles['loss']}>
            The machine as it is now, its containers, images and files are lost, unless you save
            them first.
          </p>
        </Confirm>
      )}
      {question?.kind === 'delete' && (
        <Confirm
          title={`Delete “${question.entry.name}”?`}
          keep="Keep it"
          action="Delete"
          onClose={() => setQuestion(undefined)}
          onConfirm={() =>
            void attempt('Deleting', async () => {
              await removeSaved(question.entry);
              await load();
            })
          }
        >
          <p>It cannot be brought back. The machine that runs now is not touched.</p>
        </Confirm>
      )}
    </Dialog>
  );
}

function Rename({
  entry,
  onDone,
}: {
  readonly entry: SavedEntry;
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

function Confirm({
  title,
  keep,
  action,
  children,
  onConfirm,
  onClose,
}: {
  readonly title: string;
  readonly keep: string;
  readonly action: string;
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            {keep}
          </Button>
          <Button
            variant="danger"
            onClick={() => {
              onClose();
              onConfirm();
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
