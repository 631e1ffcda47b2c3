/**
 * Finds the entries of a tar and where their contents lie, while the bytes pass by. Formats:
 * POSIX ustar and pax (IEEE 1003.1, pax utility), GNU long names, links and base-256 numbers.
 * Why not a library: none of those that run in workers tells the offsets of contents
 * (docs/decisions/006-tar-offsets.md).
 */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';
  /** permission bits */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** UNIX time in seconds */
  readonly mtime: number;
  readonly size: number;
  readonly linkName: string;
  readonly major: number;
  readonly minor: number;
  /** byte offset of the contents in the tar */
  readonly offset: number;
}

/** A tar that cannot be read further. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

const BLOCK = 512;
/** Longest pax or long-name record accepted, in bytes: real ones are below 10 kB. */
const MAX_META_BYTES = 1024 * 1024;

const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

const decoder = new TextDecoder();

export class TarReader {
  readonly #onEntry: (entry: TarEntry) => void;
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;
  #position = 0;
  /** bytes of contents and padding still to pass over */
  #skip = 0;
  /** bytes of padding that these end with */
  #padding = 0;
  #meta: { readonly kind: string; readonly bytes: Uint8Array; filled: number } | undefined;
  #global: Record<string, string> = {};
  #next: Record<string, string> = {};
  #ended = false;

  constructor(onEntry: (entry: TarEntry) => void) {
    this.#onEntry = onEntry;
  }

  /** Takes the next bytes. Throws TarError. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, chunk.length - at);
        this.#collect(chunk.subarray(at, at + taken));
        this.#skip -= taken;
        this.#position += taken;
        at += taken;
        if (this.#skip === 0) this.#finishMeta();
        continue;
      }
      const taken = Math.min(BLOCK - this.#filled, chunk.length - at);
      this.#block.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      this.#position += taken;
      at += taken;
      if (this.#filled === BLOCK) {
        this.#filled = 0;
        this.#header();
      }
    }
  }

  /**
   * Call after the last byte. Throws TarError when the tar stops in the middle of an entry. As in Go, the last
   * one's padding and the blocks that end a tar may be missing: the client leaves them out of a context
   * whose Dockerfile comes from standard input.
   */
  end(): void {
    if (!this.#ended && (this.#skip > this.#padding || this.#filled > 0))
      throw new TarError('unexpected EOF');
  }

  #header(): void {
    const block = this.#block;
    if (block.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    checkSum(block);
    const kind = String.fromCharCode(block[156] ?? 0);
    let size = number(block, 124, 12);
    if (kind === 'x' || kind === 'g' || kind === 'L' || kind === 'K') {
      if (size > MAX_META_BYTES) throw new TarError('archive/tar: header field too long');
      this.#meta = { kind, bytes: new Uint8Array(size), filled: 0 };
    } else {
      size = this.#entry(kind, size);
    }
    this.#skip = Math.ceil(size / BLOCK) * BLOCK;
    this.#padding = this.#skip - size;
    if (this.#skip === 0) this.#finishMeta();
  }

  /** Reports an entry and returns the size of its contents. */
  #entry(kind: string, headerSize: number): number {
    const block = this.#block;
    const pax = { ...this.#global, ...this.#next };
    this.#next = {};
    const prefix =
      string(block, 257, 5) === 'ustar' && block[262] === 0 ? string(block, 345, 155) : '';
    const name = string(block, 0, 100);
    const path = pax['path'] ?? (prefix === '' ? name : `${prefix}/${name}`);
    const type = kind === '0' && path.endsWith('/') ? 'directory' : types[kind];
    const hasContents = type === 'file' || type === undefined;
    const size = hasContents ? decimal(pax['size'], headerSize) : 0;
    if (type !== undefined) {
      this.#onEntry({
        path,
        type,
        mode: number(block, 100, 8) & 0o7777,
        uid: decimal(pax['uid'], number(block, 108, 8)),
        gid: decimal(pax['gid'], number(block, 116, 8)),
        mtime: Math.floor(decimal(pax['mtime'], number(block, 136, 12))),
        size,
        linkName: pax['linkpath'] ?? string(block, 157, 100),
        major: number(block, 329, 8),
        minor: number(block, 337, 8),
        offset: this.#position,
      });
    }
    return size;
  }

  #collect(bytes: Uint8Array): void {
    const meta = this.#meta;
    if (meta === undefined) return;
    const taken = bytes.subarray(0, meta.bytes.length - meta.filled);
    meta.bytes.set(taken, meta.filled);
    meta.filled += taken.length;
  }

  #finishMeta(): void {
    const meta = this.#meta;
    this.#meta = undefined;
    if (!meta) return;
    switch (meta.kind) {
      case 'x':
        Object.assign(this.#next, paxRecords(meta.bytes));
        break;
      case 'g':
        Object.assign(this.#global, paxRecords(meta.bytes));
        break;
      case 'L':
        this.#next['path'] = string(meta.bytes, 0, meta.bytes.length);
        break;
      case 'K':
        this.#next['linkpath'] = string(meta.bytes, 0, meta.bytes.length);
        break;
    }
  }
}

function checkSum(block: Uint8Array): void {
  let sum = 0;
  for (let index = 0; index < BLOCK; index++)
    sum += index >= 148 && index < 156 ? 32 : (block[index] ?? 0);
  if (sum !== number(block, 148, 8)) throw new TarError('archive/tar: invalid tar header');
}

/** Up to the first NUL. */
function string(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or big-endian base 256 when the top bit is set. */
function number(block: Uint8Array, at: number, length: number): number {
  const first = block[at] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(string(block, at, length).trim() || '0', 8) || 0;
  let value = first & 0x40 ? -1 : first & 0x3f;
  for (let index = 1; index < length; index++) value = value * 256 + (block[at + index] ?? 0);
  return value;
}

function decimal(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : otherwise;
}

/** `length key=value\n`, again and again. */
function paxRecords(bytes: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const length = Number.parseInt(decoder.decode(bytes.subarray(at, Math.max(space, at))), 10);
    if (!(length > 0) || at + length > bytes.length)
      throw new TarError('archive/tar: invalid tar header');
    const record = decoder.decode(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}
