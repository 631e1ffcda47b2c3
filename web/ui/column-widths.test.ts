import { expect, it } from 'vitest';
import { columnWidths } from './column-widths.ts';

it('a column has room for its longest text, and a very long one no more than others leave', () => {
  const rows = [{ cells: ['a', 'x'.repeat(300)] }, { cells: ['longer-name-of-a-pod', ''] }];
  expect(columnWidths(['Name', 'Message'], rows)).toEqual([
    { wanted: 23, least: 20 },
    { wanted: 47, least: 20 },
  ]);
  expect(columnWidths(['Age'], [])).toEqual([{ wanted: 6, least: 6 }]);
});
