import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { LogEntry, LogOptions } from '../types.ts';

export interface LogSource {
  readonly agent: AgentClient;
  readonly path: string;
  readonly format: 'json-file' | 'cri';
  /** undefined when the container does not run; else settles when it ends */
  readonly ended: Promise<unknown> | undefined;
}

const encoder = new TextEncoder();

/** Entries of a container's log file; with `follow` until the container has ended and its last line was read. */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<LogEntry> {
  const wanted = (entry: LogEntry): boolean =>
    (entry.stream === 'stdout' ? options.stdout !== false : options.stderr !== false) &&
    !(options.since !== undefined && Date.parse(entry.time) < options.since) &&
    !(options.until !== undefined && Date.parse(entry.time) > options.until);

  let position = 0;
  const entries: LogEntry[] = [];
  const written = await readAll(source);
  const parser = new LogParser(source.format);
  for (const entry of parser.push(written)) if (wanted(entry)) entries.push(entry);
  position = written.length;
  yield* options.tail === undefined
    ? entries
    : entries.slice(Math.max(0, entries.length - options.tail));
  if (options.follow !== true || source.ended === undefined) return;

  for await (const bytes of followFile(source, position, options.signal)) {
    for (const entry of parser.push(bytes)) if (wanted(entry)) yield entry;
  }
}

async function readAll({ agent, path }: LogSource): Promise<Uint8Array> {
  try {
    return await agent.readFile(path);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return new Uint8Array(0);
    throw error;
  }
}

/** Bytes from `position` on as they are written, until the container has ended and the file's end is reached. */
async function* followFile(
  { agent, path, ended }: LogSource,
  position: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const { readable } = await agent.openFile({ path, offset: position, follow: true });
  const reader = readable.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  signal?.addEventListener('abort', leave, { once: true });
  let at = position;
  let end = Number.POSITIVE_INFINITY;
  const finish = async (): Promise<void> => {
    await ended;
    end = (await agent.call('file.stat', { path })).size;
    if (at >= end) leave();
  };
  finish().catch(leave);
  try {
    while (at < end) {
      const { value, done } = await reader.read();
      if (done) return;
      at += value.length;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    leave();
  }
}

/** Lines of Docker's json-file driver, or of the CRI's log format. */
class LogParser {
  readonly #parse: (line: string) => LogEntry | undefined;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(format: LogSource['format']) {
    this.#parse = format === 'json-file' ? parseJsonLine : parseCriLine;
  }

  *push(bytes: Uint8Array): Generator<LogEntry> {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const entry = this.#parse(line);
      if (entry !== undefined) yield entry;
    }
  }
}

function parseJsonLine(line: string): LogEntry | undefined {
  try {
    const { log, stream, time } = JSON.parse(line) as {
      log: string;
      stream: 'stdout' | 'stderr';
      time: string;
    };
    return { stream, time, bytes: encoder.encode(log) };
  } catch {
    // A machine that was cut off may leave half a line.
    return undefined;
  }
}

/** `time stream tag text`; tag `P` is a part of a line. */
function parseCriLine(line: string): LogEntry | undefined {
  const match = /^(\S+) (stdout|stderr) ([FP])\S* (.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, time = '', stream, tag, text = ''] = match;
  return {
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    time,
    bytes: encoder.encode(tag === 'F' ? `${text}\n` : text),
  };
}
