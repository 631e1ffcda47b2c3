/** How a session begins (docs/agent-protocol.md, Handshake). */
import { MAX_PAYLOAD } from './yamux-stream.ts';
import { HEADER_BYTES } from './yamux-frame.ts';

export const NONCE_BYTES = 8;

const encoder = new TextEncoder();

export const preamble = (nonce: string): Uint8Array => encoder.encode(`DRYDOCK/1 ${nonce}\n`);

/**
 * A preamble behind as many newlines as bring an agent to a frame's border that is still
 * inside a frame of a session that is lost.
 */
export function paddedPreamble(nonce: string): Uint8Array {
  const text = preamble(nonce);
  const padding = MAX_PAYLOAD + HEADER_BYTES;
  const bytes = new Uint8Array(padding + text.length).fill(0x0a);
  bytes.set(text, padding);
  return bytes;
}

/** Finds the agent's answer to one preamble in a stream of arbitrary bytes. */
export class AnswerFinder {
  readonly #answer: Uint8Array;
  #tail = new Uint8Array(0);

  constructor(nonce: string) {
    this.#answer = encoder.encode(`DRYDOCK/1 ${nonce} ready\n`);
  }

  /** Returns what follows the answer, or undefined while it has not come. */
  push(bytes: Uint8Array): Uint8Array | undefined {
    const joined = new Uint8Array(this.#tail.length + bytes.length);
    joined.set(this.#tail);
    joined.set(bytes, this.#tail.length);
    const last = this.#answer.length - 1;
    for (let end = joined.indexOf(0x0a); end !== -1; end = joined.indexOf(0x0a, end + 1)) {
      if (end >= last && this.#matches(joined, end - last)) return joined.subarray(end + 1);
    }
    this.#tail = joined.slice(Math.max(0, joined.length - last));
    return undefined;
  }

  #matches(bytes: Uint8Array, start: number): boolean {
    return this.#answer.every((byte, index) => bytes[start + index] === byte);
  }
}
