import { useEffect, useState } from 'react';
import { storageIsKept } from '../features/machine/capabilities.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useStorageFull } from '../ui/storage-health.ts';
import { isSecondTab } from './second-tab.ts';
import styles from './header.module.css';

interface Trouble {
  /** on the button */
  readonly word: string;
  readonly title: string;
  readonly what: string;
  readonly advice: string;
}

const troubles = {
  none: {
    word: 'Nothing is kept',
    title: 'Nothing is kept in this window',
    what: 'The browser gives this page no storage, as private windows and some settings do. Everything works, but images you pull, files you edit and the layout are gone when you close the tab.',
    advice: 'To keep them, open this page in an ordinary window and allow it to store data.',
  },
  full: {
    word: 'Storage is full',
    title: 'This browser’s storage is full',
    what: 'There was no room for what you did last. It is still in this page, and is lost when you close it. What was kept before is still there.',
    advice:
      'Save progress and checkpoints as files, then delete checkpoints here, or take away the copy for times without a network.',
  },
  second: {
    word: 'Second tab',
    title: 'Drydock is open in another tab',
    what: 'That tab keeps what it pulls and pushes. This one has a machine of its own, which works as well, but it is not saved by itself, and its images are gone when you close it. A cluster that is open there cannot be opened here. Progress in the course is the same in both.',
    advice: 'Go on in the other tab, or close it and reload this one.',
  },
} satisfies Record<string, Trouble>;

/** Tells a learner, before they rely on it, that something does not stay. */
export function StorageNotice() {
  const full = useStorageFull();
  const [found, setFound] = useState<'none' | 'second'>();
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    const look = async () => {
      if (!(await storageIsKept())) setFound('none');
      else if (await isSecondTab()) setFound('second');
    };
    void look();
  }, []);
  const kind = found === 'none' ? found : full ? 'full' : found;
  if (kind === undefined) return null;
  const { word, title, what, advice } = troubles[kind];
  return (
    <>
      <Button
        small
        variant="quiet"
        icon="warning"
        className={styles['notice']}
        onClick={() => setAsked(true)}
      >
        <span className="word-when-wide">{word}</span>
      </Button>
      {asked && (
        <Dialog title={title} onClose={() => setAsked(false)}>
          <p>{what}</p>
          <p className={styles['advice']}>{advice}</p>
        </Dialog>
      )}
    </>
  );
}
