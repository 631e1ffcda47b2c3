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
  { choice: 'system', label: 'As this computer is set' },
  { choice: 'light', label: 'Light' },
  { choice: 'dark', label: 'Dark' },
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
          <span className={styles['word']}>Drydock</span>
        </a>
      </h1>
      <div className={styles['status']}>
        {machine && <MachineStatus machine={machine} onShow={onShowMachine} />}
      </div>
      {machines.length > 1 && (
        <MenuButton
          icon="chevron-down"
          label="Choose a machine"
          items={machines.map(({ name }) => ({
            label: name,
            checked: name === machine?.name,
            radio: true,
            onSelect: () => onShow(name),
          }))}
        />
      )}
      {saved}
      <StorageNotice />
      <Button small icon="cluster" className={styles['cluster']} onClick={onShowCluster}>
        Cluster
      </Button>
      <Button small icon="book" onClick={() => open({ kind: 'home' })}>
        {/* With two machines a narrow page has no room for the word: their names were cut to two letters. */}
        <span className={machines.length > 1 ? styles['word'] : undefined}>Course</span>
      </Button>
      <IconButton icon="search" label="Commands" shortcut="Ctrl+K" onClick={onShowPalette} />
      <IconButton icon="layers" label="Images" onClick={onShowImages} />
      <IconButton icon="keyboard" label="Keyboard" shortcut="F1" onClick={onShowShortcuts} />
      <MenuButton
        icon={theme === 'system' ? 'screen' : theme === 'light' ? 'sun' : 'moon'}
        label="Colours"
        items={themes.map(({ choice, label }) => ({
          label,
          checked: theme === choice,
          radio: true,
          onSelect: () => setThemeChoice(choice),
        }))}
      />
    </header>
  );
}
