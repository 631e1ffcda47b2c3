import { expect, it } from 'vitest';
import { Observable } from './observable.ts';

it('tells when its value is so, now or later', async () => {
  const number = new Observable(1);
  expect(await number.until((value) => value === 1)).toBe(1);
  const even = number.until((value) => value % 2 === 0);
  for (const value of [3, 4, 5]) number.set(value);
  expect(await even).toBe(4);
});

it('does not wait longer than the signal', async () => {
  const number = new Observable(1);
  const giveUp = new AbortController();
  const never = number.until((value) => value > 1, giveUp.signal);
  giveUp.abort(new Error('It is late.'));
  await expect(never).rejects.toThrow('It is late.');
  await expect(number.until((value) => value === 1, giveUp.signal)).rejects.toThrow('late');
});
