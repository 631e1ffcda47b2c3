import type { Socket } from 'node:net';
import type { ByteStream } from '../api/byte-stream.ts';

/** Bytes that are read ahead of who consumes them. */
const READ_AHEAD = 64 * 1024;
/** Milliseconds a client may take to accept what is written to it: one that stopped reading is cut off. */
const WRITE_TIMEOUT_MS = 60_000;

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error('The client does not read.')),
      WRITE_TIMEOUT_MS,
    );
    socket.write(bytes, (error) => {
      clearTimeout(timer);
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}

/** A socket of Node, also one under TLS, as a stream. The socket must allow a half-closed state. */
export function streamFromSocket(socket: Socket): ByteStream {
  let over = false;
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (): void => {
          if (over) return;
          over = true;
          controller.close();
        };
        socket.on('data', (bytes: Uint8Array) => {
          if (over) return;
          controller.enqueue(bytes);
          if ((controller.desiredSize ?? 0) <= 0) socket.pause();
        });
        socket.on('end', end);
        socket.on('close', end);
        socket.on('error', (error) => {
          if (over) return;
          over = true;
          controller.error(error);
        });
      },
      pull: () => void socket.resume(),
      cancel() {
        over = true;
        socket.destroy();
      },
    },
    { highWaterMark: READ_AHEAD, size: (bytes) => bytes.length },
  );
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => write(socket, bytes),
    close: () => new Promise<void>((resolve) => socket.end(resolve)),
    abort: () => void socket.destroy(),
  });
  return { readable, writable };
}
