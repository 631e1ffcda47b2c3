import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useId,
  useRef,
  useState,
  useSyncExternalStore,
  type DragEvent,
  type KeyboardEvent,
} from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Menu, MenuButton, type MenuItem } from '../../ui/menu.tsx';
import { Panel } from '../../ui/panel.tsx';
import { openFilesOf } from '../editor/open-files.ts';
import { FileDialog, type FileQuestion } from './file-dialog.tsx';
import { NameInput } from './name-input.tsx';
import { parentPath, workDirectory } from './paths.ts';
import { treeAction } from './tree-keys.ts';
import type { TreeRow } from './tree-model.ts';
import { TreeRowView } from './tree-row.tsx';
import { droppedItems } from './upload.ts';
import { useFileActions, type Naming } from './use-file-actions.ts';
import { useTreeModel } from './use-tree-model.ts';
import styles from './file-tree.module.css';

/** The files of the machine's work directory, live. `onOpen` is told when a file was opened in the editor. */
export function FileTree({
  machine,
  onOpen,
}: {
  readonly machine: LabMachine;
  readonly onOpen?: () => void;
}) {
  const model = useTreeModel(machine);
  const { rows, selected, status, problem } = useSyncExternalStore(model.subscribe, model.state);
  const [naming, setNaming] = useState<Naming>();
  const [question, setQuestion] = useState<FileQuestion>();
  const [menu, setMenu] = useState<{ x: number; y: number; row: TreeRow | undefined }>();
  const [dropOn, setDropOn] = useState<string>();
  const tree = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const id = useId();
  const open = (path: string) => {
    openFilesOf(machine.name).open(path);
    onOpen?.();
  };
  const actions = useFileActions({ machine, model, ask: setQuestion, open });

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => tree.current,
    estimateSize: () => (matchMedia('(pointer: coarse)').matches ? 40 : 26),
    overscan: 12,
  });
  const selectedIndex = rows.findIndex(({ path }) => path === selected);
  useEffect(() => {
    if (selectedIndex >= 0) virtualizer.scrollToIndex(selectedIndex);
  }, [selectedIndex, virtualizer]);

  const selectedRow = rows[selectedIndex];
  /** Where new things go: the selected directory, or the one the selected file lies in. */
  const directoryOf = (row: TreeRow | undefined) =>
    row === undefined ? model.root : row.isDirectory ? row.path : parentPath(row.path);
  const startNew = (type: 'file' | 'directory', row: TreeRow | undefined) => {
    const parent = directoryOf(row);
    if (parent !== model.root) void model.expand(parent);
    setNaming({ type, parent });
  };
  const activate = (row: TreeRow) => {
    model.select(row.path);
    if (!row.isDirectory) open(row.path);
    else if (row.expanded) model.collapse(row.path);
    else void model.expand(row.path);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const key = event.shiftKey && event.key === 'F10' ? 'ContextMenu' : event.key;
    const action = treeAction(key, rows, selected);
    if (!action) return;
    event.preventDefault();
    switch (action.type) {
      case 'select':
        return model.select(action.path);
      case 'expand':
        return void model.expand(action.row.path);
      case 'collapse':
        return model.collapse(action.row.path);
      case 'open':
        return open(action.row.path);
      case 'rename':
        return setNaming({ type: 'rename', path: action.row.path });
      case 'remove':
        return setQuestion({ type: 'remove', row: action.row });
      case 'menu': {
        const box = document
          .querySelector(`[id="${rowId(action.row.path)}"]`)
          ?.getBoundingClientRect();
        setMenu({ x: (box?.left ?? 0) + 24, y: box?.bottom ?? 0, row: action.row });
      }
    }
  };
  const rowId = (path: string) => `${id}-${encodeURIComponent(path)}`;

  const finishNaming = (name: string | undefined) => {
    setNaming(undefined);
    tree.current?.focus();
    if (name !== undefined && naming) void actions.name(naming, name);
  };
  const namesIn = (directory: string, except?: string) =>
    new Set(
      rows
        .filter(({ path }) => parentPath(path) === directory && path !== except)
        .map((row) => row.name),
    );

  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    const directory = dropOn ?? model.root;
    setDropOn(undefined);
    void droppedItems(event.dataTransfer).then((items) => actions.upload(directory, items));
  };
  const dropTarget = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    const path = (event.target as Element).closest<HTMLElement>('[data-path]')?.dataset['path'];
    setDropOn(directoryOf(rows.find((row) => row.path === path)));
  };

  const menuItems = (row: TreeRow | undefined): readonly MenuItem[] => [
    { label: 'New file', icon: 'file', onSelect: () => startNew('file', row) },
    { label: 'New folder', icon: 'folder', onSelect: () => startNew('directory', row) },
    { label: 'Upload…', icon: 'paste', onSelect: () => picker.current?.click() },
    ...(row
      ? ([
          'separator',
          {
            label: 'Rename',
            icon: 'pencil',
            shortcut: 'F2',
            onSelect: () => setNaming({ type: 'rename', path: row.path }),
          },
          {
            label: 'Download',
            icon: 'download',
            disabled: row.isDirectory,
            onSelect: () => void actions.download(row),
          },
          {
            label: 'Copy path',
            icon: 'copy',
            onSelect: () => void navigator.clipboard.writeText(row.path),
          },
          {
            label: 'Delete…',
            icon: 'trash',
            shortcut: 'Del',
            danger: true,
            onSelect: () => setQuestion({ type: 'remove', row }),
          },
        ] satisfies readonly MenuItem[])
      : []),
  ];

  const input = (initial: string, siblings: ReadonlySet<string>, level: number, label: string) => (
    <NameInput
      initial={initial}
      siblings={siblings}
      level={level}
      label={label}
      onDone={finishNaming}
    />
  );
  const newInput = naming && naming.type !== 'rename' ? naming : undefined;
  const newLevel = (newInput && model.row(newInput.parent)?.level) ?? 0;

  return (
    <Panel
      title="Files"
      actions={
        <>
          <IconButton
            small
            icon="file"
            label="New file"
            onClick={() => startNew('file', selectedRow)}
          />
          <IconButton
            small
            icon="folder"
            label="New folder"
            onClick={() => startNew('directory', selectedRow)}
          />
          <MenuButton small icon="more" label="More file actions" items={menuItems(selectedRow)} />
        </>
      }
    >
      <div
        className={styles['drop']}
        data-drop={dropOn === model.root || undefined}
        onDragOver={dropTarget}
        onDragLeave={() => setDropOn(undefined)}
        onDrop={onDrop}
      >
        {newInput &&
          newInput.parent === model.root &&
          input('', namesIn(model.root), 1, `Name of the new ${kindName(newInput.type)}`)}
        <div
          ref={tree}
          role="tree"
          aria-label={workDirectory}
          aria-activedescendant={selected === undefined ? undefined : rowId(selected)}
          tabIndex={0}
          className={styles['tree']}
          onKeyDown={onKeyDown}
          onFocus={(event) => {
            if (event.target === event.currentTarget && selected === undefined && rows[0])
              model.select(rows[0].path);
          }}
          onContextMenu={(event) => {
            event.preventDefault();
            const path = (event.target as Element).closest<HTMLElement>('[data-path]')?.dataset[
              'path'
            ];
            const row = rows.find((candidate) => candidate.path === path);
            if (row) model.select(row.path);
            setMenu({ x: event.clientX, y: event.clientY, row });
          }}
        >
          <div
            role="presentation"
            className={styles['rows']}
            style={{ height: virtualizer.getTotalSize() }}
          >
            {virtualizer.getVirtualItems().map(({ index, start, size }) => {
              const row = rows[index];
              if (!row) return null;
              const renamed = naming?.type === 'rename' && naming.path === row.path;
              const holdsNew = newInput?.parent === row.path;
              return (
                <div
                  key={row.path}
                  role="presentation"
                  className={styles['slot']}
                  style={{ transform: `translateY(${start}px)`, height: size }}
                >
                  {renamed ? (
                    input(
                      row.name,
                      namesIn(parentPath(row.path), row.path),
                      row.level,
                      `New name of ${row.name}`,
                    )
                  ) : (
                    <TreeRowView
                      row={row}
                      id={rowId(row.path)}
                      selected={row.path === selected}
                      dropTarget={dropOn === row.path}
                      onActivate={() => activate(row)}
                    />
                  )}
                  {holdsNew && (
                    <div className={styles['floating']}>
                      {input(
                        '',
                        namesIn(row.path),
                        newLevel + 1,
                        `Name of the new ${kindName(newInput.type)} in ${row.name}`,
                      )}
                    </div>
                  )}
                </div>
              );
            })}
          </div>
        </div>
        {status === 'ready' && rows.length === 0 && !naming && (
          <p className={styles['hint']}>This folder is empty. Make a file, or drop some here.</p>
        )}
        {status === 'failed' && (
          <div className={styles['hint']} role="alert">
            <p>The files of the machine cannot be shown: {problem}</p>
            <Button small onClick={() => void model.refresh()}>
              Try again
            </Button>
          </div>
        )}
      </div>
      <p className={actions.message === '' ? 'visually-hidden' : styles['message']} role="status">
        {actions.message}
      </p>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          const items = [...(event.target.files ?? [])].map((file) => ({ path: file.name, file }));
          event.target.value = '';
          void actions.upload(directoryOf(selectedRow), items);
        }}
      />
      {menu && (
        <Menu
          label={menu.row ? menu.row.name : 'Files'}
          items={menuItems(menu.row)}
          at={menu}
          onClose={() => setMenu(undefined)}
        />
      )}
      {question && (
        <FileDialog
          question={question}
          onClose={() => setQuestion(undefined)}
          onConfirm={actions.confirm}
        />
      )}
    </Panel>
  );
}

function kindName(type: 'file' | 'directory'): string {
  return type === 'file' ? 'file' : 'folder';
}
