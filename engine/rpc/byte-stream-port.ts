/**
 * A `ByteStream` over a MessagePort.
 *
 * Native transferable streams are missing in older Safari and acknowledge every chunk;
 * the `remote-web-streams` package also waits for a round trip per chunk. Terminals and
 * downloads want many small chunks in flight, so this sends against a window of bytes that
 * the reader refills as it consumes, as HTTP/2 does.
 */
import type { ByteStream } from '../api/byte-stream.ts';
import { received, sent, type Crossing } from './crossings.ts';
import { decodeError, encodeError, type WireError } from './error-codec.ts';
import { RpcError } from './rpc-error.ts';

/** Bytes a sender may have in flight before the reader has taken them. */
const WINDOW = 256 * 1024;
/** Chunks from this size on are transferred; below, cloning costs less than moving a buffer. */
const TRANSFER_FROM = 16 * 1024;

type Message =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'credit'; readonly bytes: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'abort'; readonly error: WireError }
  | { readonly kind: 'cancel'; readonly error: WireError };

interface OpenedPort {
  readonly stream: ByteStream;
  readonly crossing: Crossing;
}

function open(port: MessagePort): OpenedPort {
  const arrived: Uint8Array[] = [];
  let credit = WINDOW;
  let consumed = 0;
  let incoming: 'open' | 'ended' | 'over' = 'open';
  let outgoing: 'open' | 'over' = 'open';
  let wakeReader: (() => void) | undefined;
  let wakeWriter: (() => void) | undefined;
  let reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  let writer: WritableStreamDefaultController | undefined;

  const post = (message: Message, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  const closeWhenOver = (): void => {
    if (incoming !== 'over' || outgoing !== 'over') return;
    port.close();
    crossing.onOver?.();
  };
  const wake = (): void => {
    wakeReader?.();
    wakeWriter?.();
  };
  const failReading = (error: Error): void => {
    if (incoming === 'over') return;
    incoming = 'over';
    arrived.length = 0;
    reader?.error(error);
  };
  const failWriting = (error: Error): void => {
    if (outgoing === 'over') return;
    outgoing = 'over';
    writer?.error(error);
  };

  const onMessage = (event: MessageEvent<Message>): void => {
    const message = event.data;
    switch (message.kind) {
      case 'data':
        if (incoming === 'open') arrived.push(message.bytes);
        break;
      case 'credit':
        credit += message.bytes;
        break;
      case 'end':
        if (incoming === 'open') incoming = 'ended';
        break;
      case 'abort':
        failReading(decodeError(message.error));
        break;
      case 'cancel':
        failWriting(decodeError(message.error));
        break;
    }
    wake();
    closeWhenOver();
  };
  const onClose = (error: Error): void => {
    if (incoming === 'open') failReading(error);
    failWriting(error);
    wake();
  };
  const crossing: Crossing = {
    end(error) {
      onClose(error);
      port.close();
    },
  };
  port.addEventListener('message', onMessage);
  // In Node the event tells that the other side's worker has ended.
  port.addEventListener('close', () =>
    onClose(new RpcError('DISCONNECTED', 'The other end of this stream is gone.')),
  );

  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (reader = controller),
      async pull(controller) {
        while (arrived.length === 0 && incoming === 'open') {
          await new Promise<void>((resolve) => (wakeReader = resolve));
          wakeReader = undefined;
        }
        const bytes = arrived.shift();
        if (bytes !== undefined) {
          controller.enqueue(bytes);
          consumed += bytes.length;
          if (consumed >= WINDOW / 2) {
            post({ kind: 'credit', bytes: consumed });
            consumed = 0;
          }
        } else if (incoming === 'ended') {
          incoming = 'over';
          controller.close();
          closeWhenOver();
        }
      },
      cancel(reason) {
        if (incoming === 'over') return;
        incoming = 'over';
        arrived.length = 0;
        post({
          kind: 'cancel',
          error: encodeError(reason ?? new RpcError('DISCONNECTED', 'The reader has gone.')),
        });
        closeWhenOver();
      },
    },
    { highWaterMark: 0 },
  );

  const writable = new WritableStream<Uint8Array>({
    start: (controller) => void (writer = controller),
    async write(chunk) {
      while (credit <= 0 && outgoing === 'open') {
        await new Promise<void>((resolve) => (wakeWriter = resolve));
        wakeWriter = undefined;
      }
      if (outgoing !== 'open' || chunk.length === 0) return;
      credit -= chunk.length;
      const bytes = chunk.slice();
      post({ kind: 'data', bytes }, bytes.length >= TRANSFER_FROM ? [bytes.buffer] : []);
    },
    close() {
      outgoing = 'over';
      post({ kind: 'end' });
      closeWhenOver();
    },
    abort(reason) {
      outgoing = 'over';
      post({
        kind: 'abort',
        error: encodeError(reason ?? new RpcError('DISCONNECTED', 'The writer has gone.')),
      });
      closeWhenOver();
    },
  });
  port.start();
  const stream: ByteStream = { readable, writable };
  received(stream, crossing);
  received(readable, crossing);
  return { stream, crossing };
}

/** Speaks the protocol on `port`. The port is closed when both directions have ended. */
export function streamFromPort(port: MessagePort): ByteStream {
  return open(port).stream;
}

/** Pumps `stream` over a new channel and returns the port for the other side's `streamFromPort`. */
export function portFromStream(stream: ByteStream): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const { stream: here, crossing } = open(port1);
  sent(crossing);
  // A failure on one side is carried to the other by the pipe; there is nobody else to tell.
  const ignore = (): void => {};
  stream.readable.pipeTo(here.writable).catch(ignore);
  here.readable.pipeTo(stream.writable).catch(ignore);
  return port2;
}
