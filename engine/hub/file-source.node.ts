import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type HubSource, HubSourceError } from './hub-source.ts';

/** Files below a directory. */
export function fileSource(directory: string): HubSource {
  return {
    async open(path, range) {
      try {
        const file = await open(join(directory, path));
        const options = range ? { start: range.start, end: range.end - 1 } : {};
        return Readable.toWeb(file.createReadStream(options)) as ReadableStream<Uint8Array>;
      } catch (cause) {
        throw new HubSourceError('ABSENT', `cannot read ${path}`, { cause });
      }
    },
  };
}
