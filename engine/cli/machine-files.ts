import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SavedMachine } from '../api/machine.ts';
import { systemClock } from '../base/clock.ts';
import { MachineError } from '../machine/machine-error.ts';
import { readCheckpoint } from '../cluster/checkpoint-files.ts';
import { writeMachineFile } from '../machine/states/machine-file.ts';
import { UsageError } from './usage-error.ts';

/** The machine in a file that `--save` wrote, or of a checkpoint that the page wrote. */
export async function loadMachine(file: string): Promise<SavedMachine> {
  let content;
  try {
    content = await readFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${reasonOf(error)}.`);
  }
  const { machine } = await readCheckpoint(new Blob([content])).catch((error: unknown) => {
    if (error instanceof MachineError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  });
  if (machine === undefined)
    throw new UsageError(`${file}: This checkpoint holds no machine with Docker.`);
  return machine;
}

/** A file to be. What was there under its name stays until `write` has succeeded. */
export interface MachineTarget {
  write(saved: SavedMachine): Promise<void>;
  /** Leaves no trace unless it was written. */
  close(): Promise<void>;
}

/** Opened before there is anything to write, so that a bad path is known before the work is done. */
export async function openMachineTarget(file: string): Promise<MachineTarget> {
  const temporary = `${file}.${process.pid}.part`;
  const handle = await open(temporary, 'wx').catch((error: unknown) => {
    throw new UsageError(`${file} cannot be written: ${reasonOf(error)}.`);
  });
  return {
    async write(saved) {
      const name = path.basename(file).replace(/\.drydock$/, '');
      try {
        const content = writeMachineFile({ name, savedAt: systemClock.now(), saved });
        await writeFile(handle, content.stream());
        await handle.sync();
        await rename(temporary, file);
      } catch (error) {
        throw new Error(`The machine could not be saved to ${file}: ${reasonOf(error)}.`, {
          cause: error,
        });
      }
    },
    async close() {
      await handle.close();
      await rm(temporary, { force: true });
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission was refused',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
