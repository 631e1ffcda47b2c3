import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { openEtcd, type EtcdServer } from '../../etcd/etcd-server.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { ApiServer, type ApiServerOptions } from '../api-server.ts';
import type { UserInfo } from '../auth/user-info.ts';
import { createClusterPki, type ClusterPki } from '../../pki/cluster-pki.ts';
import type { ApiObject } from '../registry/api-object.ts';

/** What a request was answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** parsed JSON, or the text */
  readonly body: ApiObject & { readonly metadata: Readonly<Record<string, unknown>> };
}

/** Whose requests they are unless a test says otherwise. */
const administrator: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters'] };

interface Options {
  /** null: nobody the transport knows, so that the headers decide */
  readonly user?: UserInfo | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** aborts when the client goes */
  readonly signal?: AbortSignal;
}

/** The same keys for all: making them takes longer than any test. */
let pki: Promise<ClusterPki> | undefined;

/** An API server over an etcd in memory, with a clock that stands still. */
export class TestServer {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(1);
  readonly errors: unknown[] = [];
  readonly etcd: EtcdServer;
  readonly server: ApiServer;

  private constructor(
    etcd: EtcdServer,
    readonly pki: ClusterPki,
    readonly options: Partial<ApiServerOptions>,
  ) {
    this.etcd = etcd;
    this.server = this.another();
  }

  static async start(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
    const etcd = await openEtcd({
      storage: new MemoryStorage(),
      clock: new FakeClock(),
      random: new SeededRandom(2),
      onError: () => {},
    });
    const addresses = { dnsNames: [], ipAddresses: [] };
    pki ??= createClusterPki(addresses, new FakeClock().now(), new SeededRandom(3));
    const server = new TestServer(etcd, await pki, options);
    await server.server.start();
    return server;
  }

  /** A second API server over the same etcd. */
  another(): ApiServer {
    return new ApiServer({
      etcd: this.etcd,
      clock: this.clock,
      random: this.random,
      address: { ip: '10.0.0.11', port: 6443 },
      clientCa: this.pki.ca.certificate,
      frontProxyCa: this.pki.frontProxyCa.certificate,
      serviceAccountKeys: this.pki.serviceAccount,
      onError: (error) => this.errors.push(error),
      ...this.options,
    });
  }

  async request(
    method: string,
    path: string,
    options: Options = {},
    server = this.server,
  ): Promise<Answer> {
    const response = await this.raw(method, path, options, server);
    const text =
      response.body instanceof ReadableStream
        ? await new Response(response.body as ReadableStream<Uint8Array<ArrayBuffer>>).text()
        : new TextDecoder().decode(response.body ?? new Uint8Array(0));
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    const body = (isJson ? JSON.parse(text) : text) as Answer['body'];
    return { status: response.status, headers: response.headers, body };
  }

  /** The response with its body as it comes. */
  async raw(
    method: string,
    path: string,
    { headers = {}, body, user = administrator, signal }: Options = {},
    server = this.server,
  ): Promise<{
    status: number;
    headers: Headers;
    body: ReadableStream<Uint8Array> | Uint8Array | null;
  }> {
    const bytes =
      body === undefined
        ? undefined
        : body instanceof Uint8Array
          ? body
          : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
    const response = await server.handle(
      {
        method,
        url: `http://localhost${path}`,
        headers: new Headers({
          ...(bytes === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        }),
        body: bytes === undefined ? null : new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
        ...(signal === undefined ? {} : { signal }),
      },
      { remoteAddress: '127.0.0.1', clientCertificates: [], ...(user === null ? {} : { user }) },
    );
    if ('takeOver' in response) throw new Error('The connection was taken over.');
    return response;
  }

  /** Events of a watch, one by one. */
  async *watch(path: string, server = this.server): AsyncGenerator<WatchedEvent> {
    yield* this.events(await this.raw('GET', path, {}, server));
  }

  /** Events of a watch that has begun. */
  async *events({
    body,
  }: {
    readonly body: ReadableStream<Uint8Array> | Uint8Array | null;
  }): AsyncGenerator<WatchedEvent> {
    if (body instanceof Uint8Array || body === null) {
      for (const line of new TextDecoder()
        .decode(body ?? new Uint8Array(0))
        .trim()
        .split('\n'))
        yield JSON.parse(line) as WatchedEvent;
      return;
    }
    const reader = body.getReader();
    let text = '';
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        text += new TextDecoder().decode(value);
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as WatchedEvent;
      }
    } finally {
      await reader.cancel();
    }
  }

  async stop(): Promise<void> {
    this.server.dispose();
    await this.etcd.close();
  }
}

export interface WatchedEvent {
  readonly type: string;
  readonly object: ApiObject;
}
