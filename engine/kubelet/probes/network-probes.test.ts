import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as NetServer,
} from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { cryptoRandom } from '../../base/random.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentSession } from '../../machine/agent/agent-session.ts';
import { buildAgent, type RealAgent } from '../../machine/agent/real-agent.node.ts';
import { createClusterPki } from '../../pki/cluster-pki.ts';
import { grpcProbe } from './grpc-probe.ts';
import { httpProbe } from './http-probe.ts';
import type { ProbeNetwork } from './probe-dial.ts';
import { tcpProbe } from './tcp-probe.ts';

const host = '127.0.0.1';
const SECOND = 1000;

let build: Awaited<ReturnType<typeof buildAgent>>;
let agent: RealAgent;
let session: AgentSession;
let network: ProbeNetwork;
const servers: (NetServer | Http2Server)[] = [];

beforeAll(async () => {
  build = await buildAgent();
}, 180_000);
afterAll(() => build.remove());
beforeEach(() => {
  agent = build.start();
  session = new AgentSession(agent.channel);
  network = { agent: new AgentClient(session), clock: systemClock, version: '1.37' };
});
afterEach(async () => {
  session.dispose();
  await agent.stop();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: NetServer | Http2Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** A port where nobody listens. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('TCP', () => {
  it('succeeds when somebody listens', async () => {
    const port = await listen(createTcpServer());
    expect(await tcpProbe(network, host, port, SECOND)).toEqual({ result: 'success', output: '' });
  });

  it('says why there is no connection', async () => {
    const port = await freePort();
    expect(await tcpProbe(network, host, port, SECOND)).toEqual({
      result: 'failure',
      output: `dial tcp ${host}:${port}: connect: connection refused`,
    });
  });
});

describe('HTTP', () => {
  const paths: string[] = [];
  let port: number;
  let server: Server;

  beforeEach(async () => {
    paths.length = 0;
    server = createServer((request, response) => {
      const { url = '', headers } = request;
      paths.push(`${url} ${headers['user-agent']} ${headers.accept} ${String(headers['x-probe'])}`);
      if (url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else if (url === '/moved') response.writeHead(301, { location: '/ok?moved' }).end();
      else if (url === '/away')
        response.writeHead(302, { location: 'http://elsewhere.example/' }).end('gone');
      else if (url === '/cut') request.socket.destroy();
      else if (url === '/slow') return;
      else response.writeHead(url.startsWith('/ok') ? 200 : 500).end('body');
    });
    port = await listen(server);
  });

  const get = (path: string, timeout = 5 * SECOND) =>
    httpProbe(network, { path, port }, { host, port }, timeout);

  it('succeeds, with the headers of a kubelet and those that are asked for', async () => {
    const action = { path: 'ok?x=1', port, httpHeaders: [{ name: 'X-Probe', value: 'yes' }] };
    expect((await httpProbe(network, action, { host, port }, SECOND)).result).toBe('success');
    expect(paths).toEqual(['/ok?x=1 kube-probe/1.37 */* yes']);
  });

  it.each([
    ['/broken', 'failure', 'HTTP probe failed with statuscode: 500'],
    ['/away', 'warning', 'Probe terminated redirects, Response body: gone'],
    ['/cut', 'failure', 'Get "http://127.0.0.1:PORT/cut": EOF'],
    ['/loop', 'failure', 'Get "http://127.0.0.1:PORT/loop": stopped after 10 redirects'],
  ])('%s', async (path, result, output) => {
    const expected = { result, output: output.replace('PORT', String(port)) };
    expect(await get(path)).toEqual(expected);
  });

  it('follows redirects on the same host', async () => {
    expect((await get('/moved')).result).toBe('success');
    expect(paths.map((path) => path.split(' ')[0])).toEqual(['/moved', '/ok?moved']);
  });

  it('does not wait longer than it may, and hangs up', async () => {
    const hungUp = new Promise((resolve) =>
      server.once('request', (request) => request.socket.once('close', resolve)),
    );
    expect(await get('/slow', 100)).toEqual({
      result: 'failure',
      output: `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
    await hungUp;
  });

  it('takes any certificate', async () => {
    const { apiserver } = await createClusterPki(
      { dnsNames: [], ipAddresses: [] },
      systemClock.now(),
      cryptoRandom,
    );
    const secure = createHttpsServer(
      { cert: apiserver.certificate, key: apiserver.key },
      (_request, response) => void response.end('secret'),
    );
    const securePort = await listen(secure);
    const ask = (to: number) =>
      httpProbe(network, { port: to, scheme: 'HTTPS' }, { host, port: to }, 5 * SECOND);
    expect((await ask(securePort)).result).toBe('success');
    expect((await ask(port)).output).toBe(
      `Get "https://127.0.0.1:${port}/": http: server gave HTTP response to HTTPS client`,
    );
  });
});

describe('gRPC', () => {
  /** A server with the health service, as gRPC's own libraries write it. */
  async function healthServer(status: number, trailers: Record<string, string>): Promise<number> {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      if (headers[':path'] === '/grpc.health.v1.Health/Check') {
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers(trailers));
        stream.resume();
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, status]));
      }
    });
    return listen(server);
  }

  const check = (port: number, service = '') =>
    grpcProbe(network, { host, port, service, tls: false }, 1);

  it('asks the health service', async () => {
    const port = await healthServer(1, { 'grpc-status': '0' });
    expect(await check(port, 'a-service'.repeat(20))).toEqual({
      result: 'success',
      output: 'service healthy',
    });
  });

  it.each([
    [2, '0', '', 'service unhealthy (responded with "NOT_SERVING")'],
    [
      0,
      '5',
      'unknown%20service',
      'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service',
    ],
    [
      0,
      '12',
      'no such method',
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): no such method',
    ],
  ])('status %d, code %s', async (status, code, message, output) => {
    const port = await healthServer(status, { 'grpc-status': code, 'grpc-message': message });
    expect(await check(port)).toEqual({ result: 'failure', output });
  });

  it('says that nobody is there, or nobody who speaks it', async () => {
    const port = await freePort();
    const output = (to: number) =>
      `timeout: failed to connect service "127.0.0.1:${to}" within 1s: context deadline exceeded`;
    expect((await check(port)).output).toBe(output(port));
    const plain = await listen(createServer((_request, response) => void response.end()));
    expect((await check(plain)).output).toBe(output(plain));
  });

  it('does not wait longer than it may, and hangs up', async () => {
    const server = createHttp2Server();
    server.on('stream', (stream) => stream.on('error', () => {}));
    const hungUp = new Promise((resolve) =>
      server.once('session', (session) => session.once('close', () => resolve(undefined))),
    );
    const port = await listen(server);
    expect((await check(port)).output).toBe('timeout: health rpc did not complete within 1s');
    await hungUp;
  });
});
