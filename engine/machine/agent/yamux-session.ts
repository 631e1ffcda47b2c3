/**
 * The client's side of yamux over any ordered byte channel (docs/decisions/002-own-yamux.md
 * says why this is our own). Left out: keep-alive pings, which would wake an idle machine.
 */
import { AgentError } from './agent-error.ts';
import {
  decodeHeader,
  encodeFrame,
  Flag,
  FrameKind,
  HEADER_BYTES,
  type FrameHeader,
} from './yamux-frame.ts';
import { YamuxStream } from './yamux-stream.ts';

export interface YamuxEvents {
  /** The other side opened a stream. */
  onStream(stream: YamuxStream): void;
  /** The session is over: every stream has failed with `error`. Not called after `close`. */
  onFailure(error: AgentError): void;
}

/** A client's stream ids are odd, a server's even. */
const FIRST_STREAM = 1;
const STREAM_STEP = 2;
/** `length` of a goAway that tells of a protocol error */
const GO_AWAY_PROTOCOL_ERROR = 1;

interface Outgoing {
  readonly frame: Uint8Array;
  readonly sent: () => void;
}

export class YamuxSession {
  readonly #transmit: (bytes: Uint8Array) => void | Promise<void>;
  readonly #events: YamuxEvents;
  readonly #streams = new Map<number, YamuxStream>();
  readonly #outgoing: Outgoing[] = [];
  #transmitting = false;
  #nextStream = FIRST_STREAM;
  #over = false;
  /** a header that is not complete yet */
  #partial: Uint8Array = new Uint8Array(0);
  /** the data frame whose payload is arriving */
  #frame: { readonly header: FrameHeader; missing: number } | undefined;

  constructor(transmit: (bytes: Uint8Array) => void | Promise<void>, events: YamuxEvents) {
    this.#transmit = transmit;
    this.#events = events;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** A new stream. The other side learns of it with the first byte. */
  open(): YamuxStream {
    const id = this.#nextStream;
    this.#nextStream += STREAM_STEP;
    return this.#add(id, Flag.syn);
  }

  /** Ends the session without a word to the other side; every stream fails with `error`. */
  close(error: AgentError): void {
    if (this.#over) return;
    this.#over = true;
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.fail(error);
    for (const { sent } of this.#outgoing.splice(0)) sent();
  }

  /** Takes what arrived on the channel. The bytes are kept, not copied. */
  receive(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#over)
      rest = this.#frame === undefined ? this.#takeHeader(rest) : this.#takePayload(rest);
  }

  #takeHeader(bytes: Uint8Array): Uint8Array {
    let source: Uint8Array = bytes;
    let used = HEADER_BYTES;
    if (this.#partial.length > 0 || bytes.length < HEADER_BYTES) {
      used = Math.min(HEADER_BYTES - this.#partial.length, bytes.length);
      source = new Uint8Array(this.#partial.length + used);
      source.set(this.#partial);
      source.set(bytes.subarray(0, used), this.#partial.length);
      this.#partial = new Uint8Array(0);
      if (source.length < HEADER_BYTES) {
        this.#partial = source;
        return bytes.subarray(used);
      }
    }
    const header = decodeHeader(source, 0);
    if (header === undefined) this.#fail('The agent sent bytes that are no frame.');
    else this.#handle(header);
    return bytes.subarray(used);
  }

  #handle(header: FrameHeader): void {
    switch (header.kind) {
      case FrameKind.data:
        if ((header.flags & Flag.syn) !== 0) this.#accept(header.stream);
        if (header.length === 0) this.#applyEnds(header);
        else this.#frame = { header, missing: header.length };
        return;
      case FrameKind.windowUpdate:
        if ((header.flags & Flag.syn) !== 0) this.#accept(header.stream);
        this.#streams.get(header.stream)?.widen(header.length);
        this.#applyEnds(header);
        return;
      case FrameKind.ping:
        if ((header.flags & Flag.syn) !== 0)
          void this.#send(encodeFrame({ ...header, flags: Flag.ack }));
        return;
      case FrameKind.goAway:
        this.#fail('The agent ended the session.');
    }
  }

  #takePayload(bytes: Uint8Array): Uint8Array {
    const frame = this.#frame;
    if (frame === undefined) return bytes;
    const payload = bytes.subarray(0, frame.missing);
    frame.missing -= payload.length;
    if (frame.missing === 0) this.#frame = undefined;
    // A stream that was reset here may still receive; its bytes go nowhere.
    if (this.#streams.get(frame.header.stream)?.receive(payload) === false) {
      void this.#send(
        encodeFrame({
          kind: FrameKind.goAway,
          flags: 0,
          stream: 0,
          length: GO_AWAY_PROTOCOL_ERROR,
        }),
      );
      this.#fail('The agent sent more than a window.');
    } else if (frame.missing === 0) {
      this.#applyEnds(frame.header);
    }
    return bytes.subarray(payload.length);
  }

  #applyEnds({ flags, stream: id }: FrameHeader): void {
    const stream = this.#streams.get(id);
    if ((flags & Flag.rst) !== 0)
      stream?.fail(new AgentError('EPIPE', 'The agent reset the stream.'));
    else if ((flags & Flag.fin) !== 0) stream?.receiveEnd();
  }

  #accept(id: number): void {
    if (id % STREAM_STEP === FIRST_STREAM % STREAM_STEP || this.#streams.has(id)) {
      this.#fail('The agent opened a stream whose number is not free.');
      return;
    }
    const stream = this.#add(id, Flag.ack);
    this.#events.onStream(stream);
  }

  #add(id: number, firstFlag: number): YamuxStream {
    const stream = new YamuxStream(
      id,
      { send: (frame) => this.#send(frame), forget: (gone) => this.#streams.delete(gone) },
      firstFlag,
    );
    if (this.#over)
      stream.fail(new AgentError('ECONNRESET', 'The session with the agent has ended.'));
    else this.#streams.set(id, stream);
    return stream;
  }

  /** Frames leave in order, one at a time as the channel takes them: streams take turns. */
  #send(frame: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    if (!this.#transmitting) {
      const sent = this.#transmit(frame);
      if (sent === undefined) return;
      return this.#drainAfter(sent);
    }
    return new Promise<void>((resolve) => void this.#outgoing.push({ frame, sent: resolve }));
  }

  async #drainAfter(first: Promise<void>): Promise<void> {
    this.#transmitting = true;
    const drained = first.then(() => this.#drain());
    drained.catch((error: unknown) => this.#fail('The channel to the agent broke.', error));
    await first.catch(() => undefined);
  }

  async #drain(): Promise<void> {
    for (let next = this.#outgoing.shift(); next !== undefined; next = this.#outgoing.shift()) {
      await this.#transmit(next.frame);
      next.sent();
    }
    this.#transmitting = false;
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#over) return;
    const error = new AgentError(
      'ECONNRESET',
      message,
      cause === undefined ? undefined : { cause },
    );
    this.close(error);
    this.#events.onFailure(error);
  }
}
