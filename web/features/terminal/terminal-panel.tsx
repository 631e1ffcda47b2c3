import '@xterm/xterm/css/xterm.css';
import { Fragment, useEffect, useState, useSyncExternalStore } from 'react';
import { Group, Panel as Pane, Separator } from 'react-resizable-panels';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { MenuButton, type MenuItem } from '../../ui/menu.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { TerminalSearch } from './terminal-search.tsx';
import { changeTerminalSettings, fontSizes, useTerminalSettings } from './terminal-settings.ts';
import { TerminalView } from './terminal-view.tsx';
import { TouchKeys } from './touch-keys.tsx';
import type { Terminals } from './terminals.ts';
import styles from './terminal-panel.module.css';

/** The terminals of a machine. Tabs keep running while hidden. */
export function TerminalPanel({ terminals }: { readonly terminals: Terminals }) {
  const { tabs, selected } = useSyncExternalStore(terminals.subscribe, terminals.state);
  const settings = useTerminalSettings();
  const [searching, setSearching] = useState(false);
  const [renaming, setRenaming] = useState<string>();
  const active = terminals.activePane();

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey && event.shiftKey && event.code === 'Backquote') {
        event.preventDefault();
        terminals.open();
      }
    };
    addEventListener('keydown', onKeyDown, true);
    return () => removeEventListener('keydown', onKeyDown, true);
  }, [terminals]);

  // A tab just chosen or a pane just split is where the learner wants to type.
  const activeId = active?.id;
  useEffect(() => {
    const inTabList = document.activeElement?.getAttribute('role') === 'tab';
    if (!inTabList && !matchMedia('(pointer: coarse)').matches) terminals.focus();
  }, [terminals, activeId]);

  const settingsMenu: readonly MenuItem[] = [
    { label: 'Find', icon: 'search', shortcut: 'Ctrl+Shift+F', onSelect: () => setSearching(true) },
    { label: 'Rename tab', icon: 'pencil', shortcut: 'F2', onSelect: () => setRenaming(selected) },
    {
      label: 'Screen reader mode',
      checked: settings.screenReader,
      onSelect: () => changeTerminalSettings({ screenReader: !settings.screenReader }),
    },
    'separator',
    ...fontSizes.map((size) => ({
      label: `Text ${size} px`,
      checked: settings.fontSize === size,
      radio: true,
      onSelect: () => changeTerminalSettings({ fontSize: size }),
    })),
  ];

  return (
    <Panel
      title="Terminal"
      hideTitle
      startsWithTabs
      className={styles['panel']}
      bar={
        <>
          <Tabs
            label="Terminals"
            items={tabs.map((tab) => ({ id: tab.id, label: tab.title }))}
            selected={selected}
            onSelect={(id) => terminals.select(id)}
            onClose={(id) => terminals.close(id)}
            onRename={setRenaming}
            panelId={(id) => `terminal-${id}`}
          />
          <span className={styles['leave']} aria-hidden="true">
            <kbd>F6</kbd> leaves
          </span>
          <RealityLabel
            reality="real"
            surface="The terminal"
            what="You are root on a Linux machine: its kernel, bash and every tool run for real, on a PC that this page emulates. Nothing you type leaves your browser."
          />
        </>
      }
      actions={
        <>
          <IconButton
            small
            icon="plus"
            label="New terminal"
            shortcut="Ctrl+Shift+`"
            onClick={() => terminals.open()}
          />
          <IconButton
            small
            icon="split"
            label="Split"
            disabled={!terminals.canSplit()}
            onClick={() => terminals.split()}
          />
          <MenuButton small icon="more" label="Terminal settings" items={settingsMenu} />
        </>
      }
    >
      {searching && active && (
        <TerminalSearch session={active} onClose={() => setSearching(false)} />
      )}
      {tabs.map((tab) => (
        <div
          key={tab.id}
          id={`terminal-${tab.id}`}
          role="tabpanel"
          aria-label={tab.title}
          hidden={tab.id !== selected}
          className={styles['tab']}
        >
          <Group orientation="horizontal" id={`split-${tab.id}`}>
            {tab.panes.map((pane, index) => (
              <Fragment key={pane.id}>
                {index > 0 && (
                  <Separator className={styles['separator']} aria-label="Width of the terminals" />
                )}
                <Pane id={pane.id} minSize="15%" className={styles['pane']}>
                  <TerminalView
                    session={pane}
                    label={
                      tab.panes.length > 1
                        ? `Terminal ${tab.title}, pane ${index + 1}`
                        : `Terminal ${tab.title}`
                    }
                    visible={tab.id === selected}
                    onFind={() => setSearching(true)}
                    onSplit={terminals.canSplit() ? () => terminals.split() : undefined}
                    onClose={tab.panes.length > 1 ? () => terminals.closePane(pane.id) : undefined}
                  />
                </Pane>
              </Fragment>
            ))}
          </Group>
        </div>
      ))}
      {active && <TouchKeys session={active} />}
      {renaming && (
        <RenameDialog
          title={tabs.find((tab) => tab.id === renaming)?.title ?? ''}
          onClose={() => setRenaming(undefined)}
          onRename={(title) => terminals.rename(renaming, title)}
        />
      )}
    </Panel>
  );
}

function RenameDialog({
  title,
  onRename,
  onClose,
}: {
  readonly title: string;
  readonly onRename: (title: string) => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title="Rename tab" onClose={onClose}>
      <form
        className={styles['rename']}
        action={(data) => {
          const name = data.get('name');
          if (typeof name === 'string' && name.trim()) onRename(name.trim());
          onClose();
        }}
      >
        <label htmlFor="terminal-name">Name</label>
        <input
          id="terminal-name"
          name="name"
          defaultValue={title}
          maxLength={60}
          autoComplete="off"
          className={styles['renameInput']}
        />
        <Button type="submit" variant="primary">
          Rename
        </Button>
      </form>
    </Dialog>
  );
}
