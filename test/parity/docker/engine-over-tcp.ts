import { createServer, type AddressInfo } from 'node:net';
import type { DockerEngineService } from '../../../engine/api/docker-engine.ts';
import { streamFromSocket } from '../../../engine/http/socket-stream.node.ts';

/** A Docker engine on a port of this computer, as `DOCKER_HOST=tcp://127.0.0.1:PORT` finds it. */
export interface EngineOverTcp {
  readonly port: number;
  close(): void;
}

/** Joins each TCP connection to one of the engine's. */
export async function serveOverTcp(engine: DockerEngineService): Promise<EngineOverTcp> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const client = streamFromSocket(socket);
    void engine
      .connect()
      .then(({ readable, writable }) =>
        Promise.allSettled([client.readable.pipeTo(writable), readable.pipeTo(client.writable)]),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
