import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { AnswerFinder, paddedPreamble, preamble } from './preamble.ts';

const nonce = '0123456789abcdef';
const answer = `DRYDOCK/1 ${nonce} ready\n`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('AnswerFinder', () => {
  it.each([
    ['alone', answer, ''],
    ['with what follows', `${answer}frames`, 'frames'],
    ['behind half a line', `garbage${answer}x`, 'x'],
    ['behind another session’s answer', `DRYDOCK/1 ${'f'.repeat(16)} ready\n${answer}`, ''],
    ['behind its own beginning', `DRYDOCK/1 0123${answer}`, ''],
  ])('finds the answer %s, however it is cut', (_case, text, rest) => {
    for (let cut = 0; cut <= text.length; cut++) {
      const finder = new AnswerFinder(nonce);
      const first = finder.push(bytes(text.slice(0, cut)));
      const found =
        first === undefined
          ? finder.push(bytes(text.slice(cut)))
          : new Uint8Array([...first, ...bytes(text.slice(cut))]);
      expect(new TextDecoder().decode(found)).toBe(rest);
    }
  });

  it('finds nothing in noise', () => {
    const finder = new AnswerFinder(nonce);
    const random = new SeededRandom(1);
    for (let round = 0; round < 50; round++)
      expect(finder.push(random.bytes(1000))).toBeUndefined();
    expect(finder.push(bytes(answer))).toEqual(new Uint8Array(0));
  });
});

it('pads a preamble with more than the longest frame', () => {
  const padded = paddedPreamble(nonce);
  expect(padded.subarray(-27)).toEqual(preamble(nonce));
  expect(padded.subarray(0, -27).every((byte) => byte === 0x0a)).toBe(true);
  expect(padded.length - 27).toBe(16 * 1024 + 12);
});
