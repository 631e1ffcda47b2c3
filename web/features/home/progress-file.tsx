import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { FileButton } from '../../ui/file-button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { progress, useProgressProblem } from '../lesson/progress.ts';
import { offerDownload } from '../../ui/offer-download.ts';
import styles from './home.module.css';

/** Progress as a file, to take along or to bring back; and what is wrong with keeping it. */
export function ProgressFile() {
  const [said, setSaid] = useState('');
  const [failed, setFailed] = useState<string>();
  const problem = useProgressProblem();
  const load = async (file: Blob) => {
    setSaid('');
    setFailed(undefined);
    try {
      await progress.load(file);
      setSaid('Loaded: what it holds was added to what is here.');
    } catch (error) {
      setFailed(messageOf(error));
    }
  };
  return (
    <>
      {problem && (
        <div role="alert" className={styles['problem']}>
          <p>{problem.text}</p>
          {problem.kept !== undefined && (
            <div className={styles['buttons']}>
              <Button
                small
                icon="download"
                onClick={() =>
                  offerDownload(new Blob([problem.kept ?? '']), 'drydock-progress-kept.json')
                }
              >
                Save what was there as a file
              </Button>
              <Button small icon="trash" onClick={() => progress.dropKept()}>
                Do not keep it
              </Button>
            </div>
          )}
        </div>
      )}
      <div className={styles['buttons']}>
        <Button
          small
          icon="download"
          onClick={() => offerDownload(progress.save(), 'drydock-progress.json')}
        >
          Save progress as a file
        </Button>
        <FileButton small label="Load progress" accept="application/json,.json" onFile={load} />
      </div>
      <p role="status" className={styles['quiet']}>
        {said}
      </p>
      {failed !== undefined && <p role="alert">{failed}</p>}
    </>
  );
}
