import { pageClock } from '../../engine/cluster/index.ts';
import type { ClusterFacade } from '../../engine/api/cluster.ts';
import type { LabMachine } from '../../engine/api/lab.ts';
import { goOnFromCheckpoint, takeCheckpoint } from '../features/checkpoints/savable.ts';
import { AutoSave } from '../features/resume/auto-save.ts';
import {
  findLastLeft,
  keepLastLeft,
  loadLastLeft,
  setLastLeftAside,
} from '../features/resume/last-left.ts';
import { onTerminalOutput } from '../features/terminal/terminal-access.ts';
import { DOCKER_MACHINE, type LabSession } from './lab-session.ts';
import { isSecondTab } from './second-tab.ts';

/** Saves what runs in this page by itself, as long as somebody uses it. */
export function keepWhatIsLeft(session: LabSession): AutoSave {
  /** As it is kept: what begins anew beside it is a change. */
  let kept = begunIn(session);
  const autoSave = new AutoSave(
    {
      leavesOut: session.leavesOut,
      isStarting: session.isStarting,
      hasCluster: () => session.snapshot().cluster !== undefined,
      isBusy: session.isBusy,
      take: () => takeCheckpoint(session, 'Where you left off'),
      async goOn(checkpoint) {
        const runs = await goOnFromCheckpoint(session, checkpoint);
        kept = begunIn(session);
        return runs;
      },
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
  session.subscribe(() => {
    const begun = begunIn(session);
    // The first machine of a visit has nothing to keep.
    const isOther =
      (kept.machine !== undefined && begun.machine !== kept.machine) ||
      (begun.cluster !== undefined && begun.cluster !== kept.cluster);
    kept = begun;
    if (isOther && !autoSave.isGoingOn) autoSave.used();
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

/** Machines and clusters begin anew by another checkpoint, a reset or a click, wherever that was. */
interface Begun {
  readonly machine: LabMachine | undefined;
  readonly cluster: ClusterFacade | undefined;
}

function begunIn(session: LabSession): Begun {
  const { machines, cluster } = session.snapshot();
  return { machine: machines.find(({ name }) => name === DOCKER_MACHINE), cluster };
}
