import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { offerDownload } from '../../ui/offer-download.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import type { AutoSave, AutoSaveState } from './auto-save.ts';
import { lastLeftFile } from './last-left.ts';
import styles from './resume.module.css';
import { factsOf } from './use-auto-save.ts';

type Offered = Extract<AutoSaveState, { readonly kind: 'offered' }>;

/** What the last visit left, and the choice between that and a fresh start. */
export function LeftChoice({
  autoSave,
  offered,
}: {
  readonly autoSave: AutoSave;
  readonly offered: Offered;
}) {
  const { entry, isGoingOn, isUsed, problem } = offered;
  const [question, setQuestion] = useState<'go-on' | 'fresh'>();
  const [failed, setFailed] = useState<string>();
  const download = () => {
    setFailed(undefined);
    lastLeftFile().then(
      (file) => offerDownload(file, 'Where I left off.drydock'),
      (error: unknown) => setFailed(messageOf(error)),
    );
  };
  return (
    <>
      <p>{factsOf(entry)}</p>
      {isGoingOn && <ProgressBar label="Going on where you left off" />}
      <div className={styles['choice']}>
        <Button
          small
          variant="primary"
          icon="play"
          disabled={isGoingOn}
          onClick={() => (isUsed ? setQuestion('go-on') : void autoSave.goOn())}
        >
          Go on where you left off
        </Button>
        <Button small disabled={isGoingOn} onClick={() => setQuestion('fresh')}>
          Start fresh
        </Button>
        {problem !== undefined && (
          <Button small icon="download" onClick={download}>
            Save it as a file
          </Button>
        )}
      </div>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem} It is still kept, until you start fresh.
        </p>
      )}
      {failed !== undefined && (
        <p role="alert" className={styles['problem']}>
          {failed}
        </p>
      )}
      <p className={styles['quiet']}>
        Until you choose, nothing takes its place: what you do now is not saved by itself.
      </p>
      {question === 'go-on' && (
        <Confirm
          title="Go on where you left off?"
          keep="Stay here"
          action="Go on"
          onClose={() => setQuestion(undefined)}
          onConfirm={() => void autoSave.goOn()}
        >
          <p>What you have done in this page since you opened it is lost.</p>
        </Confirm>
      )}
      {question === 'fresh' && (
        <Confirm
          title="Start fresh?"
          keep="Back"
          action="Start fresh"
          onClose={() => setQuestion(undefined)}
          onConfirm={autoSave.startFresh}
        >
          <p>
            What you left ({factsOf(entry)}) is lost as soon as something of the new machine is
            saved. Progress in the course and checkpoints stay.
          </p>
          <Button small icon="download" onClick={download}>
            Save it as a file first
          </Button>
        </Confirm>
      )}
    </>
  );
}
