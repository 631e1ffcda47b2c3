/**
 * A stream of bytes over a MessagePort with back-pressure: the reader asks for each chunk, so at most
 * `ahead` chunks are under way. (Transferring the stream itself would do the same where browsers
 * can; Safari cannot, and one path is easier to trust than two.)
 */

type ToWriter = { readonly type: 'pull' } | { readonly type: 'cancel' };
type ToReader =
  | { readonly type: 'chunk'; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly message: string };

/** chunks the reader asks for before it has consumed any: hides the round trip between two threads */
const ahead = 4;

/** Chunks over this size are cut, so that memory under way stays bounded: bytes. */
const largestChunk = 256 * 1024;

/** Sends `stream` to whoever reads the returned port with `readStream`. The port is to be transferred. */
export function sendStream(stream: ReadableStream<Uint8Array>): MessagePort {
  const { port1: port, port2 } = new MessageChannel();
  const reader = stream.getReader();
  let rest: Uint8Array | undefined;
  let turn = Promise.resolve();

  const finish = (message: ToReader) => {
    port.postMessage(message);
    // Left to the reader to close: closing here could overtake the last message.
  };
  const sendNext = async () => {
    try {
      while (!rest?.byteLength) {
        const { done, value } = await reader.read();
        if (done) return finish({ type: 'end' });
        rest = value;
      }
      // A copy: the chunk may be a window on memory that its owner still uses.
      const chunk = rest.slice(0, largestChunk);
      rest = rest.byteLength > largestChunk ? rest.subarray(largestChunk) : undefined;
      port.postMessage({ type: 'chunk', chunk } satisfies ToReader, [chunk.buffer]);
    } catch (error) {
      finish({ type: 'error', message: error instanceof Error ? error.message : String(error) });
    }
  };
  port.addEventListener('message', ({ data }: MessageEvent<ToWriter>) => {
    if (data.type === 'cancel') {
      port.close();
      reader.cancel().catch(() => {});
    } else {
      turn = turn.then(sendNext);
    }
  });
  // The other side's thread ended (Chromium 122 and later say so).
  port.addEventListener('close', () => void reader.cancel().catch(() => {}));
  port.start();
  return port2;
}

/** The stream behind a port made by `sendStream`. Cancelling it cancels the source. */
export function readStream(port: MessagePort): ReadableStream<Uint8Array<ArrayBuffer>> {
  let asked = 0;
  const ask = () => {
    asked += 1;
    port.postMessage({ type: 'pull' } satisfies ToWriter);
  };
  let ended = false;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        port.addEventListener('message', ({ data }: MessageEvent<ToReader>) => {
          if (ended) return;
          asked -= 1;
          if (data.type === 'chunk') {
            controller.enqueue(data.chunk);
            return;
          }
          ended = true;
          if (data.type === 'end') controller.close();
          else controller.error(new Error(data.message));
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
        while (!ended && asked < (controller.desiredSize ?? 0)) ask();
      },
      cancel() {
        ended = true;
        port.postMessage({ type: 'cancel' } satisfies ToWriter);
        port.close();
      },
    },
    { highWaterMark: ahead },
  );
}
