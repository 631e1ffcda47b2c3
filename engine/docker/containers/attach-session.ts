import type { ByteStream } from '../../api/byte-stream.ts';
import type { OutputChunk, ProcessIo } from '../../runtime/types.ts';
import { DetachScanner } from './detach-keys.ts';
import { frame } from './stdcopy.ts';

export interface SessionOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  /** the client's end of input is the process's; otherwise it ends the session */
  readonly closeStdin: boolean;
  /** keys that end the session; only with a terminal */
  readonly detachKeys: readonly number[];
}

/** One client that sees and feeds a process. */
export class AttachSession {
  readonly options: SessionOptions;
  readonly #stream: ByteStream;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #over = false;
  #finish: (how: 'ended' | 'detached') => void = () => {};
  /** Resolves when nothing more will be written. */
  readonly ended: Promise<'ended' | 'detached'>;

  constructor(stream: ByteStream, options: SessionOptions) {
    this.options = options;
    this.#stream = stream;
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.ended = new Promise((resolve) => (this.#finish = resolve));
  }

  get over(): boolean {
    return this.#over;
  }

  /** Writes with back-pressure. A client that has gone ends the session. */
  async send({ stream, bytes }: OutputChunk): Promise<void> {
    const { options } = this;
    if (this.#over || !(stream === 'stdout' ? options.stdout : options.stderr)) return;
    try {
      await this.#writer.write(options.tty ? bytes : frame(stream, bytes));
    } catch {
      this.end();
    }
  }

  /** Feeds the process's input until either side ends. Never rejects. */
  async feed(input: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    if (!this.options.stdin) return;
    const scanner = this.options.tty ? new DetachScanner(this.options.detachKeys) : undefined;
    const reader = this.#stream.readable.getReader();
    void this.ended.then(() => reader.cancel().catch(() => {}));
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (this.#over) return;
        if (done) break;
        const { bytes, detached } = scanner?.scan(value) ?? { bytes: value, detached: false };
        if (bytes.length > 0) await input.write(bytes);
        if (detached) return this.end('detached');
      }
      if (this.options.closeStdin) await input.close();
      else this.end();
    } catch {
      // The process no longer reads; its output tells the rest.
    }
  }

  end(how: 'ended' | 'detached' = 'ended'): void {
    if (this.#over) return;
    this.#over = true;
    this.#writer.close().catch(() => {});
    this.#finish(how);
  }
}

/** Joins sessions to a process until it or they end, then detaches from it. */
export async function joinSessions(
  io: ProcessIo,
  sessions: readonly AttachSession[],
): Promise<void> {
  const input = io.input.getWriter();
  input.closed.catch(() => {});
  for (const session of sessions) void session.feed(input);
  const output = io.output.getReader();
  void Promise.all(sessions.map((session) => session.ended)).then(() =>
    output.cancel().catch(() => {}),
  );
  try {
    for (;;) {
      const { done, value } = await output.read();
      if (done) break;
      await Promise.all(sessions.map((session) => session.send(value)));
    }
  } catch {
    // A broken connection to the machine ends what the client sees.
  } finally {
    for (const session of sessions) session.end();
    await io.close().catch(() => {});
  }
}
