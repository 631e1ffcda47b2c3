import { pageClock } from '../../engine/cluster/index.ts';
import type { ClusterFacade } from '../../engine/api/cluster.ts';
import { goOnFromCheckpoint, takeCheckpoint } from '../features/checkpoints/savable.ts';
import { AutoSave } from '../features/resume/auto-save.ts';
import {
  findLastLeft,
  keepLastLeft,
  loadLastLeft,
  setLastLeftAside,
} from '../features/resume/last-left.ts';
import { onTerminalOutput } from '../features/terminal/terminal-access.ts';
import type { LabSession } from './lab-session.ts';
import { isSecondTab } from './second-tab.ts';

/** Saves what runs in this page by itself, as long as somebody uses it. */
export function keepWhatIsLeft(session: LabSession): AutoSave {
  const autoSave = new AutoSave(
    {
      leavesOut: session.leavesOut,
      hasCluster: () => session.snapshot().cluster !== undefined,
      isBusy: session.isBusy,
      take: () => takeCheckpoint(session, 'Where you left off'),
      goOn: (checkpoint) => goOnFromCheckpoint(session, checkpoint),
    },
    {
      find: findLastLeft,
      keep: keepLastLeft,
      load: loadLastLeft,
      setAside: setLastLeftAside,
    },
    pageClock,
  );
  void isSecondTab().then((isSecond) => autoSave.begin(isSecond));

  const onUse = ({ target }: Event): void => {
    if (target instanceof Element && isUse(target)) autoSave.used();
  };
  for (const kind of ['keydown', 'pointerdown', 'paste', 'drop'])
    addEventListener(kind, onUse, true);
  onTerminalOutput(() => autoSave.printed());
  followClusters(session, () => {
    if (!autoSave.keepsCluster) autoSave.used();
  });

  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void autoSave.leaving();
  });
  addEventListener('beforeunload', (event) => {
    void autoSave.leaving();
    const state = autoSave.state();
    const isKept = state.kind === 'on' && !state.isChanged && !state.isSaving;
    // Containers end with the page: the browser asks first, in its own words.
    if (!isKept && session.hasOpenPorts()) event.preventDefault();
  });
  return autoSave;
}

/** Whether what happens there may change a machine or the place in a lesson. Reading the course does not. */
function isUse(target: Element): boolean {
  const pane = target.closest('[data-pane]')?.getAttribute('data-pane');
  if (pane === 'guide') return location.hash.startsWith('#/lesson/');
  return pane !== undefined && pane !== null && pane !== 'header';
}

/** A new cluster that has become ready is a change, although nobody types. */
function followClusters(session: LabSession, onReady: () => void): void {
  let followed: ClusterFacade | undefined;
  session.subscribe(() => {
    const { cluster } = session.snapshot();
    if (cluster === followed) return;
    followed = cluster;
    const stop = cluster?.onState(({ kind }) => {
      if (kind !== 'ready') return;
      stop?.();
      onReady();
    });
  });
}
