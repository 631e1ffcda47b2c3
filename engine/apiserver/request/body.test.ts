import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
beforeEach(async () => void (server = await TestServer.start()));
afterEach(async () => {
  await server.stop();
  expect(server.errors).toEqual([]);
});

it('does not wait for ever for a body that was half sent', async () => {
  const asked = server.clock.nextTimer();
  const answer = server.server.handle(
    {
      method: 'POST',
      url: 'http://localhost/api/v1/namespaces/default/configmaps',
      headers: new Headers({ 'content-type': 'application/json' }),
      body: new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"kind":')),
      }),
    },
    {
      remoteAddress: '127.0.0.1',
      clientCertificates: [],
      user: { username: 'admin', groups: ['system:masters'] },
    },
  );
  await asked;
  server.clock.advance(60_000);
  const { status, ...rest } = await answer;
  expect(status).toBe(504);
  const body = 'body' in rest ? rest.body : null;
  expect(JSON.parse(new TextDecoder().decode(body as Uint8Array))).toMatchObject({
    status: 'Failure',
    message: 'Timeout: request did not complete within the allotted timeout',
    reason: 'Timeout',
    code: 504,
  });
});
