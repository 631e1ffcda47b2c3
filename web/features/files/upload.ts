/** Files from the learner's computer into the machine. */
import type { LabFiles } from '../../../engine/api/lab.ts';
import { joinPath } from './paths.ts';

export interface UploadItem {
  /** below the directory that is dropped on */
  readonly path: string;
  /** a directory when absent */
  readonly file?: File;
}

/** Larger files would have to fit into the page's memory and the machine's disk at once: bytes. */
const uploadLimit = 256 * 1024 * 1024;

/** Everything that was dropped, directories with what is in them. Must be called before the drop event ends. */
export async function droppedItems(transfer: DataTransfer): Promise<readonly UploadItem[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map((entry) => walk(entry, '')))).flat();
}

async function walk(entry: FileSystemEntry, prefix: string): Promise<UploadItem[]> {
  const path = prefix + entry.name;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  if (!isDirectory(entry)) return [];
  const reader = entry.createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives at most a hundred entries at a time, and none when it is through.
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each call continues the one before
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    children.push(...some);
  }
  const below = await Promise.all(children.map((child) => walk(child, `${path}/`)));
  return [{ path }, ...below.flat()];
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Writes the items below `directory`, one after the other. Rejects with the path that failed in the message. */
export async function upload(
  files: LabFiles,
  directory: string,
  items: readonly UploadItem[],
  onProgress: (done: number) => void,
): Promise<void> {
  for (const [index, { path, file }] of items.entries()) {
    const target = joinPath(directory, path);
    if (file && file.size > uploadLimit)
      throw new Error(`${path} is larger than ${uploadLimit / 1024 / 1024} MiB`);
    // oxlint-disable-next-line no-await-in-loop -- one at a time keeps memory to one file
    await (file
      ? file.arrayBuffer().then((bytes) => files.write(target, new Uint8Array(bytes)))
      : files.makeDirectory(target));
    onProgress(index + 1);
  }
}
