import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Dialog } from '../../ui/dialog.tsx';
import type { IconName } from '../../ui/icon.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { LeftChoice } from './left-choice.tsx';
import type { AutoSave, AutoSaveState } from './auto-save.ts';
import styles from './resume.module.css';
import { factsOf, useAutoSave } from './use-auto-save.ts';

/** Whether what is done here is saved by itself; opens what that means. */
export function SavedStatus({
  autoSave,
  onCheckpoints,
}: {
  readonly autoSave: AutoSave;
  readonly onCheckpoints: () => void;
}) {
  const state = useAutoSave(autoSave);
  const [asked, setAsked] = useState<AutoSaveState['kind']>();
  const word = wordOf(state);
  if (word === undefined) return null;
  const close = () => setAsked(undefined);
  return (
    <>
      <Button
        small
        variant="quiet"
        icon={iconOf(state)}
        className={classNames(styles['status'], state.kind === 'offered' && styles['offer'])}
        onClick={() => setAsked(state.kind)}
      >
        <span className="word-when-wide">{word}</span>
      </Button>
      {/* That all is well again and again is nothing to interrupt somebody for. */}
      <p role="status" className="visually-hidden">
        {state.kind === 'on' && state.problem !== undefined && `Not saved: ${state.problem}`}
      </p>
      {asked === 'offered' && state.kind === 'offered' && (
        <Dialog title="Where you left off" onClose={close}>
          <LeftChoice autoSave={autoSave} offered={state} />
        </Dialog>
      )}
      {asked === 'on' && state.kind === 'on' && (
        <Dialog
          title="Saved by itself"
          onClose={close}
          footer={
            <>
              <Button
                onClick={() => {
                  close();
                  onCheckpoints();
                }}
              >
                Checkpoints
              </Button>
              <Button
                variant="primary"
                icon="save"
                disabled={state.isSaving}
                onClick={() => void autoSave.saveNow()}
              >
                Save now
              </Button>
            </>
          }
        >
          <p>
            When you pause, the machine with Docker, those that a lesson has beside it, the cluster
            and your place in the course are saved in this browser, so that you can go on after
            closing the tab. Each save takes the place of the one before; a checkpoint stays until
            you delete it.
          </p>
          <p role="status">
            {state.isSaving
              ? 'Saving …'
              : state.last
                ? `Last: ${factsOf(state.last)}`
                : 'Nothing is saved yet.'}
          </p>
          {state.isSaving && <ProgressBar label="Saving" />}
          {autoSave.leavesOut().map((sentence) => (
            <p key={sentence} className={styles['problem']}>
              {sentence} {autoSave.isStarting() && 'Saving waits for what is starting.'}
            </p>
          ))}
          {state.problem !== undefined && (
            <p role="alert" className={styles['problem']}>
              It could not be saved: {state.problem} What was saved before is still there. It is
              tried again by itself.
            </p>
          )}
        </Dialog>
      )}
    </>
  );
}

function iconOf(state: AutoSaveState): IconName {
  if (state.kind === 'offered') return state.isUsed ? 'warning' : 'play';
  return state.kind === 'on' && state.problem !== undefined ? 'warning' : 'save';
}

function wordOf(state: AutoSaveState): string | undefined {
  if (state.kind === 'offered')
    return state.isUsed ? 'Not saved: go on or start fresh?' : 'Go on where you left off?';
  if (state.kind !== 'on') return undefined;
  if (state.isSaving) return 'Saving machines';
  if (state.problem !== undefined) return 'Machines not saved';
  if (state.last !== undefined) return state.isChanged ? 'Machines changed' : 'Machines saved';
  return state.isChanged ? 'Machines not saved yet' : undefined;
}
