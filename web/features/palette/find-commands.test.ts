import { expect, it } from 'vitest';
import { findCommands, type Command } from './find-commands.ts';

const command = (label: string, group: string, also?: string): Command => ({
  label,
  group,
  ...(also === undefined ? {} : { also }),
  run: () => {},
});
const commands = [
  command('What a container is', 'Lesson'),
  command('Clean up', 'Step', 'What a container is'),
  command('Container runtime', 'Glossary'),
  command('Go to the terminal', 'Action', 'pane'),
];
const labels = (query: string) => findCommands(commands, query).map(({ label }) => label);

it('has everything in its order without a query', () => {
  expect(labels(' ')).toEqual(commands.map(({ label }) => label));
});

it('puts the beginning of a label first, then its words, then what is beside it', () => {
  expect(labels('cont')).toEqual(['Container runtime', 'What a container is', 'Clean up']);
});

it('wants all words, in any order, wherever they are', () => {
  expect(labels('container clean')).toEqual(['Clean up']);
  expect(labels('glossary RUN')).toEqual(['Container runtime']);
  expect(labels('pane')).toEqual(['Go to the terminal']);
  expect(labels('elsewhere')).toEqual([]);
});
