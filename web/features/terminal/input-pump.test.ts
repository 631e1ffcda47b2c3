import { describe, expect, test } from 'vitest';
import { InputPump } from './input-pump.ts';

/** A sink that takes one chunk a turn of the event loop, and notes how much ever waited in it. */
function slowSink() {
  const received: Uint8Array[] = [];
  let finish: () => void = () => {};
  const writable = new WritableStream<Uint8Array>({
    async write(chunk) {
      received.push(chunk);
      await new Promise<void>((resolve) => {
        finish = resolve;
        setImmediate(resolve);
      });
    },
  });
  const text = () => new TextDecoder().decode(Buffer.concat(received));
  return { writable, received, text, finish: () => finish() };
}

const settle = async (ready: () => boolean) => {
  while (!ready()) await new Promise((resolve) => setImmediate(resolve));
};

describe('InputPump', () => {
  test('a paste of 10,000 characters arrives whole and in order', async () => {
    const sink = slowSink();
    const paste = Array.from({ length: 2500 }, (_, index) => `${index % 10}é→`).join('\r');
    const pump = new InputPump(sink.writable);
    pump.push(paste);
    pump.push('\u0003');
    await settle(() => sink.text().endsWith('\u0003'));
    expect(sink.text()).toBe(`${paste}\u0003`);
    expect(Math.max(...sink.received.map((chunk) => chunk.length))).toBeLessThanOrEqual(1024);
  });

  test('a key press is written at once', async () => {
    const sink = slowSink();
    const pump = new InputPump(sink.writable);
    pump.push('a');
    await settle(() => sink.received.length > 0);
    expect(sink.text()).toBe('a');
  });

  test('binary input keeps its byte values', async () => {
    const sink = slowSink();
    const pump = new InputPump(sink.writable);
    pump.pushBinary('\u001b[M\u00ff');
    await settle(() => sink.received.length === 1);
    expect([...(sink.received[0] ?? [])]).toEqual([0x1b, 0x5b, 0x4d, 0xff]);
  });

  test('input after the stream broke is dropped without an unhandled rejection', async () => {
    let writes = 0;
    const pump = new InputPump(
      new WritableStream<Uint8Array>({
        write() {
          writes += 1;
          throw new Error('gone');
        },
      }),
    );
    pump.push('x');
    await new Promise((resolve) => setImmediate(resolve));
    pump.push('y');
    await new Promise((resolve) => setImmediate(resolve));
    pump.stop();
    expect(writes).toBe(1);
  });
});
