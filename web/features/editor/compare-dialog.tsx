import { useEffect, useRef } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { baseName } from '../files/paths.ts';
import type { FileDocument } from './file-document.ts';
import { monaco, type MonacoBuffer } from './monaco.ts';
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
  const host = useRef<HTMLDivElement>(null);
  const { model } = document.buffer as MonacoBuffer;

  useEffect(() => {
    if (!host.current) return undefined;
    const original = monaco.editor.createModel(theirs, model.getLanguageId());
    const editor = monaco.editor.createDiffEditor(host.current, {
      automaticLayout: true,
      originalAriaLabel: 'In the machine',
      modifiedAriaLabel: 'Here',
      minimap: { enabled: false },
      renderSideBySide: host.current.clientWidth > 640,
      scrollBeyondLastLine: false,
    });
    editor.setModel({ original, modified: model });
    return () => {
      editor.dispose();
      original.dispose();
    };
  }, [model, theirs]);

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
      <div ref={host} className={styles['diff']} />
    </Dialog>
  );
}
