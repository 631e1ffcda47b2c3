import { describe, expect, test } from 'vitest';
import { readStream, sendStream } from './stream-port.ts';

function counted(chunks: number, size = 1000) {
  const state = { produced: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.produced === chunks) return controller.close();
        state.produced += 1;
        controller.enqueue(new Uint8Array(size).fill(state.produced));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

/** Lets messages between the two ends arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- turns of the event loop follow each other
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a stream over a port', () => {
  test('arrives whole and in order', async () => {
    const { stream } = counted(50, 3000);
    const bytes = new Uint8Array(await new Response(readStream(sendStream(stream))).arrayBuffer());
    expect(bytes.length).toBe(150_000);
    expect(bytes[0]).toBe(1);
    expect(bytes.at(-1)).toBe(50);
  });

  test('cuts large chunks', async () => {
    const { stream } = counted(1, 700_000);
    const sizes: number[] = [];
    for await (const chunk of readStream(sendStream(stream))) sizes.push(chunk.length);
    expect(sizes).toEqual([262_144, 262_144, 175_712]);
  });

  test('does not run ahead of a reader that does not read', async () => {
    const { stream, state } = counted(1000, 64 * 1024);
    const reader = readStream(sendStream(stream)).getReader();
    await reader.read();
    await settle();
    // A mebibyte is 16 of these chunks.
    expect(state.produced).toBeLessThan(24);
    await reader.cancel();
  });

  test('cancelling reaches the source', async () => {
    const { stream, state } = counted(1_000_000);
    const reader = readStream(sendStream(stream)).getReader();
    await reader.read();
    await reader.cancel();
    await settle();
    expect(state.cancelled).toBe(true);
  });

  test('an error of the source is an error of the reader', async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('the connection broke')),
    });
    await expect(new Response(readStream(sendStream(failing))).text()).rejects.toThrow(
      'the connection broke',
    );
  });

  test('a sender that goes away is an error, not an end', async () => {
    const { port1, port2 } = new MessageChannel();
    const text = new Response(readStream(port1)).text();
    port2.close();
    await expect(text).rejects.toThrow('gone');
  });
});
