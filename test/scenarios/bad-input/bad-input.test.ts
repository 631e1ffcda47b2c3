/** Whatever is sent, the API server answers with a Status, keeps its memory, and serves the others. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../engine/base/random.ts';
import { TestServer } from '../../../engine/apiserver/testing/test-server.ts';
import { BadRequests, type BadRequest } from './bad-requests.ts';

const SEED = 20_261_126;
const REQUESTS = 20_000;
/** Requests that are under way together. */
const AT_ONCE = 50;
/** Bytes that may stay in use: what was stored, and what is remembered of the recent past. */
const MOST_MEMORY = 150e6;

const TOO_LARGE = 'EtcdError: etcdserver: request is too large';

/** Where no bad request goes. */
const maps = '/api/v1/namespaces/kube-public/configmaps';
const canary = `${maps}/canary`;

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  for (const [collection, name] of [
    [maps, 'canary'],
    ['/api/v1/namespaces/default/configmaps', 'fodder'],
  ] as const)
    await server.request('POST', collection, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { sings: 'yes' } },
    });
});
afterEach(() => server.stop());

/** Bytes in use once garbage is collected. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Nothing, or what is wrong with the answer. */
async function complaint({
  method,
  target,
  headers,
  body,
}: BadRequest): Promise<string | undefined> {
  const response = await server.raw(method, target, {
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const bytes = response.body;
  if (bytes instanceof ReadableStream) {
    // A watch, or something that large: its reader has gone.
    await bytes.cancel();
    return undefined;
  }
  if (response.status < 400) return undefined;
  const text = new TextDecoder().decode(bytes ?? new Uint8Array(0));
  const type = response.headers.get('content-type') ?? '';
  if (response.status === 404 && text === '404 page not found\n') return undefined;
  if (type !== 'application/json')
    return type.startsWith('application/') ? undefined : `${response.status} ${type} ${text}`;
  const status = JSON.parse(text) as Record<string, unknown>;
  return status['kind'] === 'Status' &&
    status['code'] === response.status &&
    status['status'] === 'Failure'
    ? undefined
    : text;
}

describe('bad requests', () => {
  it(`are answered, ${REQUESTS} of them, and nobody else notices`, async () => {
    const requests = new BadRequests(new SeededRandom(SEED));
    const { body: before } = await server.request('GET', canary);
    const watched = server.watch(`${maps}?watch=1&fieldSelector=metadata.name%3Dcanary`);
    await watched.next();
    const atStart = memory();
    const complaints: string[] = [];
    for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, () => requests.next());
      let answered = false;
      const answers = Promise.all(
        batch.map(async (request) => {
          const wrong = await complaint(request).catch((error: unknown) => String(error));
          if (wrong !== undefined)
            complaints.push(
              `${request.method} ${request.target.slice(0, 200)}: ${wrong.slice(0, 500)}`,
            );
        }),
      ).finally(() => (answered = true));
      // Those that wait for a time to come are not waited for.
      while (!answered) {
        await new Promise((resolve) => setImmediate(resolve));
        server.clock.advance(100);
      }
      await answers;
      const { status, body } = await server.request('GET', canary);
      expect(status).toBe(200);
      expect(body).toEqual(before);
    }
    expect(complaints).toEqual([]);
    // What etcd has no room for is the client's mistake too; upstream answers it with 500.
    const errors = server.errors.map(String);
    expect(errors.filter((text) => text !== TOO_LARGE)).toEqual([]);
    await server.request('PUT', canary, { body: { ...before, data: { sings: 'still' } } });
    expect((await watched.next()).value).toMatchObject({
      type: 'MODIFIED',
      object: { data: { sings: 'still' } },
    });
    await watched.return(undefined);
    expect(memory() - atStart).toBeLessThan(MOST_MEMORY);
  }, 300_000);

  it('with tokens that have expired, or that somebody else made, are told so', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await server.request('POST', accounts, {
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } },
    });
    const { body } = await server.request('POST', `${accounts}/robot/token`, {
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      },
    });
    const { token } = body['status'] as { token: string };
    const [head = '', claims = '', signature = ''] = token.split('.');
    const ask = async (credential: string): Promise<number> => {
      const answer = await server.request('GET', '/api', {
        user: null,
        headers: { authorization: `Bearer ${credential}` },
      });
      if (answer.status !== 200) expect(answer.body).toMatchObject({ kind: 'Status', code: 401 });
      return answer.status;
    };
    expect(await ask(token)).toBe(200);
    const forged = btoa(atob(claims).replace('robot', 'admin')).replaceAll('=', '');
    for (const wrong of [
      `${head}.${forged}.${signature}`,
      `${head}.${claims}.${'A'.repeat(signature.length)}`,
      `${btoa('{"alg":"none"}').replaceAll('=', '')}.${claims}.`,
      `${head}.${claims}`,
    ])
      expect(await ask(wrong)).toBe(401);
    server.clock.advance(601_000);
    expect(await ask(token)).toBe(401);
  });
});
