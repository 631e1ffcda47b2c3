import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32c', () => {
  // RFC 3720, appendix B.4, whose bytes are in the order of the wire
  it.each([
    [bytes('123456789'), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_value, index) => index), 0x46dd794e],
  ])('of %o', (input, checksum) => expect(crc32c(input)).toBe(checksum));

  it('goes on from what came before', () => {
    const whole = bytes('a longer text, of an odd length');
    for (let cut = 0; cut < whole.length; cut++)
      expect(crc32c(whole.subarray(cut), crc32c(whole.subarray(0, cut)))).toBe(crc32c(whole));
  });
});
