import type { Command } from '../features/palette/find-commands.ts';
import { setThemeChoice } from '../ui/theme.ts';
import { focusPane } from './panes.ts';
import type { DialogName } from './use-dialogs.ts';
import { open } from './use-route.ts';
import type { View } from './workspace.tsx';

export interface AppActions {
  readonly machines: readonly string[];
  readonly hasCluster: boolean;
  /** whether the machine runs whose files are shared */
  readonly canShare: boolean;
  readonly showMachine: (name: string) => void;
  readonly show: (view: View) => void;
  readonly startCluster: (nodes: number) => void;
  readonly openDialog: (name: DialogName) => void;
}

const panes: readonly (readonly [view: View, words: string])[] = [
  ['terminal', 'the terminal'],
  ['editor', 'the editor'],
  ['files', 'the files'],
  ['preview', 'the preview'],
  ['machine', 'the machine panel'],
  ['cluster', 'the cluster'],
];

/** What the app itself can do, for the palette. */
export function appCommands(app: AppActions): readonly Command[] {
  const action = (label: string, run: () => void, keys?: string): Command => ({
    label,
    group: 'Action',
    run,
    ...(keys === undefined ? {} : { keys }),
  });
  return [
    action('Home and course', () => open({ kind: 'home' })),
    action('Glossary', () => open({ kind: 'glossary', term: undefined })),
    action('What real, ported and simulated mean', () => open({ kind: 'labels' })),
    action('Only the machine', () => open({ kind: 'lab' })),
    ...panes.map(([view, words]) =>
      action(`Go to ${words}`, () => {
        app.show(view);
        const lower = view === 'preview' || view === 'machine' || view === 'cluster';
        // Once it is shown.
        requestAnimationFrame(() => (lower ? focusPane('lower', view) : focusPane(view)));
      }),
    ),
    ...app.machines.map((name) => ({
      label: `Show ${name}`,
      group: 'Machine',
      run: () => app.showMachine(name),
    })),
    ...(app.hasCluster
      ? []
      : [1, 2, 3, 4].map((nodes) =>
          action(`Start a cluster of ${nodes === 1 ? 'one machine' : `${nodes} machines`}`, () =>
            app.startCluster(nodes),
          ),
        )),
    action('Checkpoints', () => app.openDialog('checkpoints')),
    action('Images of the registry', () => app.openDialog('images')),
    action('Without a network: keep Drydock in this browser', () => app.openDialog('offline')),
    ...(app.canShare ? [action('Share my files by a link', () => app.openDialog('share'))] : []),
    action('Keyboard', () => app.openDialog('shortcuts'), 'F1'),
    action('Colours: as this computer is set', () => setThemeChoice('system')),
    action('Colours: light', () => setThemeChoice('light')),
    action('Colours: dark', () => setThemeChoice('dark')),
  ];
}
