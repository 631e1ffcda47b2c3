import { concatBytes } from '../../http/index.ts';
import { startOfLast } from '../../runtime/containers/log-reader.ts';
import type { RuntimeService } from '../../runtime/cri/types.ts';
import { messageOf } from '../../base/message-of.ts';
import type { NodeAgent } from '../contracts.ts';
import { CriLines, fixedTime, millisecondsOf, type CriLine } from './cri-lines.ts';
import type { LogQuery } from './log-query.ts';

export interface LogSource {
  readonly agent: Pick<NodeAgent, 'call' | 'openFile'>;
  readonly cri: Pick<RuntimeService, 'containerStatus' | 'containerEvents'>;
  /** as the runtime knows it */
  readonly containerId: string;
  readonly path: string;
  /** UNIX milliseconds */
  readonly now: number;
}

const NEWLINE = 10;
const encoder = new TextEncoder();

/** What is shown of one line. */
export interface LogPiece {
  readonly stream: CriLine['stream'];
  readonly bytes: Uint8Array;
}

/** A container's log as bytes; see `readLogPieces`. */
export async function* readContainerLog(
  source: LogSource,
  query: LogQuery,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const pieces of readLogPieces(source, query, signal))
    yield concatBytes(...pieces.map(({ bytes }) => bytes));
}

/**
 * A container's log as `kubectl logs` shows it (cri-client's `logs.ReadLogs`): of the newest file; when it is
 * followed, of those that come after it, until the container ends. Throws an `Error` in upstream's words when
 * there is no file.
 */
export async function* readLogPieces(
  source: LogSource,
  query: LogQuery,
  signal?: AbortSignal,
): AsyncGenerator<readonly LogPiece[]> {
  const { agent, path } = source;
  const { follow, tailLines } = query;
  const ending = follow ? await watchEnd(source) : undefined;
  try {
    const { offset } =
      tailLines === undefined
        ? { offset: 0 }
        : await orFail(path, startOfLast(agent, path, tailLines));
    const file = await orFail(
      path,
      agent.openFile({ path, offset, follow: ending?.runs === true }),
    );
    const reader = file.readable.getReader();
    const leave = (): void => void reader.cancel().catch(() => {});
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted === true) leave();
    ending?.onEnd(() => void file.finish());
    try {
      yield* new LogWriter(source.now, query).write(reader);
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  } finally {
    ending?.dispose();
  }
}

/** When a container that is followed has ended. */
async function watchEnd({ cri, containerId }: LogSource) {
  let ended = false;
  let tell: () => void = () => {};
  const subscription = cri.containerEvents(({ type, containerId: id }) => {
    if (id !== containerId) return;
    if (type !== 'CONTAINER_STOPPED_EVENT' && type !== 'CONTAINER_DELETED_EVENT') return;
    ended = true;
    tell();
  });
  try {
    const { state } = await cri.containerStatus(containerId);
    return {
      runs: state === 'CONTAINER_RUNNING',
      onEnd(listener: () => void): void {
        if (ended) listener();
        else tell = listener;
      },
      dispose: () => subscription.dispose(),
    };
  } catch (error) {
    subscription.dispose();
    throw error;
  }
}

async function orFail<T>(path: string, opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    throw new Error(`failed to try resolving symlinks in path "${path}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Chooses lines and says how they are shown. */
class LogWriter {
  readonly #query: LogQuery;
  readonly #since: number;
  /** lines that still count: a file that grows while it is read shows no more than was asked for */
  #lines: number;
  #bytes: number;
  #isNewLine = true;

  constructor(now: number, query: LogQuery) {
    const { follow, tailLines, limitBytes, sinceSeconds, sinceTime } = query;
    this.#query = query;
    this.#since = sinceSeconds === undefined ? (sinceTime ?? 0) : now - sinceSeconds * 1000;
    this.#lines = follow || tailLines === undefined ? Number.POSITIVE_INFINITY : tailLines;
    this.#bytes = limitBytes ?? Number.POSITIVE_INFINITY;
  }

  async *write(
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): AsyncGenerator<readonly LogPiece[]> {
    const lines = new CriLines();
    try {
      while (!this.#isFull) {
        const { done, value } = await reader.read();
        // A line that was cut short is nothing to a reader who waits for its end.
        if (done && this.#query.follow) return;
        const shown = this.#show(done ? lines.end() : lines.push(value));
        if (shown.length > 0) yield shown;
        if (done) return;
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  get #isFull(): boolean {
    return this.#lines <= 0 || this.#bytes <= 0;
  }

  /** What is to be seen of so many lines. */
  #show(lines: Iterable<CriLine | undefined>): LogPiece[] {
    const pieces: LogPiece[] = [];
    for (const line of lines) {
      if (this.#isFull) break;
      if (line === undefined) continue;
      this.#lines--;
      const bytes = this.#format(line);
      this.#isNewLine = line.text.length === 0 || line.text.at(-1) === NEWLINE;
      if (bytes === undefined) continue;
      const shown = bytes.subarray(0, Math.min(bytes.length, this.#bytes));
      this.#bytes -= shown.length;
      pieces.push({ stream: line.stream, bytes: shown });
    }
    return pieces;
  }

  #format({ time, stream, text }: CriLine): Uint8Array | undefined {
    const { stream: wanted, timestamps } = this.#query;
    if (this.#since > 0 && millisecondsOf(time) < this.#since) return undefined;
    if (wanted !== 'All' && wanted.toLowerCase() !== stream) return undefined;
    return timestamps && this.#isNewLine
      ? concatBytes(encoder.encode(`${fixedTime(time)} `), text)
      : text;
  }
}
