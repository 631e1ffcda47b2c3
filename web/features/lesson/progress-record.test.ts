import { expect, it } from 'vitest';
import { mergeProgress, NO_PROGRESS, readProgress, type AllProgress } from './progress-record.ts';

const one: AllProgress = {
  version: 1,
  lessons: { tour: { done: ['looked'], answered: ['door'], step: 'one-apply' } },
  last: 'tour',
};

it('reads what was written, also before it was known which lesson was the last', () => {
  expect(readProgress(JSON.stringify(one))).toEqual(one);
  const { last: _, ...older } = one;
  expect(readProgress(JSON.stringify(older))).toEqual(older);
});

it.each([
  ['', 'damaged'],
  ['{"version":1', 'damaged'],
  ['[]', 'damaged'],
  ['{"version":1,"lessons":{"tour":{"done":"all"}}}', 'damaged'],
  ['{"version":2,"lessons":[]}', 'other-version'],
  ['{"version":0,"lessons":{}}', 'other-version'],
])('tells what is wrong with %s', (text, problem) => {
  expect(readProgress(text)).toBe(problem);
});

it('merging loses nothing', () => {
  const loaded: AllProgress = {
    version: 1,
    lessons: {
      tour: { done: ['stored'], answered: [] },
      limits: { done: [], answered: [], step: 'memory' },
    },
    last: 'limits',
  };
  expect(mergeProgress(one, loaded)).toEqual({
    version: 1,
    lessons: {
      tour: { done: ['looked', 'stored'], answered: ['door'] },
      limits: { done: [], answered: [], step: 'memory' },
    },
    last: 'limits',
  });
  expect(mergeProgress(one, NO_PROGRESS)).toEqual(one);
});
