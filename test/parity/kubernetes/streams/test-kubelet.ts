import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocketServer, createWebSocketStream, type WebSocket } from 'ws';
import type { ByteStream } from '../../../../engine/api/byte-stream.ts';
import { serveSpdy, type SpdyStream } from '../../../../engine/http/spdy/spdy-session.ts';
import type { KeyPair } from '../../../../engine/pki/certificates.ts';
import { commandOverSpdy, commandOverWebSocket, duplexOf, runCommand } from './remote-command.ts';

const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const CHANNELS = 'v5.channel.k8s.io';

/**
 * The endpoint of a kubelet as the API server reaches it (`pkg/kubelet/server`), over processes and ports of
 * this computer: `/containerLogs`, `/exec`, `/attach` and `/portForward`, by WebSocket and SPDY/3.1.
 */
export class TestKubelet {
  /** `METHOD /path PROTOCOL` of every request */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) =>
      [CHANNELS, TUNNEL].find((protocol) => offered.has(protocol)) ?? false,
  });
  /** Answers `/containerLogs/…`. */
  onLogs: (query: URLSearchParams, response: ServerResponse) => void = (_query, response) =>
    void response.end();

  private constructor({ certificate, key }: KeyPair) {
    this.#server = createServer({ cert: certificate, key });
    this.#server.on('request', (request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async start(certificate: KeyPair): Promise<TestKubelet> {
    const kubelet = new TestKubelet(certificate);
    await new Promise<void>((resolve) => kubelet.#server.listen(0, '127.0.0.1', resolve));
    return kubelet;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    for (const client of this.#sockets.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = urlOf(request);
    this.requests.push(`${request.method} ${pathname}`);
    if (pathname.startsWith('/containerLogs/')) this.onLogs(searchParams, response);
    else response.writeHead(404).end('404 page not found\n');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = urlOf(request);
    const [, action = ''] = pathname.split('/');
    const protocol = request.headers.upgrade ?? '';
    this.requests.push(`${request.method} ${pathname} ${protocol}`);
    const command = action === 'attach' ? ['cat'] : searchParams.getAll('command');
    if (protocol === 'websocket')
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        if (action === 'portForward') forwardPorts(tunnelOf(webSocket));
        else
          runCommand(command, commandOverWebSocket(webSocket, searchParams.get('input') === '1'));
      });
    else {
      const offered = String(request.headers['x-stream-protocol-version'] ?? '').split(/,\s*/);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${offered[0]}\r\n\r\n`,
      );
      const connection = Duplex.toWeb(socket) as ByteStream;
      if (action === 'portForward') forwardPorts(connection);
      else runOverSpdy(connection, command, searchParams);
    }
  }
}

function urlOf({ url = '' }: IncomingMessage): URL {
  return new URL(url, 'https://kubelet');
}

/** Bytes in the messages of a WebSocket. */
function tunnelOf(socket: WebSocket): ByteStream {
  return Duplex.toWeb(createWebSocketStream(socket)) as ByteStream;
}

/** The command starts when the client has opened every stream it has asked for. */
function runOverSpdy(
  connection: ByteStream,
  command: readonly string[],
  query: URLSearchParams,
): void {
  const expected =
    1 + ['input', 'output', 'error'].filter((name) => query.get(name) === '1').length;
  const streams = new Map<string, SpdyStream>();
  void serveSpdy(connection, (stream) => {
    streams.set(stream.headers.get('streamtype') ?? '', stream);
    if (streams.size === expected)
      runCommand(
        command,
        commandOverSpdy(streams, () => {}),
      );
  }).catch(() => {});
}

/** Each connection of the client's is a stream of data, and one that says what went wrong. */
function forwardPorts(connection: ByteStream): void {
  const errors = new Map<string, SpdyStream>();
  void serveSpdy(connection, (stream) => {
    const request = stream.headers.get('requestid') ?? '';
    if (stream.headers.get('streamtype') === 'error') {
      errors.set(request, stream);
      return;
    }
    const port = Number(stream.headers.get('port'));
    const target = connect(port, '127.0.0.1');
    const data = duplexOf(stream);
    const failed = errors.get(request)?.writable.getWriter();
    target.on('error', (error) => {
      void failed?.write(
        new TextEncoder().encode(`error forwarding port ${port}: ${error.message}`),
      );
      data.destroy();
    });
    target.on('close', () => void failed?.close().catch(() => {}));
    data.on('error', () => target.destroy());
    target.pipe(data).pipe(target);
  }).catch(() => {});
}
