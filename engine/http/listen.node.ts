import { createServer, type AddressInfo, type Socket } from 'node:net';
import { serveHttp, type HttpHandler, type ServeOptions } from './server.ts';
import { streamFromSocket } from './socket-stream.node.ts';

export interface Listener {
  readonly port: number;
  /** Stops accepting and ends every connection. */
  close(): Promise<void>;
}

/** Serves HTTP/1.1 on a TCP port of this computer alone; 0 takes any free one. Rejects when it is taken. */
export async function listenHttp(
  port: number,
  handler: HttpHandler,
  options: ServeOptions = {},
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // What breaks shows where it is read.
    socket.on('error', () => {});
    void serveHttp(streamFromSocket(socket), handler, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
