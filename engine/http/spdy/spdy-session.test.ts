import { describe, expect, it } from 'vitest';
import { concatBytes } from '../body.ts';
import { HeaderWriter, HeaderReader } from './header-block.ts';
import { serveSpdy, type SpdyStream } from './spdy-session.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const frame = (head: number, flags: number, payload: Uint8Array): Uint8Array =>
  concatBytes(uint32(head), uint32(flags * 0x1_00_00_00 + payload.length), payload);

/** The client's end of a session. */
class TestClient {
  readonly streams: SpdyStream[] = [];
  readonly done: Promise<void>;
  readonly #toServer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #fromServer: ReadableStreamDefaultReader<Uint8Array>;
  readonly #names = new HeaderWriter();

  constructor() {
    const up = new TransformStream<Uint8Array, Uint8Array>();
    const down = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, {
      highWaterMark: 100,
    });
    this.#toServer = up.writable.getWriter();
    this.#fromServer = down.readable.getReader();
    this.done = serveSpdy({ readable: up.readable, writable: down.writable }, (stream) =>
      this.streams.push(stream),
    );
  }

  send(head: number, flags: number, payload: Uint8Array): Promise<void> {
    return this.#toServer.write(frame(head, flags, payload));
  }

  async open(id: number, headers: Record<string, string>, flags = 0): Promise<SpdyStream> {
    const block = this.#names.write(Object.entries(headers));
    const payload = concatBytes(uint32(id), uint32(0), new Uint8Array(2), block);
    await this.send(0x80_03_00_01, flags, payload);
    expect((await this.receive()).slice(0, 12)).toEqual([
      ...uint32(0x80_03_00_02),
      0,
      0,
      0,
      expect.any(Number),
      ...uint32(id),
    ]);
    return this.streams.at(-1) as SpdyStream;
  }

  /** One frame: our session writes each as a whole. */
  async receive(): Promise<number[]> {
    return [...((await this.#fromServer.read()).value ?? [])];
  }

  close(): Promise<void> {
    return this.#toServer.close();
  }
}

async function readText(readable: ReadableStream<Uint8Array>): Promise<string> {
  let text = '';
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value);
  }
}

describe('SPDY', () => {
  it('carries streams in both directions, each half ended by itself', async () => {
    const client = new TestClient();
    const first = await client.open(1, { streamtype: 'data', port: '80' });
    const second = await client.open(3, { streamtype: 'error', port: '80' }, 1);
    expect(Object.fromEntries(first.headers)).toEqual({ streamtype: 'data', port: '80' });
    expect(Object.fromEntries(second.headers)).toEqual({ streamtype: 'error', port: '80' });
    expect(await readText(second.readable)).toBe('');
    await client.send(1, 0, encoder.encode('hel'));
    await client.send(1, 1, encoder.encode('lo'));
    expect(await readText(first.readable)).toBe('hello');
    const writer = first.writable.getWriter();
    await writer.write(encoder.encode('bye'));
    expect(await client.receive()).toEqual([...frame(1, 0, encoder.encode('bye'))]);
    await writer.close();
    expect(await client.receive()).toEqual([...frame(1, 1, new Uint8Array(0))]);
    await client.close();
    await client.done;
  });

  it('answers pings and ends at a goodbye', async () => {
    const client = new TestClient();
    await client.send(0x80_03_00_06, 0, uint32(7));
    expect(await client.receive()).toEqual([...frame(0x80_03_00_06, 0, uint32(7))]);
    await client.send(0x80_03_00_07, 0, new Uint8Array(8));
    await client.done;
  });

  it('tells readers that their stream was reset, and the client that nobody reads', async () => {
    const client = new TestClient();
    const first = await client.open(1, {});
    await client.send(0x80_03_00_03, 0, concatBytes(uint32(1), uint32(5)));
    await expect(readText(first.readable)).rejects.toMatchObject({ code: 'CLOSED_EARLY' });
    const second = await client.open(3, {});
    await second.readable.cancel();
    expect(await client.receive()).toEqual([
      ...frame(0x80_03_00_03, 0, concatBytes(uint32(3), uint32(5))),
    ]);
    await client.close();
    await client.done;
  });

  it('waits for a reader that is behind', async () => {
    const client = new TestClient();
    const { readable } = await client.open(1, {});
    const chunk = new Uint8Array(100_000);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 20; sent++) await client.send(1, 0, chunk);
      await client.send(1, 1, new Uint8Array(0));
    })();
    // Nothing here takes time: after so many turns, what can be taken has been.
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(6);
    expect((await readText(readable)).length).toBe(2_000_000);
    await sending;
    await client.close();
    await client.done;
  });

  it.each([
    ['a stream number of ours', 0x80_03_00_01, concatBytes(uint32(2), new Uint8Array(6))],
    ['headers that are no zlib', 0x80_03_00_01, concatBytes(uint32(1), new Uint8Array(60).fill(9))],
  ])('gives up at %s', async (_what, head, payload) => {
    const client = new TestClient();
    await client.send(head, 0, payload);
    await expect(client.done).rejects.toMatchObject({ code: 'MALFORMED' });
  });

  it('gives up at a frame that would never end', async () => {
    const client = new TestClient();
    await client.send(1, 0, new Uint8Array((1 << 20) + 1));
    await expect(client.done).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('writes blocks one after the other', () => {
    const writer = new HeaderWriter();
    const reader = new HeaderReader();
    for (const pairs of [
      [['status', '200 OK']],
      [],
      [
        ['a', 'b'],
        ['c', 'ü'],
      ],
    ] as const)
      expect(reader.read(writer.write(pairs))).toEqual(pairs);
  });
});
