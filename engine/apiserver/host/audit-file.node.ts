import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { AuditSink } from '../audit/audit-log.ts';

export interface AuditFile {
  readonly sink: AuditSink;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/** Appends events to a file, which only its owner may read; `-` is the standard output. */
export function openAuditFile(path: string, onError: (error: unknown) => void): AuditFile {
  if (path === '-')
    return {
      sink: (line) => void process.stdout.write(`${line}\n`),
      close: () => Promise.resolve(),
    };
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  stream.on('error', onError);
  return {
    sink: (line) => void stream.write(`${line}\n`),
    async close() {
      if (stream.destroyed) return;
      stream.end();
      await once(stream, 'close');
    },
  };
}
