import { expect, it } from 'vitest';
import { addressOf, goTo, readPage } from './route.ts';

it.each([
  '#/',
  '#/lab',
  '#/labels',
  '#/glossary',
  '#/glossary/static-pod',
  '#/lesson/first-image',
  '#/lesson/first-image/build-it',
  '#/share/1abc-_',
])('an address is read and written: %s', (hash) => {
  expect(addressOf(readPage(hash))).toBe(hash);
});

it.each(['', '#', '#/elsewhere', '#/lesson', '#/lesson/<script>', '#lesson'])(
  'what leads nowhere leads home: “%s”',
  (hash) => {
    expect(readPage(hash)).toEqual({ kind: 'home' });
  },
);

it('a lesson goes on behind other pages until it is left', () => {
  const lesson = goTo(undefined, readPage('#/lesson/tour/one-apply'));
  const term = goTo(lesson, readPage('#/glossary/pod'));
  expect(term).toEqual({ page: { kind: 'glossary', term: 'pod' }, lesson: lesson.page });
  expect(goTo(term, { kind: 'home' }).lesson).toEqual(lesson.page);
  expect(goTo(term, { kind: 'lab' }).lesson).toBeUndefined();
});
