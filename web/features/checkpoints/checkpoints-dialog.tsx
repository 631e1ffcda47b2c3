import { useEffect, useState } from 'react';
import type { Checkpoint } from '../../../engine/api/checkpoint.ts';
import { readCheckpoint } from '../../../engine/cluster/checkpoint-files.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { dates } from '../../ui/dates.ts';
import { FileButton } from '../../ui/file-button.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { describeSaveProblem } from '../machine/failures.ts';
import { formatBytes } from '../machine/readings.ts';
import { branchesOf } from './branches.ts';
import type { CheckpointEntry } from './checkpoint-database.ts';
import { CheckpointList } from './checkpoint-list.tsx';
import {
  downloadCheckpoint,
  keepCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  removeCheckpoint,
  renameCheckpoint,
} from './checkpoint-store.ts';
import { goOnFromCheckpoint, takeCheckpoint, type Savable } from './savable.ts';
import styles from './checkpoints-dialog.module.css';

/** What is asked before something is lost. */
type Question =
  | {
      readonly kind: 'restore';
      readonly checkpoint: Checkpoint;
      readonly size: number;
      /** of one that the browser keeps */
      readonly id?: string;
    }
  | { readonly kind: 'delete'; readonly entry: CheckpointEntry };

/** the checkpoint that the machines were gone on from, or kept as, last */
let current: string | undefined;

/** Keeps all machines as they are, and goes on from where they were: in the browser's storage or in files. */
export function CheckpointsDialog({
  world,
  onClose,
}: {
  readonly world: Savable;
  readonly onClose: () => void;
}) {
  const [entries, setEntries] = useState<readonly CheckpointEntry[]>();
  const [name, setName] = useState('');
  const [work, setWork] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [news, setNews] = useState('');
  const [question, setQuestion] = useState<Question>();
  const [keepsPresent, setKeepsPresent] = useState(true);

  const load = async () => setEntries(await listCheckpoints());
  useEffect(() => {
    listCheckpoints().then(setEntries, (error: unknown) => {
      setEntries([]);
      setProblem(describeSaveProblem(error));
    });
  }, []);

  /** One thing at a time; a failure is told in a sentence. Resolves to whether it was done. */
  const attempt = async (what: string, action: () => Promise<void>): Promise<boolean> => {
    setWork(what);
    setProblem(undefined);
    setNews('');
    try {
      await action();
      return true;
    } catch (error) {
      setProblem(describeSaveProblem(error));
      return false;
    } finally {
      setWork(undefined);
    }
  };

  const present = (called: string): Promise<Checkpoint> =>
    takeCheckpoint(world, called || `Saved ${dates.format(Date.now())}`);
  const keep = async (called: string): Promise<void> => {
    current = await keepCheckpoint(await present(called), current);
    await load();
  };

  const save = () =>
    attempt('Saving memory, disks and images', async () => {
      await keep(name.trim());
      setName('');
      setNews('Saved in this browser.');
    });
  const saveToFile = () =>
    attempt('Saving memory, disks and images', async () => {
      downloadCheckpoint(await present(name.trim()));
      setName('');
      setNews('The download has begun.');
    });

  const restore = async ({ checkpoint, id }: Question & { readonly kind: 'restore' }) => {
    const kept =
      !keepsPresent ||
      (await attempt('Saving what is there now', () => keep(`Before “${checkpoint.name}”`)));
    if (!kept) return;
    await attempt('Going on from the checkpoint', async () => {
      await goOnFromCheckpoint(world, checkpoint);
      current = id;
      onClose();
    });
  };

  const pick = async (file: File) => {
    await attempt('Reading the file', async () => {
      setQuestion({ kind: 'restore', checkpoint: await readCheckpoint(file), size: file.size });
    });
  };

  const busy = work !== undefined;
  // What is being done would go on, and something else could be begun beside it.
  const close = () => {
    if (!busy) onClose();
  };
  const leftOut = world.leavesOut().map((sentence) => (
    <p key={sentence} className={styles['loss']}>
      {sentence}
    </p>
  ));
  return (
    <Dialog
      title="Checkpoints"
      onClose={close}
      footer={
        <>
          <FileButton label="Open from a file" accept=".drydock" disabled={busy} onFile={pick} />
          <Button disabled={busy} onClick={close}>
            Close
          </Button>
        </>
      }
    >
      <form
        className={styles['save']}
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void save();
        }}
      >
        <label className={styles['name']}>
          Name
          <input
            className={styles['input']}
            value={name}
            maxLength={80}
            placeholder="Before I break it"
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <Button type="submit" variant="primary" icon="save" disabled={busy}>
          Save
        </Button>
        <Button icon="download" disabled={busy} onClick={() => void saveToFile()}>
          Save to a file
        </Button>
      </form>
      <p className={styles['note']}>
        Keeps everything as it is now: running programs, containers, images and files of the machine
        with Docker and of those that a lesson has beside it, the cluster, and the step of the
        lesson.
      </p>
      {leftOut}
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
        <p className={styles['empty']}>There is no checkpoint in this browser yet.</p>
      )}
      <CheckpointList
        branches={branchesOf(entries ?? [])}
        current={current}
        busy={busy}
        onRestore={(entry) =>
          void attempt('Reading the checkpoint', async () => {
            const { id, size } = entry;
            setQuestion({ kind: 'restore', checkpoint: await loadCheckpoint(entry), size, id });
          })
        }
        onRename={(entry, to) =>
          void attempt('Renaming', async () => {
            await renameCheckpoint(entry, to);
            await load();
          })
        }
        onDownload={(entry) =>
          void attempt('Reading the checkpoint', async () => {
            downloadCheckpoint(await loadCheckpoint(entry));
            setNews('The download has begun.');
          })
        }
        onDelete={(entry) => setQuestion({ kind: 'delete', entry })}
      />
      {question?.kind === 'restore' && (
        <Confirm
          title={`Go on from “${question.checkpoint.name}”?`}
          keep="Stay here"
          action="Go on from it"
          onClose={() => setQuestion(undefined)}
          onConfirm={() => void restore(question)}
        >
          <p>
            It was saved on {dates.format(question.checkpoint.savedAt)} and has{' '}
            {formatBytes(question.size)}.
          </p>
          <label className={styles['undo']}>
            <input
              type="checkbox"
              checked={keepsPresent}
              onChange={({ target }) => setKeepsPresent(target.checked)}
            />
            Save what is there now first, so that I can come back
          </label>
          {keepsPresent && leftOut}
          {!keepsPresent && (
            <p className={styles['loss']}>
              The machines as they are now, with their containers, images and files, are lost.
            </p>
          )}
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
              await removeCheckpoint(question.entry);
              if (current === question.entry.id) current = question.entry.parent;
              await load();
            })
          }
        >
          <p>It cannot be brought back. What runs now is not touched.</p>
        </Confirm>
      )}
    </Dialog>
  );
}
