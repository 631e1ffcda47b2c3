import { expect, test } from 'vitest';
import { baseName, isInside, joinPath, nameProblem, parentPath, shortPath } from './paths.ts';

test.each([
  ['/a', 'b', '/a/b'],
  ['/', 'b', '/b'],
  ['/a/b', '../c/./d', '/a/c/d'],
  ['/a', '/etc/hosts', '/etc/hosts'],
  ['/a', '../../..', '/'],
])('%s and %s', (directory, name, expected) => expect(joinPath(directory, name)).toBe(expected));

test('parts of a path', () => {
  expect(parentPath('/a/b')).toBe('/a');
  expect(parentPath('/a')).toBe('/');
  expect(baseName('/a/b.txt')).toBe('b.txt');
  expect(isInside('/a/b', '/a')).toBe(true);
  expect(isInside('/ab', '/a')).toBe(false);
  expect(isInside('/a', '/')).toBe(true);
  expect(shortPath('/root/work/site/a')).toBe('site/a');
  expect(shortPath('/etc/hosts')).toBe('/etc/hosts');
});

test('names a file may have', () => {
  const taken = new Set(['there']);
  expect(nameProblem('new.txt', taken)).toBeUndefined();
  for (const name of ['', '.', '..', 'a/b', 'there', 'é'.repeat(128)])
    expect(nameProblem(name, taken), name).toBeDefined();
});
