/** Go's `tabwriter`: as many columns as the first row has, each as wide as its widest cell and the padding. */
export function table(
  rows: readonly (readonly string[])[],
  { smallest, padding }: { readonly smallest: number; readonly padding: number },
): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(smallest, ...rows.map((row) => (row[column] ?? '').length + padding)),
  );
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')}\n`,
    )
    .join('');
}

/** As crictl prints its lists. */
export const listTable = (rows: readonly (readonly string[])[]): string =>
  table(rows, { smallest: 20, padding: 3 });
