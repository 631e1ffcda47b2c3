import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { columnWidths } from './column-widths.ts';
import styles from './virtual-table.module.css';

export interface VirtualRow {
  /** stays the same while the row changes */
  readonly key: string;
  /** one for each column */
  readonly cells: readonly string[];
}

export interface VirtualTableProps<Row extends VirtualRow> {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** makes the cells of the column `opens` buttons */
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly opens?: number;
  /** what is shown of a cell in place of its text, which says how wide it is; undefined: the text */
  readonly cellOf?: ((row: Row, column: number) => ReactNode) | undefined;
}

/** Pixels of a row with one line, until it has been measured. */
const ROW_HEIGHT = 29;
/** Rows that PageUp and PageDown go over. */
const PAGE = 10;

/**
 * A table of any length, of which the rows in sight are there. It scrolls by itself; by keyboard it is one stop, where
 * arrows, PageUp, PageDown, Home and End move from row to row.
 */
export function VirtualTable<Row extends VirtualRow>({
  label,
  columns,
  rows,
  onOpen,
  opens = 0,
  cellOf,
}: VirtualTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const [activeKey, setActiveKey] = useState<string>();
  const takesFocus = useRef(false);
  const found = rows.findIndex(({ key }) => key === activeKey);
  const active = found === -1 ? 0 : found;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
    // Room for the heads, which stay.
    paddingStart: ROW_HEIGHT,
    scrollPaddingStart: ROW_HEIGHT,
    // Where the keyboard is stays there, however far one scrolls.
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), active])]
        .filter((index) => index < rows.length)
        .toSorted((one, other) => one - other),
  });
  useEffect(() => {
    if (!takesFocus.current) return;
    takesFocus.current = false;
    scroller.current?.querySelector<HTMLElement>('[data-active]')?.focus();
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const last = rows.length - 1;
    const target = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + PAGE,
      PageUp: active - PAGE,
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const index = Math.min(Math.max(target, 0), last);
    takesFocus.current = true;
    setActiveKey(rows[index]?.key);
    virtualizer.scrollToIndex(index);
  };
  const widths = columnWidths(columns, rows);
  const items = virtualizer.getVirtualItems();
  let end = ROW_HEIGHT;
  return (
    <div
      ref={scroller}
      className={styles['scroller']}
      // A scrolling region must be reachable by keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={onOpen === undefined ? 0 : -1}
    >
      <table
        className={styles['table']}
        aria-label={label}
        aria-rowcount={rows.length + 1}
        style={{ minWidth: `${widths.reduce((sum, { least }) => sum + least, 0)}ch` }}
      >
        <colgroup>
          {widths.map(({ wanted, least }, index) => (
            <col
              key={columns[index]}
              data-gives={wanted > least || undefined}
              style={{ '--wanted': `${wanted}ch` } as CSSProperties}
            />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.flatMap(({ index, key, start, end: itsEnd }) => {
            const row = rows[index];
            const gap = start - end;
            end = itsEnd;
            return [
              gap > 0 ? <Gap key={`before ${key}`} height={gap} /> : null,
              row && (
                <tr
                  key={key}
                  ref={virtualizer.measureElement}
                  data-index={index}
                  aria-rowindex={index + 2}
                >
                  {row.cells.map((cell, column) => (
                    <td key={columns[column]}>
                      {column === opens && onOpen ? (
                        <button
                          type="button"
                          className={styles['name']}
                          tabIndex={index === active ? 0 : -1}
                          data-active={index === active || undefined}
                          onFocus={() => setActiveKey(row.key)}
                          onKeyDown={onKeyDown}
                          onClick={() => onOpen(row)}
                        >
                          {cell}
                        </button>
                      ) : (
                        (cellOf?.(row, column) ?? cell)
                      )}
                    </td>
                  ))}
                </tr>
              ),
            ];
          })}
          <Gap height={virtualizer.getTotalSize() - end} />
        </tbody>
      </table>
    </div>
  );
}

/** In place of rows that are not in sight. */
function Gap({ height }: { readonly height: number }) {
  return height <= 0 ? null : <tr aria-hidden="true" style={{ height }} />;
}
