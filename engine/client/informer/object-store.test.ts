import { describe, expect, it } from 'vitest';
import { keyOf, nameOf } from './object-store.ts';

describe('keyOf', () => {
  it.each([
    [{ namespace: 'default', name: 'web' }, 'default/web'],
    [{ name: 'node-1' }, 'node-1'],
  ])('names %o, and nameOf reads it', (name, key) => {
    expect(keyOf(name)).toBe(key);
    expect(nameOf(key)).toEqual(name);
  });
});
