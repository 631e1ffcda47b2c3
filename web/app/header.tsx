import { useEffect, useState } from 'react';
import type { LabMachine } from '../../engine/api/lab.ts';
import { storageIsKept } from '../features/machine/capabilities.ts';
import { MachineStatus } from '../features/machine/machine-status.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Mark } from '../ui/mark.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { setThemeChoice, useThemeChoice, type ThemeChoice } from '../ui/theme.ts';
import styles from './header.module.css';

export interface HeaderProps {
  readonly machine: LabMachine | undefined;
  /** all there are, to choose from */
  readonly machines: readonly LabMachine[];
  readonly onShow: (machine: string) => void;
  readonly onShowCluster: () => void;
  readonly onShowCourse: () => void;
  readonly onShowImages: () => void;
  readonly onShowMachine: () => void;
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
  onShow,
  onShowCluster,
  onShowCourse,
  onShowImages,
  onShowMachine,
  onShowShortcuts,
}: HeaderProps) {
  const theme = useThemeChoice();
  return (
    <header className={styles['header']} data-pane="header">
      <h1 className={styles['name']}>
        <Mark size={26} water={0.45} />
        <span className={styles['word']}>Drydock</span>
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
      <StorageNotice />
      <Button small icon="cluster" className={styles['cluster']} onClick={onShowCluster}>
        Cluster
      </Button>
      <Button small icon="book" onClick={onShowCourse}>
        Course
      </Button>
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

/** Tells a learner in a private window, before they rely on it, that nothing stays. */
function StorageNotice() {
  const [lost, setLost] = useState(false);
  const [open, setOpen] = useState(false);
  useEffect(() => void storageIsKept().then((isKept) => setLost(!isKept)), []);
  if (!lost) return null;
  return (
    <>
      <Button
        small
        variant="quiet"
        icon="warning"
        className={styles['notice']}
        onClick={() => setOpen(true)}
      >
        <span className={styles['word']}>Nothing is kept</span>
      </Button>
      {open && (
        <Dialog title="Nothing is kept in this window" onClose={() => setOpen(false)}>
          <p>
            The browser gives this page no storage, as private windows and some settings do.
            Everything works, but images you pull, files you edit and the layout are gone when you
            close the tab.
          </p>
          <p className={styles['advice']}>
            To keep them, open this page in an ordinary window and allow it to store data.
          </p>
        </Dialog>
      )}
    </>
  );
}
