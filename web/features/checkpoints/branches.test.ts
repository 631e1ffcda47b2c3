import { describe, expect, it } from 'vitest';
import { branchesOf, type Branch } from './branches.ts';
import type { CheckpointEntry } from './checkpoint-database.ts';

const entry = (id: string, savedAt: number, parent?: string): CheckpointEntry => ({
  id,
  name: id,
  savedAt,
  size: 1,
  ...(parent === undefined ? {} : { parent }),
});

const told = (branches: readonly Branch[]): readonly unknown[] =>
  branches.map(({ entry: { id }, children }) =>
    children.length === 0 ? id : [id, ...told(children)],
  );

describe('branches of checkpoints', () => {
  it('hang where they were gone on from, the newest first', () => {
    const entries = [
      entry('start', 1),
      entry('first try', 2, 'start'),
      entry('second try', 3, 'start'),
      entry('further', 4, 'first try'),
      entry('another lesson', 5),
    ];
    expect(told(branchesOf(entries))).toEqual([
      'another lesson',
      ['start', 'second try', ['first try', 'further']],
    ]);
  });

  it('begin anew where that one is not known', () => {
    expect(told(branchesOf([entry('alone', 1, 'deleted')]))).toEqual(['alone']);
  });
});
