/**
 * Numbers and encodings of 9P2000.L (the Linux kernel's `include/net/9p/9p.h` and the protocol
 * notes of the diod project). Integers are little-endian; a string is 2 bytes of length and UTF-8.
 */

/** Types of T-messages; each reply has the type after it. */
export const MessageType = {
  rlerror: 7,
  tstatfs: 8,
  tlopen: 12,
  tlcreate: 14,
  tsymlink: 16,
  tmknod: 18,
  trename: 20,
  treadlink: 22,
  tgetattr: 24,
  tsetattr: 26,
  txattrwalk: 30,
  txattrcreate: 32,
  treaddir: 40,
  tfsync: 50,
  tlock: 52,
  tgetlock: 54,
  tlink: 70,
  tmkdir: 72,
  trenameat: 74,
  tunlinkat: 76,
  tversion: 100,
  tauth: 102,
  tattach: 104,
  tflush: 108,
  twalk: 110,
  tread: 116,
  twrite: 118,
  tclunk: 120,
  tremove: 122,
} as const;

/** Linux error numbers that the server answers with. */
export const Errno = {
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EROFS: 30,
  ENODATA: 61,
  EPROTO: 71,
  EOPNOTSUPP: 95,
  ESTALE: 116,
} as const;

/** size (4), type (1), tag (2) */
export const HEADER_BYTES = 7;

/** type (1), version (4), path (8) */
export const QID_BYTES = 13;

/** The server refuses a request with this Linux error number. */
export class NinePError extends Error {
  override readonly name = 'NinePError';
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Reads the fields of one message. A message that is too short is EPROTO. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position: number;

  constructor(bytes: Uint8Array, position = HEADER_BYTES) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** As a number: sizes and offsets beyond 2^53 are no use here and lose their low bits. */
  u64(): number {
    const at = this.#advance(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  string(): string {
    const length = this.u16();
    const at = this.#advance(length);
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  #advance(bytes: number): number {
    const at = this.#position;
    if (at + bytes > this.#bytes.length) throw new NinePError(Errno.EPROTO);
    this.#position = at + bytes;
    return at;
  }
}

/** Builds one message; `finish` fills in the header. */
export class MessageWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #position = HEADER_BYTES;

  constructor(capacity = 192) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#position;
  }

  u8(value: number): this {
    this.#view.setUint8(this.#reserve(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#reserve(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#reserve(4), value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setUint32(at, value % 2 ** 32, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    return this;
  }

  string(value: string): this {
    const bytes = encoder.encode(value);
    return this.u16(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#reserve(bytes.length));
    return this;
  }

  qid(qid: Qid): this {
    return this.u8(qid.type).u32(QID_VERSION).u64(qid.path);
  }

  finish(type: number, tag: number): Uint8Array<ArrayBuffer> {
    this.#view.setUint32(0, this.#position, true);
    this.#view.setUint8(4, type);
    this.#view.setUint16(5, tag, true);
    return this.#bytes.subarray(0, this.#position);
  }

  #reserve(bytes: number): number {
    const at = this.#position;
    this.#position += bytes;
    if (this.#position > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#position, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

export interface Qid {
  /** 0x80 directory, 0x02 symbolic link, 0 anything else */
  readonly type: number;
  readonly path: number;
}

/** Contents never change under a qid path. Not 0, which some kernels take to mean "do not cache". */
const QID_VERSION = 1;
