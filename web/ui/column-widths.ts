/** Characters beside the text of a cell, and those that a column has room for at least and at most. */
const PADDING = 3;
const LEAST = 20;
const MOST = 44;

export interface ColumnWidth {
  /** in widths of a digit */
  readonly wanted: number;
  /** below which the table scrolls */
  readonly least: number;
}

/** Room for the longest text of each column, within reason, so that columns stay while rows come and go. */
export function columnWidths(
  columns: readonly string[],
  rows: readonly { readonly cells: readonly string[] }[],
): readonly ColumnWidth[] {
  const longest = columns.map(({ length }) => length);
  for (const { cells } of rows)
    for (let column = 0; column < longest.length; column++) {
      const length = cells[column]?.length ?? 0;
      if (length > (longest[column] ?? 0)) longest[column] = length;
    }
  return longest.map((length) => {
    const wanted = Math.min(length, MOST) + PADDING;
    return { wanted, least: Math.min(wanted, LEAST) };
  });
}
