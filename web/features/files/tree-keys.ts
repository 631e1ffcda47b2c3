/** The keyboard pattern of a tree after the ARIA authoring practices: which key does what to which row. */
import { parentPath } from './paths.ts';
import type { TreeRow } from './tree-model.ts';

export type TreeAction =
  | { readonly type: 'select'; readonly path: string }
  | {
      readonly type: 'expand' | 'collapse' | 'open' | 'rename' | 'remove' | 'menu';
      readonly row: TreeRow;
    };

/** Rows that PageUp and PageDown jump over. */
const page = 10;

/** What `key` means with `selected` among `rows`; undefined when the tree leaves it alone. */
export function treeAction(
  key: string,
  rows: readonly TreeRow[],
  selected: string | undefined,
): TreeAction | undefined {
  const index = rows.findIndex(({ path }) => path === selected);
  const row = rows[index];
  const to = (at: number): TreeAction | undefined => {
    const target = rows[Math.min(rows.length - 1, Math.max(0, at))];
    return target && { type: 'select', path: target.path };
  };
  switch (key) {
    case 'ArrowDown':
      return to(index + 1);
    case 'ArrowUp':
      return to(index < 0 ? rows.length - 1 : index - 1);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'PageDown':
      return to(index + page);
    case 'PageUp':
      return to(index - page);
    default:
  }
  if (!row) return /^\S$/u.test(key) ? typedAhead(key, rows, index) : undefined;
  switch (key) {
    case 'ArrowRight':
      if (!row.isDirectory) return undefined;
      if (!row.expanded) return { type: 'expand', row };
      return rows[index + 1]?.level === row.level + 1 ? to(index + 1) : undefined;
    case 'ArrowLeft': {
      if (row.expanded) return { type: 'collapse', row };
      const parent = rows.findIndex(({ path }) => path === parentPath(row.path));
      return parent < 0 ? undefined : to(parent);
    }
    case 'Enter':
    case ' ':
      if (!row.isDirectory) return { type: 'open', row };
      return { type: row.expanded ? 'collapse' : 'expand', row };
    case 'F2':
      return { type: 'rename', row };
    case 'Delete':
      return { type: 'remove', row };
    case 'ContextMenu':
      return { type: 'menu', row };
    default:
      return /^\S$/u.test(key) ? typedAhead(key, rows, index) : undefined;
  }
}

/** The next row whose name begins with the letter, around the end. */
function typedAhead(
  letter: string,
  rows: readonly TreeRow[],
  index: number,
): TreeAction | undefined {
  const ordered = [...rows.slice(index + 1), ...rows.slice(0, index + 1)];
  const found = ordered.find(({ name }) => name.toLowerCase().startsWith(letter.toLowerCase()));
  return found && { type: 'select', path: found.path };
}
