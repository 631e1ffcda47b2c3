/** Names and values of SPDY/3.1 frames: one compressed stream for each direction of a connection. */
import { Unzlib } from 'fflate';
import { concatBytes } from '../body.ts';
import { HttpError } from '../http-error.ts';

/** What both sides know before the first frame (draft-mbelshe-httpbis-spdy-00, section 2.6.10.1): words with their length before them, and a text. */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status';
const MORE_WORDS = [
  '200 OK',
  'version',
  'HTTP/1.1',
  'url',
  'public',
  'set-cookie',
  'keep-alive',
  'origin',
];
const TEXT =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of one block at most, inflated: no client of Kubernetes needs a hundredth of it. */
const MAX_BLOCK = 64 * 1024;

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const withLength = (text: string): Uint8Array => {
  const bytes = encoder.encode(text);
  return concatBytes(uint32(bytes.length), bytes);
};

const dictionary = concatBytes(
  ...[...WORDS.split(' '), ...MORE_WORDS].map(withLength),
  encoder.encode(TEXT),
);

export type Pairs = readonly (readonly [name: string, value: string])[];

/** Head of a zlib stream with a dictionary, and the checksum of this one (RFC 1950). */
const ZLIB_HEAD = Uint8Array.of(0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2);

/**
 * Writes the blocks of one direction, as stored blocks of zlib's (RFC 1951, section 3.2.4): what a server
 * says is too short to gain by compression.
 */
export class HeaderWriter {
  #begun = false;

  write(pairs: Pairs): Uint8Array {
    const parts = pairs.flatMap(([name, value]) => [withLength(name), withLength(value)]);
    const text = concatBytes(uint32(pairs.length), ...parts);
    // Readers hand on what they have when they see a block of nothing.
    const block = concatBytes(stored(text), stored(new Uint8Array(0)));
    if (this.#begun) return block;
    this.#begun = true;
    return concatBytes(ZLIB_HEAD, block);
  }
}

function stored(bytes: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(5));
  head.setUint16(1, bytes.length, true);
  head.setUint16(3, ~bytes.length, true);
  return concatBytes(new Uint8Array(head.buffer), bytes);
}

/** Reads the blocks of one direction, in the order in which they came. */
export class HeaderReader {
  readonly #out: Uint8Array[] = [];
  readonly #zlib = new Unzlib({ dictionary }, (bytes) => void this.#out.push(bytes));

  /** Errors: `HttpError` `MALFORMED` or `TOO_LARGE`. */
  read(block: Uint8Array): Pairs {
    try {
      this.#zlib.push(block);
    } catch (error) {
      throw new HttpError('MALFORMED', 'A block of headers cannot be inflated.', { cause: error });
    }
    const bytes = concatBytes(...this.#out.splice(0));
    if (bytes.length > MAX_BLOCK)
      throw new HttpError('TOO_LARGE', 'A block of headers is too long.');
    return readPairs(bytes);
  }
}

function readPairs(bytes: Uint8Array): Pairs {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw new HttpError('MALFORMED', 'A block of headers is cut short.');
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > bytes.length)
      throw new HttpError('MALFORMED', 'A block of headers is cut short.');
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  const count = number();
  // Each pair has two lengths at least, which bounds the count.
  if (count * 8 > bytes.length)
    throw new HttpError('MALFORMED', 'A block of headers is cut short.');
  return Array.from({ length: count }, () => [text(), text()] as const);
}
