import type { LabFiles } from '../../../engine/api/lab.ts';
import { isSharedPath } from './shared-state.ts';

const ROOT = '/root/work';
/** bytes of one file; larger ones are hardly written by hand */
const MOST_BYTES = 64 * 1024;
const MOST_FILES = 60;

export interface CollectedFiles {
  /** texts by their paths below /root/work */
  readonly files: Readonly<Record<string, string>>;
  /** paths of those that are no text, or too large, or too many, or have a name that cannot be shared */
  readonly left: readonly string[];
}

/** The text files of a folder below /root/work, or of all of it. */
export async function collectFiles(machine: LabFiles, folder: string): Promise<CollectedFiles> {
  const files: Record<string, string> = {};
  const left: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    for (const { name, kind, size } of await machine.list(`${ROOT}/${directory}`)) {
      const path = directory === '' ? name : `${directory}/${name}`;
      if (kind === 'directory') await visit(path);
      else if (kind === 'file') {
        const full = Object.keys(files).length === MOST_FILES;
        const fits = size <= MOST_BYTES && !full && isSharedPath(path);
        const text = fits ? await readText(machine, path) : undefined;
        if (text === undefined) left.push(path);
        else files[path] = text;
      }
    }
  };
  await visit(folder);
  return { files, left };
}

/**
 * Writes files below /root/work. One that is there with another content is not lost: it gets a name of its own first.
 * @returns the names that such files have now
 */
export async function putSharedFiles(
  machine: LabFiles,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const whole = `${ROOT}/${path}`;
    if (await exists(machine, whole)) {
      if ((await readText(machine, path)) === text) continue;
      const name = await freeName(machine, path);
      await machine.rename(whole, `${ROOT}/${name}`);
      kept.push(name);
    }
    await machine.write(whole, new TextEncoder().encode(text));
  }
  return kept;
}

async function freeName(machine: LabFiles, path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? `${path}.before` : `${path}.before-${number}`;
    if (!(await exists(machine, `${ROOT}/${name}`))) return name;
  }
}

function exists(machine: LabFiles, path: string): Promise<boolean> {
  return machine.stat(path).then(
    () => true,
    () => false,
  );
}

/** Undefined when it is no text. */
async function readText(machine: LabFiles, path: string): Promise<string | undefined> {
  try {
    const content = await machine.read(`${ROOT}/${path}`);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
