/**
 * A stream of bytes over a MessagePort with back-pressure: the reader grants what it has room for, so at most
 * `room` bytes are under way. (Transferring the stream itself would do the same where browsers
 * can; Safari cannot, and one path is easier to trust than two.)
 */
import { messageOf } from '../../../ui/message-of.ts';

type ToWriter = { readonly type: 'grant'; readonly bytes: number } | { readonly type: 'cancel' };
type ToReader =
  | { readonly type: 'chunk'; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly message: string };

/** Enough to keep a busy page's slow turns from slowing the stream: bytes. */
const room = 1024 * 1024;

/** Chunks over this size are cut, so that a grant is overdrawn by little: bytes. */
const largestChunk = 256 * 1024;

/** Sends `stream` to whoever reads the returned port with `readStream`. The port is to be transferred. */
export function sendStream(stream: ReadableStream<Uint8Array>): MessagePort {
  const { port1: port, port2 } = new MessageChannel();
  const reader = stream.getReader();
  let granted = 0;
  let sending = false;

  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      while (granted > 0) {
        // oxlint-disable-next-line no-await-in-loop -- in order
        const { done, value } = await reader.read();
        if (done) return port.postMessage({ type: 'end' } satisfies ToReader);
        for (let rest = value; rest.length > 0; rest = rest.subarray(largestChunk)) {
          // A copy: the chunk may be a window on memory that its owner still uses.
          const chunk = rest.slice(0, largestChunk);
          granted -= chunk.length;
          port.postMessage({ type: 'chunk', chunk } satisfies ToReader, [chunk.buffer]);
        }
      }
      sending = false;
    } catch (error) {
      const message = messageOf(error);
      port.postMessage({ type: 'error', message } satisfies ToReader);
    }
  };
  port.addEventListener('message', ({ data }: MessageEvent<ToWriter>) => {
    if (data.type === 'cancel') {
      port.close();
      reader.cancel().catch(() => {});
    } else {
      granted += data.bytes;
      void send();
    }
  });
  // The other side's thread ended (Chromium 122 and later say so).
  port.addEventListener('close', () => void reader.cancel().catch(() => {}));
  port.start();
  return port2;
}

/** The stream behind a port made by `sendStream`. Cancelling it cancels the source. */
export function readStream(port: MessagePort): ReadableStream<Uint8Array<ArrayBuffer>> {
  /** granted and not yet received */
  let expected = 0;
  let ended = false;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        port.addEventListener('message', ({ data }: MessageEvent<ToReader>) => {
          if (ended) return;
          if (data.type === 'chunk') {
            expected -= data.chunk.length;
            controller.enqueue(data.chunk);
            return;
          }
          ended = true;
          if (data.type === 'end') controller.close();
          else controller.error(new Error(data.message));
          // Closed by the reader: closing by the sender could overtake its last message.
          port.close();
        });
        port.addEventListener('close', () => {
          if (ended) return;
          ended = true;
          controller.error(new Error('The sender of this stream has gone'));
        });
        port.start();
      },
      pull(controller) {
        const bytes = (controller.desiredSize ?? 0) - expected;
        // Small grants would be as many messages as chunks.
        if (ended || bytes <= 0 || (bytes < room / 4 && expected > 0)) return;
        expected += bytes;
        port.postMessage({ type: 'grant', bytes } satisfies ToWriter);
      },
      cancel() {
        ended = true;
        port.postMessage({ type: 'cancel' } satisfies ToWriter);
        port.close();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: room }),
  );
}
