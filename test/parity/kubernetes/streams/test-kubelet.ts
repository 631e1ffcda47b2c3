import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type Server } from 'node:tls';
import { systemClock } from '../../../../engine/base/clock.ts';
import { serveHttp, type HttpHandler } from '../../../../engine/http/index.ts';
import { streamFromSocket } from '../../../../engine/http/socket-stream.node.ts';
import { DEFAULT_CONFIGURATION } from '../../../../engine/kubelet/configuration.ts';
import type { KubeletContext } from '../../../../engine/kubelet/contracts.ts';
import { kubeletServer } from '../../../../engine/kubelet/server/kubelet-server.ts';
import { FakeCri } from '../../../../engine/kubelet/testing/fake-cri.ts';
import { FakePods } from '../../../../engine/kubelet/testing/fake-pods.ts';
import { runtimePodOf } from '../../../../engine/kubelet/testing/runtime-pod.ts';
import { startContainer } from '../../../../engine/kubelet/testing/start-container.ts';
import type { KeyPair } from '../../../../engine/pki/certificates.ts';
import { connectTo, runProcess } from './host-processes.ts';

/** A runtime whose containers are this computer: programs and ports are its own. */
class HostCri extends FakeCri {
  override exec: FakeCri['exec'] = (_id, { command }) => runProcess(command);
  override attach: FakeCri['attach'] = () => runProcess(['cat']);
  override portForward: FakeCri['portForward'] = (_id, port) => connectTo(port);
}

/** Our kubelet's HTTP API as the API server reaches it, over a Pod `web` with a container `main` on this computer. */
export class TestKubelet {
  /** `METHOD /path PROTOCOL` of every request */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #connections = new Set<Duplex>();
  /** Answers `/containerLogs/…`. */
  onLogs: (
    query: URLSearchParams,
    body: WritableStreamDefaultWriter<Uint8Array>,
  ) => number | undefined = () => undefined;

  private constructor({ certificate, key }: KeyPair, handler: HttpHandler) {
    this.#server = createServer({ cert: certificate, key, allowHalfOpen: true });
    this.#server.on('secureConnection', (socket) => {
      this.#connections.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#connections.delete(socket));
      void serveHttp(streamFromSocket(socket), (request) => this.#answer(handler, request));
    });
  }

  static async start(certificate: KeyPair): Promise<TestKubelet> {
    const cri = new HostCri(systemClock);
    const pods = new FakePods();
    pods.set({
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'main', stdin: true, stdinOnce: true }] },
    });
    await startContainer(cri, 'main', { pod: 'web' });
    pods.runtimes.set('uid-web', await runtimePodOf(cri, 'web'));
    const context: Partial<KubeletContext> = {
      cri,
      pods,
      clock: systemClock,
      configuration: DEFAULT_CONFIGURATION,
      onError: console.error,
    };
    const handler = kubeletServer({
      context: context as KubeletContext,
      summary: async () => ({}),
      metrics: new Map(),
    });
    const kubelet = new TestKubelet(certificate, handler);
    await new Promise<void>((resolve) => kubelet.#server.listen(0, '127.0.0.1', resolve));
    return kubelet;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(handler: HttpHandler, request: Parameters<HttpHandler>[0]) {
    const { pathname, searchParams } = new URL(request.url);
    const protocol = request.headers.get('upgrade');
    this.requests.push(`${request.method} ${pathname}${protocol === null ? '' : ` ${protocol}`}`);
    if (!pathname.startsWith('/containerLogs/')) return handler(request);
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const status = this.onLogs(searchParams, body.writable.getWriter()) ?? 200;
    return { status, headers: new Headers(), body: body.readable };
  }
}
