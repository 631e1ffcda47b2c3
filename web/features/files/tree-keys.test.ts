import { expect, test } from 'vitest';
import { treeAction } from './tree-keys.ts';
import type { TreeRow } from './tree-model.ts';

function row(path: string, level: number, expanded?: boolean): TreeRow {
  return {
    path,
    name: path.slice(path.lastIndexOf('/') + 1),
    kind: expanded === undefined ? 'file' : 'directory',
    isDirectory: expanded !== undefined,
    target: undefined,
    size: 0,
    level,
    expanded: expanded ?? false,
    loading: false,
    position: 1,
    siblings: 1,
  };
}

const rows = [
  row('/w/open', 1, true),
  row('/w/open/a', 2),
  row('/w/shut', 1, false),
  row('/w/z', 1),
];

test.each([
  ['ArrowDown', '/w/open', { type: 'select', path: '/w/open/a' }],
  ['ArrowDown', '/w/z', { type: 'select', path: '/w/z' }],
  ['ArrowUp', '/w/open/a', { type: 'select', path: '/w/open' }],
  ['ArrowDown', undefined, { type: 'select', path: '/w/open' }],
  ['Home', '/w/z', { type: 'select', path: '/w/open' }],
  ['End', '/w/open', { type: 'select', path: '/w/z' }],
  ['PageDown', '/w/open', { type: 'select', path: '/w/z' }],
  ['ArrowRight', '/w/shut', { type: 'expand', row: rows[2] }],
  ['ArrowRight', '/w/open', { type: 'select', path: '/w/open/a' }],
  ['ArrowRight', '/w/z', undefined],
  ['ArrowLeft', '/w/open/a', { type: 'select', path: '/w/open' }],
  ['ArrowLeft', '/w/open', { type: 'collapse', row: rows[0] }],
  ['ArrowLeft', '/w/z', undefined],
  ['Enter', '/w/z', { type: 'open', row: rows[3] }],
  [' ', '/w/shut', { type: 'expand', row: rows[2] }],
  ['F2', '/w/z', { type: 'rename', row: rows[3] }],
  ['Delete', '/w/z', { type: 'remove', row: rows[3] }],
  ['ContextMenu', '/w/z', { type: 'menu', row: rows[3] }],
  ['S', '/w/z', { type: 'select', path: '/w/shut' }],
  ['q', '/w/z', undefined],
  ['F2', undefined, undefined],
])('%s on %s', (key, selected, expected) =>
  expect(treeAction(key, rows, selected)).toEqual(expected),
);
