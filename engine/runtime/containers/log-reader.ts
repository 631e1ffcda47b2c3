import { collect, type AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { LogEntry, LogOptions } from '../types.ts';

export interface LogSource {
  readonly agent: AgentClient;
  /** the newest file; older ones have `.1`, `.2` and so on after their names, and then `.gz` when compressed */
  readonly path: string;
  readonly format: 'json-file' | 'cri';
  /** files there may be, with the newest */
  readonly files: number;
  /** undefined when the container does not run; else settles when it ends */
  readonly ended: Promise<unknown> | undefined;
}

/** Bytes that are read at a time in search of the last lines. */
const BLOCK = 64 << 10;
const NEWLINE = 10;

const encoder = new TextEncoder();

/** Entries of a container's log; with `follow` until the container has ended and its last line was read. */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<LogEntry> {
  const { since, until } = options;
  const parser = new LogParser(source.format);
  for await (const bytes of readFiles(source, options)) {
    for (const entry of parser.push(bytes)) {
      const time = since === undefined && until === undefined ? 0 : milliseconds(entry.time);
      if (since !== undefined && time < since) continue;
      if (until !== undefined && time > until) return;
      if ((entry.stream === 'stdout' ? options.stdout : options.stderr) !== false) yield entry;
    }
  }
}

/** The files' bytes, oldest first, from the start of the last `tail` lines on; of both streams, as in Docker. */
async function* readFiles(source: LogSource, options: LogOptions): AsyncGenerator<Uint8Array> {
  const { agent, path, ended } = source;
  const older: Uint8Array[] = [];
  let offset = 0;
  let missing = options.tail ?? Number.POSITIVE_INFINITY;
  if (Number.isFinite(missing)) {
    const start = await startOfLast(agent, path, missing);
    offset = start.offset;
    missing -= start.lines;
  }
  for (let index = 1; index < source.files && missing > 0; index++) {
    const bytes = await readOlder(agent, `${path}.${index}`);
    if (bytes === undefined) break;
    const start = startInBlock(bytes, missing);
    missing -= start.lines;
    older.unshift(bytes.subarray(start.offset));
  }
  yield* older;
  const follow = options.follow === true && ended !== undefined;
  const file = await ifThere(agent.openFile({ path, offset, follow }));
  if (file === undefined) return;
  const leave = (): void => void file.readable.cancel().catch(() => {});
  options.signal?.addEventListener('abort', leave, { once: true });
  if (follow) void ended.catch(() => {}).then(() => file.finish());
  try {
    yield* file.readable;
  } finally {
    options.signal?.removeEventListener('abort', leave);
  }
}

interface Start {
  readonly offset: number;
  /** from there to the end; fewer than wanted when there are no more */
  readonly lines: number;
}

/** Where the last so many lines of a file begin, searched from its end. */
export async function startOfLast(
  agent: Pick<AgentClient, 'call' | 'openFile'>,
  path: string,
  wanted: number,
): Promise<Start> {
  const info = await ifThere(agent.call('file.stat', { path }));
  let end = info?.size ?? 0;
  if (wanted === 0) return { offset: end, lines: 0 };
  let lines = 0;
  while (end > 0) {
    const from = Math.max(0, end - BLOCK);
    const { readable } = await agent.openFile({ path, offset: from, length: end - from });
    const found = startInBlock(await collect(readable), wanted - lines);
    lines += found.lines;
    if (found.offset > 0) return { offset: from + found.offset, lines };
    end = from;
  }
  return { offset: 0, lines };
}

/** After the newline before the last so many; 0 when that is not in here. */
function startInBlock(block: Uint8Array, wanted: number): Start {
  let lines = 0;
  for (let at = block.length - 1; at >= 0; at--) {
    if (block[at] !== NEWLINE) continue;
    if (lines === wanted) return { offset: at + 1, lines };
    lines++;
  }
  return { offset: 0, lines };
}

async function readOlder(agent: AgentClient, path: string): Promise<Uint8Array | undefined> {
  const plain = await ifThere(agent.readFile(path));
  if (plain !== undefined) return plain;
  const file = await ifThere(agent.openFile({ path: `${path}.gz` }));
  const gunzip = new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>;
  return file && (await collect(file.readable.pipeThrough(gunzip)));
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** UNIX time with the nanoseconds that `Date.parse` drops, as far as a number holds them. */
function milliseconds(time: string): number {
  const [, below = ''] = /\.\d{3}(\d+)/.exec(time) ?? [];
  return Date.parse(time) + Number(`0.${below}`);
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
