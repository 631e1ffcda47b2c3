import { expect, it } from 'vitest';
import type { ByteStream } from '../api/byte-stream.ts';
import { concatBytes } from './body.ts';
import { webSocketHeaders, webSocketMessages } from './websocket.ts';

const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(values);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A frame as a client sends it. */
function frame(first: number, payload: Uint8Array, length = payload.length): Uint8Array {
  const mask = bytes(1, 2, 3, 4);
  const size = length < 126 ? bytes(0x80 | length) : bytes(0x80 | 126, length >> 8, length & 0xff);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return concatBytes(bytes(first), size, mask, masked);
}

/** A connection on which the client has sent this, and what is sent back. */
function connection(...sent: readonly Uint8Array[]): {
  readonly stream: ByteStream;
  readonly answered: Uint8Array[];
} {
  const answered: Uint8Array[] = [];
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of sent) controller.enqueue(part);
    },
  });
  const writable = new WritableStream<Uint8Array>({ write: (chunk) => void answered.push(chunk) });
  return { stream: { readable, writable }, answered };
}

async function messagesIn({ readable }: ByteStream): Promise<string[]> {
  const all: string[] = [];
  for await (const message of readable) all.push(new TextDecoder().decode(message));
  return all;
}

it('answers the handshake of RFC 6455, and nothing else', async () => {
  const headers = new Headers({
    connection: 'keep-alive, Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  });
  const request = { method: 'GET', url: 'http://x/', headers, body: null };
  const answer = await webSocketHeaders(request);
  expect(answer?.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  headers.set('sec-websocket-version', '8');
  expect(await webSocketHeaders(request)).toBeUndefined();
});

it('reads the example of RFC 6455, in any pieces, until the client closes', async () => {
  const hello = bytes(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58);
  const { stream, answered } = connection(
    hello.subarray(0, 1),
    hello.subarray(1, 7),
    hello.subarray(7),
    frame(0x88, bytes(0x03, 0xe8)),
  );
  expect(await messagesIn(webSocketMessages(stream))).toEqual(['Hello']);
  expect(answered).toEqual([bytes(0x88, 2, 0x03, 0xe8)]);
});

it('joins fragments, answers pings between them, and reads long messages', async () => {
  const { stream, answered } = connection(
    frame(0x01, text('Hel')),
    frame(0x89, text('ping')),
    frame(0x80, text('lo')),
    frame(0x82, text('x'.repeat(300))),
    frame(0x88, bytes()),
  );
  expect(await messagesIn(webSocketMessages(stream))).toEqual(['Hello', 'x'.repeat(300)]);
  expect(answered[0]).toEqual(concatBytes(bytes(0x8a, 4), text('ping')));
});

it('sends each chunk as a binary message, and says goodbye', async () => {
  const { stream, answered } = connection();
  const writer = webSocketMessages(stream).writable.getWriter();
  await writer.write(text('short'));
  await writer.write(new Uint8Array(300));
  await writer.write(new Uint8Array(70_000));
  await writer.close();
  expect(answered.map((sent) => [...sent.subarray(0, 4)])).toEqual([
    [0x82, 5, 0x73, 0x68],
    [0x82, 126, 1, 44],
    [0x82, 127, 0, 0],
    [0x88, 2, 0x03, 0xe8],
  ]);
});

it.each([
  ['a frame that is not masked', bytes(0x81, 1, 0x61), 1002, 'A client masks'],
  ['a continuation of nothing', frame(0x80, text('a')), 1002, 'continued'],
  ['bits of an extension', frame(0xc1, text('a')), 1002, 'reserved bits'],
  ['a message that is too long', bytes(0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0), 1009, 'too long'],
])('refuses %s', async (_what, sent, status, reason) => {
  const { stream, answered } = connection(sent);
  await expect(messagesIn(webSocketMessages(stream))).rejects.toThrow(reason);
  expect(answered).toEqual([bytes(0x88, 2, status >> 8, status & 0xff)]);
});

it('a client and a server understand each other, whatever is long', async () => {
  const [up, down] = [1, 2].map(
    () => new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 9 }),
  );
  if (up === undefined || down === undefined) return;
  const server = webSocketMessages({ readable: up.readable, writable: down.writable });
  const client = webSocketMessages(
    { readable: down.readable, writable: up.writable },
    { masks: () => bytes(9, 8, 7, 6) },
  );
  const [asks, answers] = [client.writable.getWriter(), server.writable.getWriter()];
  const long = 'x'.repeat(70_000);
  for (const writer of [asks, answers])
    for (const message of ['short', long, '']) void writer.write(text(message));
  void asks.close();
  expect(await messagesIn(server)).toEqual(['short', long, '']);
  expect(await messagesIn(client)).toEqual(['short', long, '']);
});
