import type { ReactNode } from 'react';
import type { LabMachine } from '../../engine/api/lab.ts';
import { MachineStatus } from '../features/machine/machine-status.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Mark } from '../ui/mark.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { setThemeChoice, useThemeChoice, type ThemeChoice } from '../ui/theme.ts';
import { StorageNotice } from './storage-notice.tsx';
import { open } from './use-route.ts';
import styles from './header.module.css';

export interface HeaderProps {
  readonly machine: LabMachine | undefined;
  /** all there are, to choose from */
  readonly machines: readonly LabMachine[];
  /** whether what is done here is saved */
  readonly saved: ReactNode;
  readonly onShow: (machine: string) => void;
  readonly onShowCluster: () => void;
  readonly onShowImages: () => void;
  readonly onShowMachine: () => void;
  readonly onShowPalette: () => void;
  readonly onShowShortcuts: () => void;
}

const themes: readonly { readonly choice: ThemeChoice; readonly label: string }[] = [
  { choice: 'system', label: 'Colours as this computer is set' },
  { choice: 'light', label: 'Light colours' },
  { choice: 'dark', label: 'Dark colours' },
];

export function Header({
  machine,
  machines,
  saved,
  onShow,
  onShowCluster,
  onShowImages,
  onShowMachine,
  onShowPalette,
  onShowShortcuts,
}: HeaderProps) {
  const theme = useThemeChoice();
  const colours = themes.map(({ choice, label }) => ({
    label,
    checked: theme === choice,
    radio: true,
    onSelect: () => setThemeChoice(choice),
  }));
  return (
    <header className={styles['header']} data-pane="header">
      <h1 className={styles['name']}>
        <a
          className={styles['home']}
          href="#/"
          aria-label="Drydock: home"
          onClick={() => open({ kind: 'home' })}
        >
          <Mark size={26} water={0.45} />
          <span className="word-when-wide">Drydock</span>
        </a>
      </h1>
      <div className={styles['status']}>
        {machine && (
          <MachineStatus machine={machine} onShow={onShowMachine}>
            {machines.length > 1 && (
              <MenuButton
                icon="chevron-down"
                label="Choose a machine"
                items={machines.map(({ name }) => ({
                  label: name,
                  checked: name === machine.name,
                  radio: true,
                  onSelect: () => onShow(name),
                }))}
              />
            )}
          </MachineStatus>
        )}
      </div>
      {saved}
      <StorageNotice />
      <Button small icon="cluster" className={styles['cluster']} onClick={onShowCluster}>
        Cluster
      </Button>
      <Button small icon="book" onClick={() => open({ kind: 'home' })}>
        {/* With two machines a narrow page has no room for the word: their names were cut to two letters. */}
        <span className={machines.length > 1 ? 'word-when-wide' : undefined}>Course</span>
      </Button>
      <span className={styles['wide']}>
        <IconButton icon="search" label="Commands" shortcut="Ctrl+K" onClick={onShowPalette} />
        <IconButton icon="layers" label="Images" onClick={onShowImages} />
        <IconButton icon="keyboard" label="Keyboard" shortcut="F1" onClick={onShowShortcuts} />
        <MenuButton
          icon={theme === 'system' ? 'screen' : theme === 'light' ? 'sun' : 'moon'}
          label="Colours"
          items={colours}
        />
      </span>
      <span className={styles['narrow']}>
        <MenuButton
          icon="more"
          label="More"
          items={[
            { label: 'Commands', icon: 'search', shortcut: 'Ctrl+K', onSelect: onShowPalette },
            { label: 'Images', icon: 'layers', onSelect: onShowImages },
            { label: 'Keyboard', icon: 'keyboard', shortcut: 'F1', onSelect: onShowShortcuts },
            'separator',
            ...colours,
          ]}
        />
      </span>
    </header>
  );
}
