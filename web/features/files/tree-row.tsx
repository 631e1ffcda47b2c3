import { classNames } from '../../ui/class-names.ts';
import { Icon } from '../../ui/icon.tsx';
import type { TreeRow } from './tree-model.ts';
import styles from './file-tree.module.css';

/** One entry of the tree. The keyboard is handled by the tree, which keeps the focus. */
export function TreeRowView({
  row,
  id,
  selected,
  dropTarget,
  onActivate,
}: {
  readonly row: TreeRow;
  readonly id: string;
  readonly selected: boolean;
  readonly dropTarget: boolean;
  readonly onActivate: () => void;
}) {
  const { name, kind, target, isDirectory, expanded, loading } = row;
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the tree has the focus and the keys
    <div
      id={id}
      role="treeitem"
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={selected}
      aria-expanded={isDirectory ? expanded : undefined}
      aria-busy={loading || undefined}
      data-path={row.path}
      data-drop={dropTarget || undefined}
      title={target === undefined ? name : `${name} → ${target}`}
      className={classNames(styles['row'], selected && styles['selected'])}
      style={{ paddingInlineStart: `calc(var(--space-2) + ${row.level - 1} * var(--space-3))` }}
      onClick={onActivate}
    >
      <span className={styles['twist']}>
        {isDirectory && <Icon name={expanded ? 'chevron-down' : 'chevron-right'} size={12} />}
      </span>
      <Icon name={isDirectory ? (expanded ? 'folder-open' : 'folder') : 'file'} size={14} />
      <span className={styles['name']}>{name}</span>
      {kind === 'symlink' && <span className={styles['target']}>→ {target}</span>}
      {kind !== 'symlink' && kind !== 'file' && kind !== 'directory' && (
        <span className={styles['target']}>{kind}</span>
      )}
    </div>
  );
}
