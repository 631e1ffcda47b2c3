import { HttpError } from '../../../http/http-error.ts';

/**
 * Lengths in bits of HPACK's Huffman codes by character (RFC 7541, appendix B), the last of which ends a
 * text. The code is canonical: those of one length follow each other in the order of their characters.
 */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const END = 256;

/** Characters by the length and value of their codes. */
const CODES: ReadonlyMap<string, number> = new Map(codes());

function* codes(): Generator<[string, number]> {
  let code = 0;
  for (let length = 5; length <= 30; length++) {
    for (const [character, own] of LENGTHS.entries())
      if (own === length) yield [`${length}:${code++}`, character];
    code *= 2;
  }
}

/** Throws `MALFORMED` for what is no text in this code. */
export function decodeHuffman(bytes: Uint8Array): Uint8Array {
  const text: number[] = [];
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      const character = CODES.get(`${length}:${code}`);
      if (character === undefined) continue;
      if (character === END) throw malformed();
      text.push(character);
      code = 0;
      length = 0;
    }
  }
  // What fills the last byte is the beginning of the code that ends a text: ones.
  if (length > 7 || code !== 2 ** length - 1) throw malformed();
  return Uint8Array.from(text);
}

const malformed = (): HttpError =>
  new HttpError('MALFORMED', 'A header is not in the code of Huffman.');
