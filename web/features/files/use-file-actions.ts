/** What the file tree does to the machine's files, with a sentence about how it went. */
import { useState } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { openFilesOf } from '../editor/open-files.ts';
import type { FileQuestion } from './file-dialog.tsx';
import { joinPath, parentPath, shortPath } from './paths.ts';
import type { TreeModel, TreeRow } from './tree-model.ts';
import { upload, type UploadItem } from './upload.ts';
import { messageOf } from '../../ui/message-of.ts';
import { offerDownload } from '../../ui/offer-download.ts';

/** What is being named: a new entry of a directory, or a row that gets another name. */
export type Naming =
  | { readonly type: 'file' | 'directory'; readonly parent: string }
  | { readonly type: 'rename'; readonly path: string };

/** milliseconds a good outcome stays to be read; problems stay until the next action */
const messageTime = 4_000;

export function useFileActions({
  machine,
  model,
  ask,
  open,
}: {
  readonly machine: LabMachine;
  readonly model: TreeModel;
  readonly ask: (question: FileQuestion) => void;
  readonly open: (path: string) => void;
}) {
  const [message, setMessage] = useState('');
  const { files } = machine;

  const attempt = async (what: string, done: string, action: () => Promise<unknown>) => {
    setMessage('');
    try {
      await action();
      setMessage(done);
      setTimeout(() => setMessage((now) => (now === done ? '' : now)), messageTime);
    } catch (error) {
      setMessage(`${what} did not work: ${messageOf(error)}`);
    }
  };

  const runUpload = (directory: string, items: readonly UploadItem[]) =>
    attempt('The upload', `${items.length} uploaded.`, async () => {
      await upload(files, directory, items, (done) =>
        setMessage(`Uploading ${done} of ${items.length}…`),
      );
      await model.refresh();
    });

  return {
    message,

    async name(naming: Naming, name: string): Promise<void> {
      const parent = naming.type === 'rename' ? parentPath(naming.path) : naming.parent;
      const path = joinPath(parent, name);
      await attempt('That', '', async () => {
        if (naming.type === 'rename') {
          await files.rename(naming.path, path);
          openFilesOf(machine.name).move(naming.path, path);
        } else if (naming.type === 'directory') await files.makeDirectory(path);
        else await files.write(path, new Uint8Array());
        await model.refresh();
        await model.reveal(path);
        if (naming.type === 'file') open(path);
      });
    },

    /** Asks first when something of the same name is there. */
    async upload(directory: string, items: readonly UploadItem[]): Promise<void> {
      if (items.length === 0) return;
      const there = await files.list(directory).catch(() => []);
      const names = new Set(there.map(({ name }) => name));
      const taken = [...new Set(items.map(({ path }) => path.split('/')[0] ?? ''))].filter((name) =>
        names.has(name),
      );
      if (taken.length > 0) ask({ type: 'replace', directory, items, taken });
      else await runUpload(directory, items);
    },

    confirm(question: FileQuestion): void {
      if (question.type === 'replace') void runUpload(question.directory, question.items);
      else {
        const { path } = question.row;
        void attempt('Deleting', `${shortPath(path)} is deleted.`, async () => {
          await files.remove(path);
          await model.refresh();
        });
      }
    },

    async download({ path, name }: TreeRow): Promise<void> {
      await attempt('The download', '', async () => {
        const bytes = await files.read(path);
        offerDownload(new Blob([bytes.slice()]), name);
      });
    },
  };
}
