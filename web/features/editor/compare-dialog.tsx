import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { baseName } from '../files/paths.ts';
import { DiffView } from './diff-view.tsx';
import type { FileDocument } from './file-document.ts';
import type { MonacoBuffer } from './monaco.ts';
import styles from './editor.module.css';

/** The machine's version beside the one here, which can be edited; then one of the two is chosen. */
export function CompareDialog({
  document,
  theirs,
  onClose,
}: {
  readonly document: FileDocument;
  readonly theirs: string;
  readonly onClose: () => void;
}) {
  const { model } = document.buffer as MonacoBuffer;
  return (
    <Dialog
      wide
      title={`Two versions of ${baseName(document.path)}`}
      onClose={onClose}
      footer={
        <>
          <Button
            onClick={() => {
              onClose();
              void document.takeTheirs();
            }}
          >
            Take the machine’s
          </Button>
          <Button
            variant="primary"
            onClick={() => {
              onClose();
              void document.keepMine();
            }}
          >
            Keep mine
          </Button>
        </>
      }
    >
      <p className={styles['legend']}>
        <span>− in the machine</span>
        <span>+ here; you can go on editing</span>
      </p>
      <DiffView
        original={theirs}
        modified={model}
        language={model.getLanguageId()}
        originalLabel="In the machine"
        modifiedLabel="Here"
      />
    </Dialog>
  );
}
