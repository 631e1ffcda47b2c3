import { useEffect, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { readCourse } from '../lesson/course.ts';
import { setArrival } from './arrivals.ts';
import { unpackState, type SharedState } from './shared-state.ts';
import styles from './share.module.css';

interface Unpacked {
  readonly state: SharedState;
  /** titles, where there is such a lesson */
  readonly lesson?: string;
  readonly step?: string;
}

/** What a link or a file brings, before anything is done with it. */
export function OpenShareDialog({
  packed,
  onOpen,
  onClose,
}: {
  readonly packed: string;
  /** goes to the lesson and step, or to the lab */
  readonly onOpen: (lesson: string | undefined, step: string | undefined) => void;
  readonly onClose: () => void;
}) {
  const [found, setFound] = useState<Unpacked>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    look(packed).then(setFound, (error: unknown) => setProblem(messageOf(error)));
  }, [packed]);
  const paths = Object.keys(found?.state.files ?? {});
  const open = () => {
    if (found === undefined) return;
    const { state } = found;
    const known = found.lesson === undefined ? { files: state.files } : state;
    if (paths.length > 0) setArrival({ kind: 'waiting', state: known });
    onOpen(known.lesson, known.step);
  };
  return (
    <Dialog
      title={problem === undefined ? 'Somebody shared this with you' : 'This cannot be opened'}
      onClose={onClose}
      footer={
        found && (
          <>
            <Button onClick={onClose}>Not now</Button>
            <Button variant="primary" data-autofocus onClick={open}>
              Open it
            </Button>
          </>
        )
      }
    >
      {problem !== undefined && <p role="alert">{problem}</p>}
      {found === undefined && problem === undefined && <Waiting text="Unpacking it" />}
      {found && (
        <>
          <p>
            {found.lesson !== undefined
              ? `The lesson “${found.lesson}”${found.step === undefined ? '' : `, step “${found.step}”`}.`
              : found.state.lesson === undefined
                ? 'For the machine with Docker.'
                : 'It belongs to a lesson that this version does not have. The files can be opened without it.'}
          </p>
          {paths.length > 0 && (
            <>
              <p className={styles['before']}>
                These files are put into /root/work. Yours of the same names are kept beside them.
              </p>
              <ul className={styles['files']}>
                {paths.map((path) => (
                  <li key={path}>{path}</li>
                ))}
              </ul>
              <p className={styles['note']}>
                Run only what you trust: it is somebody else’s. It cannot leave this page’s
                machines.
              </p>
            </>
          )}
        </>
      )}
    </Dialog>
  );
}

async function look(packed: string): Promise<Unpacked> {
  const state = await unpackState(packed);
  const lessons = (await readCourse()).flatMap((module) => module.lessons);
  const lesson = lessons.find(({ id }) => id === state.lesson);
  const step = lesson?.steps.find(({ id }) => id === state.step);
  return {
    state,
    ...(lesson === undefined ? {} : { lesson: lesson.title }),
    ...(step === undefined ? {} : { step: step.title }),
  };
}
