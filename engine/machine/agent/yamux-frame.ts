/** Headers of the yamux protocol, version 0 (https://github.com/hashicorp/yamux/blob/master/spec.md). */

export const HEADER_BYTES = 12;

export const FrameKind = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export const Flag = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

export interface FrameHeader {
  readonly kind: FrameKind;
  readonly flags: number;
  readonly stream: number;
  /** payload bytes of a data frame; otherwise a number with a meaning of its own */
  readonly length: number;
}

/** The header, with the payload behind it when there is one, as one piece. */
export function encodeFrame(header: FrameHeader, payload?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + (payload?.length ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint8(1, header.kind);
  view.setUint16(2, header.flags);
  view.setUint32(4, header.stream);
  view.setUint32(8, header.length);
  if (payload !== undefined) bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Reads a header at `offset`; undefined when the bytes are none. */
export function decodeHeader(bytes: Uint8Array, offset: number): FrameHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, HEADER_BYTES);
  const kind = view.getUint8(1);
  const flags = view.getUint16(2);
  if (view.getUint8(0) !== 0 || kind > FrameKind.goAway || flags > 15) return undefined;
  return { kind: kind as FrameKind, flags, stream: view.getUint32(4), length: view.getUint32(8) };
}
