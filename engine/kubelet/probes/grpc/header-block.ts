/** Header fields of HTTP/2 (HPACK, RFC 7541): written as plain as can be, read as any server writes them. */
import { concatBytes } from '../../../http/index.ts';
import { HttpError } from '../../../http/http-error.ts';
import { decodeHuffman } from './huffman.ts';

type Field = readonly [name: string, value: string];

/** Appendix A: `name` or `name: value`, from index 1 on. */
const STATIC: readonly Field[] = [
  ':authority|:method: GET|:method: POST|:path: /|:path: /index.html|:scheme: http|:scheme: https',
  ':status: 200|:status: 204|:status: 206|:status: 304|:status: 400|:status: 404|:status: 500',
  'accept-charset|accept-encoding: gzip, deflate|accept-language|accept-ranges|accept',
  'access-control-allow-origin|age|allow|authorization|cache-control|content-disposition',
  'content-encoding|content-language|content-length|content-location|content-range|content-type',
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range',
  'if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate',
  'proxy-authorization|range|referer|refresh|retry-after|server|set-cookie',
  'strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate',
]
  .flatMap((line) => line.split('|'))
  .map((entry) => {
    const [name = '', value = ''] = entry.split(/(?<=.): /);
    return [name, value];
  });

/** Bytes that entries of the dynamic table may take, each with 32 more; what a client that says nothing has promised. */
const TABLE_SIZE = 4096;
const ENTRY_OVERHEAD = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Literal fields that nobody is to remember. */
export function encodeFields(fields: readonly Field[]): Uint8Array {
  return concatBytes(
    ...fields.flatMap(([name, value]) => [Uint8Array.of(0), encodeText(name), encodeText(value)]),
  );
}

function encodeText(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return concatBytes(encodeInteger(bytes.length, 7), bytes);
}

/** Section 5.1. */
function encodeInteger(value: number, bits: number): Uint8Array {
  const most = 2 ** bits - 1;
  if (value < most) return Uint8Array.of(value);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

const malformed = (): HttpError =>
  new HttpError('MALFORMED', 'The server sent a block of headers that is none.');

/** Reads the blocks of one connection, in their order. */
export class FieldReader {
  readonly #dynamic: Field[] = [];
  #size = 0;
  #limit = TABLE_SIZE;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Throws `MALFORMED`. */
  read(block: Uint8Array): readonly Field[] {
    this.#bytes = block;
    this.#at = 0;
    const fields: Field[] = [];
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      if (first >= 0x80) fields.push(this.#entry(this.#integer(7)));
      else if (first >= 0x40) {
        const field = this.#literal(6);
        this.#remember(field);
        fields.push(field);
      } else if (first >= 0x20) {
        this.#limit = this.#integer(5);
        if (this.#limit > TABLE_SIZE) throw malformed();
        this.#shrink();
      } else fields.push(this.#literal(4));
    }
    return fields;
  }

  #literal(bits: number): Field {
    const index = this.#integer(bits);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    return [name, this.#text()];
  }

  #entry(index: number): Field {
    const entry = STATIC[index - 1] ?? this.#dynamic[index - 1 - STATIC.length];
    if (entry === undefined) throw malformed();
    return entry;
  }

  #text(): string {
    const isCoded = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw malformed();
    this.#at += length;
    return decoder.decode(isCoded ? decodeHuffman(bytes) : bytes);
  }

  #integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#next() & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#next();
      value += (byte & 0x7f) * factor;
      if (value > 2 ** 31) throw malformed();
      if (byte < 0x80) return value;
    }
  }

  #next(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed();
    return byte;
  }

  #remember(field: Field): void {
    this.#dynamic.unshift(field);
    this.#size += sizeOf(field);
    this.#shrink();
  }

  #shrink(): void {
    while (this.#size > this.#limit) {
      const last = this.#dynamic.pop();
      if (last === undefined) return;
      this.#size -= sizeOf(last);
    }
  }
}

const sizeOf = ([name, value]: Field): number =>
  encoder.encode(name).length + encoder.encode(value).length + ENTRY_OVERHEAD;
