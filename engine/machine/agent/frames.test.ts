import { describe, expect, it } from 'vitest';
import { FrameType } from '../../api/agent.ts';
import { decodeFrames, encodeFrame, type OutputFrame } from './frames.ts';
import { encodeMessage, MessageBuffer } from './messages.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Feeds `input` in pieces of `size` bytes. */
function pieces(input: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= input.length) controller.close();
      else controller.enqueue(input.subarray(offset, (offset += size)));
    },
  });
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function decode(input: Uint8Array, size: number): Promise<readonly OutputFrame[]> {
  const frames: OutputFrame[] = [];
  for await (const frame of pieces(input, size).pipeThrough(decodeFrames())) frames.push(frame);
  return frames;
}

describe('decodeFrames', () => {
  const exit = { code: 3, finishedAt: 1 };
  const input = joined(
    encodeFrame(FrameType.stdout, bytes('hello')),
    encodeFrame(FrameType.stderr, bytes('problem')),
    encodeFrame(FrameType.stdout),
    encodeFrame(FrameType.exit, bytes(JSON.stringify(exit))),
  );

  it.each([1, 2, 7, 1000])('reads frames that arrive in pieces of %i bytes', async (size) => {
    const frames = await decode(input, size);
    const output = (type: 'stdout' | 'stderr'): string =>
      frames
        .map((frame) => (frame.type === type ? new TextDecoder().decode(frame.bytes) : ''))
        .join('');
    expect(output('stdout')).toBe('hello');
    expect(output('stderr')).toBe('problem');
    expect(frames.at(-1)).toEqual({ type: 'exit', exit });
  });

  it('fails when the stream ends without an exit status', async () => {
    await expect(decode(encodeFrame(FrameType.stdout, bytes('x')), 100)).rejects.toMatchObject({
      code: 'EPIPE',
    });
  });

  it('fails on a frame that is none', async () => {
    await expect(decode(bytes('garbage!'), 100)).rejects.toMatchObject({ code: 'EPROTO' });
  });
});

describe('MessageBuffer', () => {
  it('gives back whole messages and keeps the rest', () => {
    const buffer = new MessageBuffer();
    const first = encodeMessage({ one: 1 });
    buffer.push(first.subarray(0, 3));
    expect(buffer.shift()).toBeUndefined();
    buffer.push(joined(first.subarray(3), encodeMessage({ two: 'ü' }), bytes('rest')));
    expect(buffer.shift()).toEqual({ one: 1 });
    expect(buffer.shift()).toEqual({ two: 'ü' });
    expect(buffer.rest()).toEqual(bytes('rest'));
  });

  it('refuses a length that no message has', () => {
    const buffer = new MessageBuffer();
    buffer.push(bytes('garbage'));
    expect(() => buffer.shift()).toThrow(expect.objectContaining({ code: 'EPROTO' }));
  });
});
