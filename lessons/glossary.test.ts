import { expect, it } from 'vitest';
import { readGlossary } from './course.node.ts';
import { parseGlossary } from './glossary.ts';

it('reads terms, with what they say as HTML and as text', () => {
  const glossary = parseGlossary(
    'tag:\n  name: Tag\n  words: [tag]\n  says: Such as `1`.\n',
    'file',
  );
  expect([...glossary.values()]).toEqual([
    {
      id: 'tag',
      name: 'Tag',
      words: ['tag'],
      html: 'Such as <code>1</code>.',
      text: 'Such as 1.',
      see: [],
    },
  ]);
});

const ONE = 'one:\n  name: One\n  words: [one]\n  says: The first.\n';

it.each([
  ['a field that is missing', `${ONE}two:\n  name: Two\n  words: []\n`, 'file:5: two: says'],
  ['an unknown field', `${ONE}  sees: []\n`, 'file:1: one'],
  [
    'a word of two terms',
    `${ONE}two:\n  name: Two\n  words: [one]\n  says: x\n`,
    'file:5: two: “one” is a word of one already',
  ],
  ['a term to see that is not there', `${ONE}  see: [two]\n`, 'file:1: one: there is no term'],
  ['broken YAML', 'one: [\n', 'file:'],
])('refuses %s', (_, text, message) => {
  expect(() => parseGlossary(text, 'file')).toThrow(message);
});

it('is whole, and short enough to be read in passing', async () => {
  const glossary = await readGlossary();
  expect(glossary.size).toBeGreaterThan(80);
  for (const { id, text } of glossary.values()) expect(text.length, id).toBeLessThan(260);
});
