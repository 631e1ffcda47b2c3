/** Messages: length (4 bytes, big-endian), then JSON. */
import type { ByteStream } from '../../api/byte-stream.ts';
import { AgentError } from './agent-error.ts';

const PREFIX_BYTES = 4;
/** As the agent has it: a length beyond this is damage, not a message. */
const MAX_MESSAGE = 8 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeMessage(value: object): Uint8Array {
  const body = encoder.encode(JSON.stringify(value));
  const bytes = new Uint8Array(PREFIX_BYTES + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, PREFIX_BYTES);
  return bytes;
}

/** Collects bytes and gives back what is whole. */
export class MessageBuffer {
  #bytes: Uint8Array = new Uint8Array(0);

  push(chunk: Uint8Array): void {
    if (this.#bytes.length === 0) {
      this.#bytes = chunk;
      return;
    }
    const joined = new Uint8Array(this.#bytes.length + chunk.length);
    joined.set(this.#bytes);
    joined.set(chunk, this.#bytes.length);
    this.#bytes = joined;
  }

  /** The next whole message, or undefined. Throws `AgentError` `EPROTO` for a length no message has. */
  shift(): unknown {
    if (this.#bytes.length < PREFIX_BYTES) return undefined;
    const length = new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getUint32(0);
    if (length > MAX_MESSAGE)
      throw new AgentError('EPROTO', `A message of ${length} bytes is longer than any.`);
    if (this.#bytes.length < PREFIX_BYTES + length) return undefined;
    const body = this.#bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length);
    this.#bytes = this.#bytes.subarray(PREFIX_BYTES + length);
    return JSON.parse(decoder.decode(body));
  }

  /** What was pushed and is part of no message returned so far. */
  rest(): Uint8Array {
    return this.#bytes;
  }
}

/** A stream that takes back what was read too far. */
export interface UnreadableStream extends ByteStream {
  unread(bytes: Uint8Array): void;
}

/** Reads the message a stream begins with and leaves the stream behind it. */
export async function readFirstMessage(stream: UnreadableStream): Promise<unknown> {
  const buffer = new MessageBuffer();
  const reader = stream.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new AgentError('EPIPE', 'The stream ended before its first message.');
      buffer.push(value);
      const message = buffer.shift();
      if (message !== undefined) {
        stream.unread(buffer.rest());
        return message;
      }
    }
  } finally {
    reader.releaseLock();
  }
}

/** Every message of a stream. Leaving the loop early cancels the stream. */
export async function* readMessages<T>(
  readable: ReadableStream<Uint8Array>,
): AsyncGenerator<T, void, undefined> {
  const buffer = new MessageBuffer();
  for await (const chunk of readable) {
    buffer.push(chunk);
    for (let message = buffer.shift(); message !== undefined; message = buffer.shift())
      yield message as T;
  }
}
