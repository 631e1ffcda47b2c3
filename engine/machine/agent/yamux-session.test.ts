import { describe, expect, it } from 'vitest';
import type { AgentError } from './agent-error.ts';
import {
  decodeHeader,
  encodeFrame,
  Flag,
  FrameKind,
  HEADER_BYTES,
  type FrameHeader,
} from './yamux-frame.ts';
import { YamuxSession } from './yamux-session.ts';
import { INITIAL_WINDOW, MAX_PAYLOAD, type YamuxStream } from './yamux-stream.ts';

interface Sent extends FrameHeader {
  readonly payload: number;
}

/** A session whose other side is the test. */
function open(transmit?: (frame: Uint8Array) => void | Promise<void>) {
  const sent: Sent[] = [];
  const accepted: YamuxStream[] = [];
  const failures: AgentError[] = [];
  const session = new YamuxSession(
    (frame) => {
      const header = decodeHeader(frame, 0);
      if (header !== undefined) sent.push({ ...header, payload: frame.length - HEADER_BYTES });
      return transmit?.(frame);
    },
    { onStream: (stream) => accepted.push(stream), onFailure: (error) => failures.push(error) },
  );
  const receive = (
    kind: FrameKind,
    flags: number,
    stream: number,
    content: number | Uint8Array = 0,
  ): void =>
    typeof content === 'number'
      ? session.receive(encodeFrame({ kind, flags, stream, length: content }))
      : session.receive(encodeFrame({ kind, flags, stream, length: content.length }, content));
  return { session, sent, accepted, failures, receive };
}

