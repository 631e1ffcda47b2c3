import { expect, it } from 'vitest';
import type { ByteStream } from '../../api/byte-stream.ts';
import { serveHttp } from '../../http/index.ts';
import { outboundFrom } from './machine-outbound.ts';

/** What a server gets that is asked with these headers, as lines. */
async function headOf(headers: Record<string, string>): Promise<readonly string[]> {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const stream: ByteStream = { readable: down.readable, writable: up.writable };
  const [head, read] = up.readable.tee();
  const served = serveHttp({ readable: read, writable: down.writable }, () =>
    Promise.resolve({ status: 403, headers: new Headers(), body: null }),
  );
  const first = await (async () => {
    const outbound = outboundFrom(() => Promise.resolve({ dial: () => Promise.resolve(stream) }));
    const asked = outbound(
      { host: '10.96.0.7', port: 443, serverName: 'api.default.svc', insecure: true },
      {
        method: 'GET',
        url: 'https://10.96.0.7:443/apis/x/v1',
        headers: new Headers(headers),
        repeated: {
          'x-remote-user': ['jörg\r\nX-Remote-Group: system:masters'],
          'x-remote-group': ['devs', 'a, b'],
        },
        body: null,
      },
    );
    const { value } = await head.getReader().read();
    expect((await asked).status).toBe(403);
    return new TextDecoder('latin1').decode(value);
  })();
  await served;
  return first.split('\r\n').filter((line) => line.startsWith('X-Remote'));
}

const LINES = [
  'X-Remote-User: jörg  X-Remote-Group: system:masters',
  'X-Remote-Group: devs',
  'X-Remote-Group: a, b',
];

it('says to aggregated API servers who asks, a line for each group', async () => {
  expect(await headOf({})).toEqual(LINES);
});

it('says it as well when the connection is to speak another protocol', async () => {
  expect(await headOf({ connection: 'Upgrade', upgrade: 'websocket' })).toEqual(LINES);
});
