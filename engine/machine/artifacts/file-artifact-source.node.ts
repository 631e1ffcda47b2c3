import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MachineError } from '../machine-error.ts';
import type { ArtifactSource, ReadOptions } from './artifact-source.ts';

/** Reads from directories of this computer. */
export class FileArtifactSource implements ArtifactSource {
  readonly #directories: Readonly<Record<'guest' | 'states', string>>;
  #fetchedBytes = 0;

  constructor(directories: Readonly<Record<'guest' | 'states', string>>) {
    this.#directories = directories;
  }

  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  async read(name: string, { onProgress }: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const [top = '', ...rest] = name.split('/');
    if (top !== 'guest' && top !== 'states')
      throw new RangeError(`Artifact paths begin with guest/ or states/, not ${name}`);
    try {
      const content = await readFile(path.join(this.#directories[top], ...rest));
      this.#fetchedBytes += content.length;
      onProgress?.(content.length, content.length);
      // Buffers of small files share one pool; callers want a buffer of their own.
      return Uint8Array.from(content);
    } catch (error) {
      throw new MachineError(
        'ARTIFACT_UNAVAILABLE',
        `${name} could not be read: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
}