/** Lets promises that are ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a stream that the host opens', () => {
  it('says so with its first data, in frames of at most 16 KiB', async () => {
    const { session, sent } = open();
    await session
      .open()
      .writable.getWriter()
      .write(new Uint8Array(MAX_PAYLOAD + 10));
    expect(sent).toEqual([
      {
        kind: FrameKind.data,
        flags: Flag.syn,
        stream: 1,
        length: MAX_PAYLOAD,
        payload: MAX_PAYLOAD,
      },
      { kind: FrameKind.data, flags: 0, stream: 1, length: 10, payload: 10 },
    ]);
  });

  it('waits when the window is full and goes on when it opens', async () => {
    const { session, sent, receive } = open();
    let written = false;
    void session
      .open()
      .writable.getWriter()
      .write(new Uint8Array(INITIAL_WINDOW + 5))
      .then(() => (written = true));
    await settle();
    const bytes = (): number => sent.reduce((sum, { payload }) => sum + payload, 0);
    expect([bytes(), written]).toEqual([INITIAL_WINDOW, false]);
    receive(FrameKind.windowUpdate, Flag.ack, 1, 3);
    await settle();
    expect([bytes(), written]).toEqual([INITIAL_WINDOW + 3, false]);
    receive(FrameKind.windowUpdate, 0, 1, 1000);
    await settle();
    expect([bytes(), written]).toEqual([INITIAL_WINDOW + 5, true]);
  });

  it('tells its end with the last bytes', async () => {
    const { session, sent, receive } = open();
    const stream = session.open();
    const beginning = stream.begin(new Uint8Array(MAX_PAYLOAD), true);
    // Before anything else has its turn.
    expect(sent).toMatchObject([
      { kind: FrameKind.data, flags: Flag.syn, payload: MAX_PAYLOAD },
      { kind: FrameKind.windowUpdate, flags: Flag.fin },
    ]);
    await beginning;
    expect(session.streamCount).toBe(1);
    receive(FrameKind.data, Flag.fin, 1, new Uint8Array(2));
    expect(session.streamCount).toBe(0);
    expect((await stream.readable.getReader().read()).value).toHaveLength(2);
  });

  it('is forgotten when both sides have ended', async () => {
    const { session, receive } = open();
    const stream = session.open();
    await stream.writable.close();
    expect(session.streamCount).toBe(1);
    receive(FrameKind.data, Flag.fin, 1, new Uint8Array(2));
    expect(session.streamCount).toBe(0);
    const reader = stream.readable.getReader();
    expect((await reader.read()).value).toHaveLength(2);
    expect((await reader.read()).done).toBe(true);
  });

  it('is reset when its reader leaves, and ignores what still comes', async () => {
    const { session, sent, receive, failures } = open();
    const stream = session.open();
    await stream.writable.getWriter().write(new Uint8Array(1));
    await stream.readable.cancel();
    expect(sent.at(-1)).toMatchObject({ kind: FrameKind.windowUpdate, flags: Flag.rst, stream: 1 });
    receive(FrameKind.data, 0, 1, new Uint8Array(100));
    expect([session.streamCount, failures]).toEqual([0, []]);
  });

  it('fails when the other side resets it', async () => {
    const { session, receive } = open();
    const stream = session.open();
    const reading = stream.readable.getReader().read();
    receive(FrameKind.windowUpdate, Flag.rst, 1);
    await expect(reading).rejects.toMatchObject({ code: 'EPIPE' });
    await expect(stream.writable.getWriter().write(new Uint8Array(1))).rejects.toMatchObject({
      code: 'EPIPE',
    });
  });
});

describe('reading', () => {
  it('opens the window again as the reader takes, not before', async () => {
    const { session, sent, receive } = open();
    const reader = session.open().readable.getReader();
    const half = INITIAL_WINDOW / 2;
    receive(FrameKind.data, 0, 1, new Uint8Array(half));
    receive(FrameKind.data, 0, 1, new Uint8Array(half));
    await settle();
    expect(sent).toEqual([]);
    await reader.read();
    expect(sent).toMatchObject([{ kind: FrameKind.windowUpdate, length: half }]);
  });

  it('takes a sender that exceeds the window for broken', () => {
    const { session, receive, failures } = open();
    session.open();
    receive(FrameKind.data, 0, 1, new Uint8Array(INITIAL_WINDOW + 1));
    expect(failures).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('puts frames together however they are cut', async () => {
    const { session, accepted } = open();
    const payload = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    const input = encodeFrame(
      { kind: FrameKind.data, flags: Flag.syn | Flag.fin, stream: 2, length: 300 },
      payload,
    );
    for (let start = 0; start < input.length; start += 7)
      session.receive(input.subarray(start, start + 7));
    const received: number[] = [];
    for await (const chunk of accepted[0]?.readable ?? []) received.push(...chunk);
    expect(received).toEqual([...payload]);
  });
});

describe('the session', () => {
  it('answers pings', () => {
    const { sent, receive } = open();
    receive(FrameKind.ping, Flag.syn, 0, 42);
    expect(sent).toMatchObject([{ kind: FrameKind.ping, flags: Flag.ack, length: 42 }]);
  });

  it.each([
    ['bytes that are no frame', 'DRYDOCK/1 waiting\n'],
    ['a stream number of ours', String.fromCharCode(0, 1, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0)],
    ['a goAway', String.fromCharCode(0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ])('ends on %s', async (_case, input) => {
    const { session, failures } = open();
    const reading = session.open().readable.getReader().read();
    session.receive(new TextEncoder().encode(input));
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(failures).toHaveLength(1);
  });

  it('lets streams take turns while the channel is slow', async () => {
    const waiting: (() => void)[] = [];
    const { session, sent } = open(() => new Promise<void>((resolve) => waiting.push(resolve)));
    const big = session
      .open()
      .writable.getWriter()
      .write(new Uint8Array(4 * MAX_PAYLOAD));
    const small = session.open().writable.getWriter().write(new Uint8Array(1));
    for (let round = 0; round < 5; round++) {
      await settle();
      waiting.shift()?.();
    }
    await Promise.all([big, small]);
    expect(sent.map(({ stream }) => stream)).toEqual([1, 3, 1, 1, 1]);
  });
});
