import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { Clock } from '../../base/clock.ts';
import { serveHttp, type TakenOver } from '../../http/index.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { Connection } from '../request/request-context.ts';
import { streamFromSocket } from '../../http/socket-stream.node.ts';

export interface HttpsServerOptions {
  /** 0: any free one */
  readonly port: number;
  readonly certificate: KeyPair;
  readonly handle: (
    request: HttpRequest,
    connection: Connection,
  ) => Promise<HttpResponse | TakenOver>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export interface HttpsServer {
  readonly port: number;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Milliseconds until a connection that does not finish its TLS handshake is closed. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Leaf first. What the client sent is judged by the API server, which knows the authorities. */
function certificatesOf(socket: TLSSocket): Uint8Array<ArrayBuffer>[] {
  const chain: Uint8Array<ArrayBuffer>[] = [];
  let certificate = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (certificate?.raw !== undefined && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(new Uint8Array(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

/** kube-apiserver's, in milliseconds: `IdleTimeout` and `ReadHeaderTimeout` of its HTTP server. */
const IDLE_TIMEOUT_MS = 90_000;
const HEAD_TIMEOUT_MS = 32_000;

/** Serves HTTP/1.1 over TLS on the loopback interface; clients may show a certificate. */
export async function listenHttps(options: HttpsServerOptions): Promise<HttpsServer> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    {
      key: options.certificate.key,
      cert: options.certificate.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      allowHalfOpen: true,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      minVersion: 'TLSv1.2',
    },
    (socket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
      const connection: Connection = {
        remoteAddress: socket.remoteAddress ?? '',
        clientCertificates: certificatesOf(socket),
      };
      void serveHttp(streamFromSocket(socket), (request) => options.handle(request, connection), {
        now: () => options.clock.now(),
        patience: { clock: options.clock, idle: IDLE_TIMEOUT_MS, head: HEAD_TIMEOUT_MS },
        onError: options.onError,
      }).finally(() => socket.destroy());
    },
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
