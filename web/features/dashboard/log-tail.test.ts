import { expect, it } from 'vitest';
import { logTail, MOST_CHARACTERS } from './log-tail.ts';

it('keeps a log that one can read, and of a longer one the end, in whole lines', () => {
  expect(logTail('a\nb\n')).toBe('a\nb\n');
  const line = `${'x'.repeat(99)}\n`;
  const tail = logTail(line.repeat(MOST_CHARACTERS / 100) + 'last\n');
  expect(tail.endsWith(`${line}last\n`)).toBe(true);
  expect(tail.startsWith(line)).toBe(true);
  expect(tail.length).toBeLessThanOrEqual(MOST_CHARACTERS / 2);
});
