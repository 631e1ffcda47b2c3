import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { shortPath } from './paths.ts';
import type { TreeRow } from './tree-model.ts';
import type { UploadItem } from './upload.ts';

/** Something that is better asked before it is done. */
export type FileQuestion =
  | { readonly type: 'remove'; readonly row: TreeRow }
  | {
      readonly type: 'replace';
      readonly directory: string;
      readonly items: readonly UploadItem[];
      /** names that are there already */
      readonly taken: readonly string[];
    };

export function FileDialog({
  question,
  onConfirm,
  onClose,
}: {
  readonly question: FileQuestion;
  readonly onConfirm: (question: FileQuestion) => void;
  readonly onClose: () => void;
}) {
  const removes = question.type === 'remove';
  return (
    <Dialog
      title={removes ? `Delete ${question.row.name}?` : 'Replace files?'}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            onClick={() => {
              onClose();
              onConfirm(question);
            }}
          >
            {removes ? 'Delete' : 'Replace'}
          </Button>
        </>
      }
    >
      {removes ? (
        <p>
          {question.row.kind === 'directory'
            ? `The folder ${shortPath(question.row.path)} and everything in it will be gone from the machine.`
            : `${shortPath(question.row.path)} will be gone from the machine.`}{' '}
          This cannot be undone.
        </p>
      ) : (
        <p>{question.taken.join(', ')} will be replaced by what you upload.</p>
      )}
    </Dialog>
  );
}
