import { describe, expect, it } from 'vitest';
import { portFromStream, streamFromPort } from './byte-stream-port.ts';
import { RpcError } from './rpc-error.ts';

function pair() {
  const { port1, port2 } = new MessageChannel();
  return { near: streamFromPort(port1), far: streamFromPort(port2), port1, port2 };
}

async function readAll(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(readable as BodyInit).arrayBuffer());
}

describe('streamFromPort', () => {
  it('carries bytes both ways, in order, and half-closes', async () => {
    const { near, far } = pair();
    const writer = near.writable.getWriter();
    const sent = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
    const sending = (async () => {
      for (let start = 0; start < sent.length; start += 50_000)
        await writer.write(sent.subarray(start, start + 50_000));
      await writer.close();
    })();
    expect(Buffer.compare(await readAll(far.readable), sent)).toBe(0);
    await sending;
    const back = far.writable.getWriter();
    await back.write(new Uint8Array([1, 2, 3]));
    await back.close();
    expect(await readAll(near.readable)).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('leaves the writer its buffer', async () => {
    const { near } = pair();
    const chunk = new Uint8Array(100_000).fill(7);
    await near.writable.getWriter().write(chunk);
    expect(chunk.length).toBe(100_000);
  });

  it('stops the writer when the reader does not read', async () => {
    const { near, far } = pair();
    const writer = near.writable.getWriter();
    let written = 0;
    const sending = (async () => {
      for (let index = 0; index < 20; index++) {
        await writer.write(new Uint8Array(64 * 1024));
        written++;
      }
      await writer.close();
    })();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(written).toBe(4);
    expect((await readAll(far.readable)).length).toBe(20 * 64 * 1024);
    await sending;
  });

  it('tells the writer when the reader cancels, and the reader when the writer aborts', async () => {
    const { near, far } = pair();
    await far.readable.cancel(new TypeError('no more'));
    await expect(near.writable.getWriter().closed).rejects.toThrow('no more');
    await far.writable.abort(new TypeError('broken'));
    await expect(near.readable.getReader().read()).rejects.toThrow('broken');
  });

  it('fails both directions when the other side disappears', async () => {
    const { near, port2 } = pair();
    const reading = near.readable.getReader().read();
    port2.close();
    await expect(reading).rejects.toBeInstanceOf(RpcError);
    await expect(near.writable.getWriter().closed).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });

  it('is undone by portFromStream', async () => {
    const loop = new TransformStream<Uint8Array, Uint8Array>();
    const stream = streamFromPort(portFromStream(loop));
    const writer = stream.writable.getWriter();
    void writer.write(new Uint8Array([9]));
    void writer.close();
    expect(await readAll(stream.readable)).toEqual(new Uint8Array([9]));
  });
});
