import { useEffect, useId, useState } from 'react';
import type { LabFiles } from '../../../engine/api/lab.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { offerDownload } from '../../ui/offer-download.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { collectFiles, type CollectedFiles } from './shared-files.ts';
import { packState } from './shared-state.ts';
import styles from './share.module.css';

/** Letters of an address that programs for messages pass on whole; browsers take far more. */
const LONG_LINK = 8000;

export interface ShareDialogProps {
  /** the lesson and step, when one is open */
  readonly lesson?: { readonly id: string; readonly step: string };
  /** of the machine whose files are shared */
  readonly files: LabFiles;
  readonly onClose: () => void;
}

/** A link, or a file, from which somebody else goes on: lesson, step, and the texts in the lesson's folder. */
export function ShareDialog({ lesson, files, onClose }: ShareDialogProps) {
  const [collected, setCollected] = useState<CollectedFiles>();
  const [packed, setPacked] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [said, setSaid] = useState('');
  const id = useId();
  const folder = lesson?.id ?? '';
  const step = lesson?.step;

  useEffect(() => {
    const pack = async () => {
      const found = await collectFiles(files, folder);
      setCollected(found);
      const place = folder === '' || step === undefined ? {} : { lesson: folder, step };
      setPacked(await packState({ ...place, files: found.files }));
    };
    pack().catch((error: unknown) => setProblem(messageOf(error)));
  }, [files, folder, step]);

  const link =
    packed === undefined ? '' : `${location.origin}${location.pathname}#/share/${packed}`;
  const count = Object.keys(collected?.files ?? {}).length;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setSaid('Copied.');
    } catch {
      setSaid('The browser did not allow it. Select the link and copy it.');
    }
  };
  return (
    <Dialog
      title="Share"
      onClose={onClose}
      footer={
        packed !== undefined && (
          <>
            <Button
              icon="download"
              onClick={() =>
                offerDownload(
                  new Blob([packed], { type: 'text/plain' }),
                  `drydock-${folder === '' ? 'files' : folder}.txt`,
                )
              }
            >
              Save as a file
            </Button>
            <Button variant="primary" icon="copy" onClick={() => void copy()}>
              Copy the link
            </Button>
          </>
        )
      }
    >
      <p>
        Whoever opens this link gets {lesson ? 'this step of the lesson and ' : ''}
        {count === 1 ? 'one file' : `${count} files`} from /root/work{folder && `/${folder}`}. It is
        all in the link: nothing is sent to a server.
      </p>
      {problem !== undefined && <p role="alert">The files could not be shared: {problem}</p>}
      {packed === undefined && problem === undefined && <Waiting text="Packing the files" />}
      {packed !== undefined && (
        <>
          <label htmlFor={id} className={styles['before']}>
            Link
          </label>
          <input
            id={id}
            readOnly
            value={link}
            className={styles['link']}
            onFocus={({ target }) => target.select()}
          />
          {link.length > LONG_LINK && (
            <p className={styles['note']}>
              The link has {link.length} letters, and some programs cut such links. A file is safer.
            </p>
          )}
        </>
      )}
      {collected && collected.left.length > 0 && (
        <p className={styles['note']}>
          Left out, because they are no texts, larger than 64 KB, more than 60, or named with
          letters that cannot be seen: {collected.left.join(', ')}
        </p>
      )}
      <p role="status" className={styles['note']}>
        {said}
      </p>
    </Dialog>
  );
}
