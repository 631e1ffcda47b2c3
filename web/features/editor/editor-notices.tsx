import type { ReactNode } from 'react';
import { Button } from '../../ui/button.tsx';
import { baseName } from '../files/paths.ts';
import type { DocumentState, FileDocument } from './file-document.ts';
import styles from './editor.module.css';

/** What the learner should know, or decide, about the file shown. */
export function EditorNotices({
  document,
  state,
  close,
  onCompare,
}: {
  readonly document: FileDocument;
  readonly state: DocumentState;
  readonly close: () => void;
  readonly onCompare: () => void;
}) {
  const name = baseName(document.path);
  return (
    <div className={styles['notices']} aria-live="polite">
      {state.conflict && (
        <Notice
          text={
            state.conflict.cause === 'reset'
              ? `The machine was started anew, so its ${name} is as it was in the beginning. Your text is still here.`
              : `${name} was changed in the machine while your text here was not saved.`
          }
        >
          <Button small onClick={onCompare}>
            Compare
          </Button>
          <Button small onClick={() => void document.takeTheirs()}>
            Take the machine’s
          </Button>
          <Button small variant="primary" onClick={() => void document.keepMine()}>
            Keep mine
          </Button>
        </Notice>
      )}
      {state.status === 'missing' && (
        <Notice text={`${name} is not in the machine any more.`}>
          <Button small onClick={() => void document.keepMine()}>
            Write it again
          </Button>
          <Button small onClick={close}>
            Close
          </Button>
        </Notice>
      )}
      {state.restored && (
        <Notice text="This text from before the reload was put back, because the machine did not have it any more.">
          <Button small onClick={() => document.undoRestore()}>
            Use the machine’s text
          </Button>
          <Button small variant="quiet" onClick={() => document.acceptRestored()}>
            OK
          </Button>
        </Notice>
      )}
      {state.saveProblem !== '' && (
        <Notice
          text={`Saving did not work: ${state.saveProblem}. Your text is kept in this browser.`}
        >
          <Button small onClick={() => void document.save()}>
            Try again
          </Button>
        </Notice>
      )}
    </div>
  );
}

function Notice({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <div className={styles['notice']}>
      <p>{text}</p>
      <div className={styles['choices']}>{children}</div>
    </div>
  );
}
