import { describe, expect, it } from 'vitest';
import { parseBody } from './body.ts';
import { DEEPEST } from './depth.ts';

const parse = (text: string, format: 'json' | 'yaml'): unknown =>
  parseBody(new TextEncoder().encode(text), format).value;

/** Levels of arrays and objects in a value. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let inner = value; typeof inner === 'object' && inner !== null; depth++)
    inner = Object.values(inner)[0];
  return depth;
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${' '.repeat(index)}a:\n`).join('');

describe('nesting', () => {
  it.each(['json', 'yaml'] as const)('of %s has a limit', (format) => {
    const arrays = `${'['.repeat(DEEPEST)}${']'.repeat(DEEPEST)}`;
    expect(depthOf(parse(arrays, format))).toBe(DEEPEST);
    for (const text of [`[${arrays}]`, '['.repeat(100_000), '{"a":'.repeat(100_000)])
      expect(() => parse(text, format)).toThrow('exceeded max depth');
  });

  it('of YAML is its indentation too', () => {
    expect(depthOf(parse(lines(DEEPEST), 'yaml'))).toBe(DEEPEST);
    for (const text of [
      lines(DEEPEST + 2),
      `${'- '.repeat(DEEPEST)}x`,
      '- '.repeat(100_000),
      '? '.repeat(10_000),
    ])
      expect(() => parse(text, 'yaml')).toThrow('exceeded max depth');
  });

  it('is not what stands in texts, nor a long key, nor many flat parts', () => {
    const brackets = '{['.repeat(DEEPEST);
    expect(parse(JSON.stringify({ a: `\\"${brackets}` }), 'json')).toEqual({ a: `\\"${brackets}` });
    expect(parse(`a: |\n  x\n${' '.repeat(DEEPEST * 2)}y\nb: "${brackets}"\n`, 'yaml')).toEqual({
      a: `x\n${' '.repeat(DEEPEST * 2 - 2)}y\n`,
      b: brackets,
    });
    const key = 'k'.repeat(DEEPEST * 2);
    expect(parse(`${key}: {}\nb: [${'{}, '.repeat(DEEPEST * 2)}]\n`, 'yaml')).toHaveProperty(key);
  });
});
