/** What a command in a container and its client say to each other, whatever carries it. */
import type { ByteStream } from '../../api/byte-stream.ts';
import type { TerminalSize } from '../../api/agent.ts';

/** Which of them the client has asked for. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface RemoteStreams {
  /** ends when the client ends it or is gone */
  readonly stdin: ReadableStream<Uint8Array>;
  readonly stdout: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly stderr: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** JSON texts, one after the other; undefined where the protocol has none */
  readonly resize: ReadableStream<Uint8Array> | undefined;
  /** Sends how it ended and closes the connection. */
  finish(status: StreamStatus): Promise<void>;
}

/** Runs with the streams of a client; the signal tells that it is gone. */
export type RemoteCommand = (streams: RemoteStreams, signal: AbortSignal) => Promise<StreamStatus>;

/** meta/v1 `Status` as the fourth version of the protocol has it. */
export interface StreamStatus {
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: 'InternalError' | 'NonZeroExitCode';
  readonly details?: {
    readonly causes: readonly { readonly reason: 'ExitCode'; readonly message: string }[];
  };
  readonly code?: number;
}

export const SUCCESS: StreamStatus = { status: 'Success' };

export const internalFailure = (message: string): StreamStatus => ({
  status: 'Failure',
  message: `Internal error occurred: ${message}`,
  reason: 'InternalError',
  code: 500,
});

export const exitFailure = (command: readonly string[], code: number): StreamStatus => ({
  status: 'Failure',
  message: `command terminated with non-zero exit code: error executing command [${command.join(' ')}], exit code ${code}`,
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
});

const encoder = new TextEncoder();

/** The last words of a session: before the fourth version only what went wrong, as text. */
export function encodeStatus(status: StreamStatus, isStructured: boolean): Uint8Array {
  if (isStructured) return encoder.encode(JSON.stringify(status));
  return encoder.encode(status.status === 'Success' ? '' : (status.message ?? ''));
}

/** Sizes of a terminal as the client tells them: `{"Width":80,"Height":24}`. */
export async function readSizes(
  resize: ReadableStream<Uint8Array>,
  onSize: (size: TerminalSize) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const reader = resize.getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    for (let end = rest.indexOf('}'); end !== -1; end = rest.indexOf('}')) {
      const size = parseSize(rest.slice(0, end + 1));
      rest = rest.slice(end + 1);
      // A client that does not keep to the format sends no more sizes.
      if (size === undefined) return void reader.cancel().catch(() => {});
      onSize(size);
    }
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    const isSize = Number.isInteger(Width) && Number.isInteger(Height);
    return isSize ? { cols: Number(Width), rows: Number(Height) } : undefined;
  } catch {
    return undefined;
  }
}

/** The connection, and how to end reading it, which ends what serves it. */
export function endable({
  readable,
  writable,
}: ByteStream): ByteStream & { readonly end: () => void } {
  const stop = new AbortController();
  const inner = new TransformStream<Uint8Array, Uint8Array>();
  const writer = inner.writable.getWriter();
  const reader = readable.getReader();
  const copy = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stop.signal.aborted) return;
      await writer.write(value);
    }
  };
  void copy()
    .catch(() => {})
    .then(() => writer.close().catch(() => {}));
  return {
    readable: inner.readable,
    writable,
    end: () => {
      stop.abort();
      void writer.close().catch(() => {});
      void reader.cancel().catch(() => {});
    },
  };
}
