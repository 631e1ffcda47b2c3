import type { Table, TableRow } from '../../../engine/client/client.ts';

/** How the API server describes a column that is the age of its object. A definition's own columns may tell of another time. */
const AGE = /^CreationTimestamp is a timestamp/;
/** A cell that tells how long something took or how long ago it was: `37s`, `7h59m`, `3 (2d4h ago)`. */
const TELLS_TIME = /^(?:\d+[smhdy])+$|\((?:\d+[smhdy])+ ago\)$/;

/** Whether the page can tell what is in the column by itself, at any moment. */
export const isAge = ({ description }: Table['columnDefinitions'][number]): boolean =>
  AGE.test(description);

/** Whether cells that the page cannot tell by itself get old though nothing changes. @param ages columns that it can */
export function getsOld(
  rows: Iterable<Pick<TableRow, 'cells'>>,
  ages: ReadonlySet<number>,
): boolean {
  for (const { cells } of rows)
    for (const [column, cell] of cells.entries())
      if (typeof cell === 'string' && !ages.has(column) && TELLS_TIME.test(cell)) return true;
  return false;
}
