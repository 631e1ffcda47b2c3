import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { readAll } from '../../http/index.ts';
import type { OutboundRequest } from '../../api/http-message.ts';
import type { Peer } from '../outbound/outbound.ts';
import { createAuthority, issueCertificate, type KeyPair } from '../../pki/certificates.ts';
import { httpsOutbound } from './https-outbound.node.ts';

/** Messages are Go's, as kube-apiserver 1.37.2 has them in its answers. */

let server: Server;
let ca: KeyPair;
let client: KeyPair;
let peer: Peer;

beforeAll(async () => {
  const random = new SeededRandom(1);
  const now = systemClock.now();
  ca = await createAuthority('test', now, random);
  client = await issueCertificate(ca, { commonName: 'me', usage: 'client' }, now, random);
  const own = await issueCertificate(
    ca,
    { commonName: 'hook', usage: 'server', dnsNames: ['hook.default.svc', 'hook.example.com'] },
    now,
    random,
  );
  server = createServer(
    {
      key: own.key,
      cert: own.certificate,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      if (request.url === '/hang') return;
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.setHeader('x-client', String(subject?.CN ?? ''));
      response.end(
        JSON.stringify([
          request.method,
          request.url,
          request.headers.host,
          request.rawHeaders.filter((_, at, all) => all[at - 1] === 'x-group'),
        ]),
      );
    },
  );
  server.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n',
    );
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  peer = { host: '127.0.0.1', port, serverName: 'hook.default.svc', ca: ca.certificate };
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url: `https://hook.default.svc:443${path}`,
  headers: new Headers({ host: 'hook.default.svc:443' }),
  body: null,
  ...more,
});

test('a peer is asked under its name, and sees who asks', async () => {
  const repeated = { 'x-group': ['a', 'b, c'] };
  const response = await httpsOutbound({ ...peer, client }, get('/x?y=1', { repeated }));
  expect(response.status).toBe(200);
  expect(response.headers.get('x-client')).toBe('me');
  if ('takeOver' in response) throw new Error('The connection was taken over.');
  const text = new TextDecoder().decode(await readAll(response.body as ReadableStream<Uint8Array>));
  expect(JSON.parse(text)).toEqual(['GET', '/x?y=1', 'hook.default.svc:443', ['a', 'b, c']]);
});

test('a connection may be taken over', async () => {
  const headers = new Headers({ connection: 'Upgrade', upgrade: 'echo' });
  const response = await httpsOutbound(peer, get('/', { headers }));
  if (!('takeOver' in response)) throw new Error('The connection was not taken over.');
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  const over = response.takeOver({ readable: there.readable, writable: back.writable });
  const writer = there.writable.getWriter();
  await writer.write(new TextEncoder().encode('hello'));
  await writer.close();
  expect(new TextDecoder().decode(await readAll(back.readable))).toBe('hello');
  await over;
});

test.for<readonly [string, Partial<Peer>, string]>([
  [
    'whose signer is unknown',
    { ca: '' },
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  [
    'by another name',
    { serverName: 'other.default.svc' },
    'tls: failed to verify certificate: x509: certificate is valid for hook.default.svc, hook.example.com, not other.default.svc',
  ],
  ['that does not listen', { port: 1 }, 'dial tcp 127.0.0.1:1: connect: connection refused'],
  [
    'that no name server knows',
    { host: 'nowhere.invalid' },
    'dial tcp: lookup nowhere.invalid: no such host',
  ],
])('a peer %s is not asked', async ([, change, message]) => {
  await expect(httpsOutbound({ ...peer, ...change }, get('/'))).rejects.toThrow(message);
});

test('a peer may be taken as it is', async () => {
  const { ca: _, ...unknown } = peer;
  const insecure = { ...unknown, serverName: 'any', insecure: true };
  expect((await httpsOutbound(insecure, get('/'))).status).toBe(200);
});

test('a request that is given up ends with the reason', async () => {
  const abort = new AbortController();
  const asked = httpsOutbound(peer, get('/hang', { signal: abort.signal }));
  abort.abort(new Error('context deadline exceeded'));
  await expect(asked).rejects.toThrow('context deadline exceeded');
});
