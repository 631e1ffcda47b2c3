import { pageClock } from '../../engine/cluster/index.ts';
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
      isStarting: session.isStarting,
      hasCluster: () => session.snapshot().cluster !== undefined,
      isBusy: session.isBusy,
      parts: () => runningParts(session),
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
  onBegun(session, () => {
    if (!autoSave.isGoingOn) autoSave.used();
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

function runningParts(session: LabSession): readonly object[] {
  const { machines, cluster } = session.snapshot();
  const running = machines.filter((machine) => {
    const { kind } = machine.state();
    // A cluster's machines stand still while they are saved.
    return kind === 'running' || kind === 'paused';
  });
  return cluster?.state().kind === 'ready' ? [...running, cluster] : running;
}

/** Whether what happens there may change a machine or the place in a lesson. Reading the course does not. */
function isUse(target: Element): boolean {
  const pane = target.closest('[data-pane]')?.getAttribute('data-pane');
  if (pane === 'guide') return location.hash.startsWith('#/lesson/');
  return pane !== undefined && pane !== null && pane !== 'header';
}

/** Calls back when a machine has taken the place of another one, or a cluster begins: by a checkpoint, a reset or a click, wherever that was. */
function onBegun(session: LabSession, listener: () => void): void {
  let machine = session.dockerMachine();
  let { cluster } = session.snapshot();
  session.subscribe(() => {
    const [formerMachine, formerCluster] = [machine, cluster];
    machine = session.dockerMachine();
    ({ cluster } = session.snapshot());
    // The first machine of a visit has nothing to keep.
    const isOtherMachine = formerMachine !== undefined && machine !== formerMachine;
    if (isOtherMachine || (cluster !== undefined && cluster !== formerCluster)) listener();
  });
}
