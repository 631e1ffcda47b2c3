import {
  Suspense,
  useCallback,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import type { LabMachine } from '../../engine/api/lab.ts';
import type { ProfileName } from '../../engine/api/machine.ts';
import { openFilesOf } from '../features/editor/open-files.ts';
import { DiskNotice } from '../features/machine/disk-notice.tsx';
import { describeFailure } from '../features/machine/failures.ts';
import { MachinePanel } from '../features/machine/machine-panel.tsx';
import { machineKey, useMachineState } from '../features/machine/use-machine.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { Header } from './header.tsx';
import { lazyPart } from '../ui/lazy-part.ts';
import { Waiting } from '../ui/waiting.tsx';
import { DOCKER_MACHINE, type LabSession } from './lab-session.ts';
import { focusNextPane, focusPane } from './panes.ts';
import { ShortcutsDialog } from './shortcuts.tsx';
import { TerminalStage } from './terminal-stage.tsx';
import { useLessonRoute } from './use-lesson-route.ts';
import { Workspace, type LowerView, type View, type WorkspaceProps } from './workspace.tsx';
import styles from './app.module.css';

const FileTree = lazyPart(async () => (await import('../features/files/file-tree.tsx')).FileTree);
const Editor = lazyPart(async () => (await import('../features/editor/editor.tsx')).Editor);
const ImagesDialog = lazyPart(
  async () => (await import('../features/images/images-dialog.tsx')).ImagesDialog,
);
const CheckpointsDialog = lazyPart(
  async () => (await import('../features/checkpoints/checkpoints-dialog.tsx')).CheckpointsDialog,
);
const LessonPanel = lazyPart(
  async () => (await import('../features/lesson/lesson-panel.tsx')).LessonPanel,
);
const CourseDialog = lazyPart(
  async () => (await import('../features/lesson/course-dialog.tsx')).CourseDialog,
);
const ClusterPanel = lazyPart(
  async () => (await import('../features/cluster/cluster-panel.tsx')).ClusterPanel,
);
const Preview = lazyPart(async () => (await import('../features/preview/preview.tsx')).Preview);

/** Whether a link in a terminal means a port of the machine, which the preview shows. */
const isMachineAddress = (url: string) =>
  /^http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?:[:/]|$)/.test(url);

/** narrower than this, one pane at a time */
const narrowQuery = matchMedia('(max-width: 48rem)');

function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrowQuery.addEventListener('change', listener);
      return () => narrowQuery.removeEventListener('change', listener);
    },
    () => narrowQuery.matches,
  );
}

/** An empty pane in place of one that is still to come. */
const waiting = <div className={styles['waiting']} />;

/** The lab: one machine at a time, a lesson or a cluster beside it. */
export function App({ session }: { readonly session: LabSession }) {
  const { machine, machines, cluster, failure } = useSyncExternalStore(
    session.subscribe,
    session.snapshot,
  );
  const state = useMachineState(machine);
  const narrow = useNarrow();
  const { route, open: openLesson, close: closeLesson, showStep } = useLessonRoute();
  const [single, setSingle] = useState<View>(route ? 'lesson' : 'terminal');
  const [lower, setLower] = useState<LowerView>('preview');
  const show = useCallback((view: View) => {
    setSingle(view);
    if (view === 'preview' || view === 'machine' || view === 'cluster') setLower(view);
  }, []);
  const [showShortcuts, setShowShortcuts] = useState(false);
  const [showImages, setShowImages] = useState(false);
  const [showCourse, setShowCourse] = useState(false);
  const [showCheckpoints, setShowCheckpoints] = useState(false);
  /** machines whose first shell has answered */
  const [shells, setShells] = useState<ReadonlySet<LabMachine>>(new Set());
  const problem = failure ?? (state?.kind === 'failed' ? describeFailure(state.error) : undefined);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'F6') {
        event.preventDefault();
        event.stopPropagation();
        focusNextPane(event.shiftKey ? -1 : 1);
      } else if (
        event.key === 'F1' &&
        !(event.target as Element).closest('.xterm, .monaco-editor')
      ) {
        event.preventDefault();
        setShowShortcuts(true);
      }
    };
    addEventListener('keydown', onKeyDown, true);
    return () => removeEventListener('keydown', onKeyDown, true);
  }, []);

  const key = machineKey(machine);
  const shellOpen = machine !== undefined && shells.has(machine);
  // Editor and preview are large: they are fetched once the learner can type, or when there is nothing to wait for.
  const settled = shellOpen || problem !== undefined ? machine : undefined;
  /** what Docker lessons are about, whichever machine is shown */
  const dockerMachine = machines.find((one) => one.name === DOCKER_MACHINE);
  const lessonMachine =
    dockerMachine !== undefined && (shells.has(dockerMachine) || problem !== undefined)
      ? dockerMachine
      : undefined;
  const onShell = useCallback(() => {
    if (machine === undefined) return;
    setShells(
      (known) => new Set([...known].filter((one) => machines.includes(one)).concat(machine)),
    );
    if (machine.name === DOCKER_MACHINE && !narrowQuery.matches)
      openFilesOf(machine.name).add('/root/work/Dockerfile');
  }, [machine, machines]);
  const name = machine?.name ?? DOCKER_MACHINE;
  const reset = useCallback(
    (start: 'restore' | 'cold', profile?: ProfileName) => void session.reset(name, start, profile),
    [session, name],
  );
  const onLink = useCallback(
    (url: string) => {
      if (isMachineAddress(url)) show('preview');
      else window.open(url, '_blank', 'noopener');
    },
    [show],
  );

  const views: WorkspaceProps['views'] = {
    ...(route && {
      lesson: (
        <Part name="The lesson">
          <LessonPanel
            key={route.lesson}
            id={route.lesson}
            step={route.step}
            machine={lessonMachine}
            lab={session.machines}
            cluster={cluster}
            onStep={showStep}
            onCourse={() => setShowCourse(true)}
            onClose={closeLesson}
            onShowMachine={session.show}
            onResetMachine={() => void session.reset(DOCKER_MACHINE, 'restore')}
            onStartCluster={session.replaceCluster}
          />
        </Part>
      ),
    }),
    files: (
      <Part name="The file tree">
        {machine ? (
          <FileTree key={key} machine={machine} onOpen={() => setSingle('editor')} />
        ) : (
          waiting
        )}
      </Part>
    ),
    editor: (
      <Part name="The editor">{settled ? <Editor key={key} machine={settled} /> : waiting}</Part>
    ),
    terminal: (
      <Part name="The terminal">
        <TerminalStage
          machine={machine}
          machines={machines}
          failure={problem}
          shellOpen={shellOpen}
          onShell={onShell}
          onLink={onLink}
          onRetry={(start) =>
            void (start === 'cold' ? session.reset(name, 'cold') : session.retry())
          }
        />
      </Part>
    ),
    preview: (
      <Part name="The preview">{settled ? <Preview key={key} machine={settled} /> : waiting}</Part>
    ),
    machine: (
      <Part name="The machine panel">
        {machine ? (
          <MachinePanel
            key={key}
            machine={machine}
            visible={(narrow ? single : lower) === 'machine'}
            onReset={reset}
            onCheckpoints={() => setShowCheckpoints(true)}
          />
        ) : (
          waiting
        )}
      </Part>
    ),
    cluster: (
      <Part name="The cluster">
        {shells.size > 0 || problem !== undefined ? (
          <ClusterPanel
            cluster={cluster}
            shown={machine?.name}
            onStart={session.startCluster}
            onEnd={session.endCluster}
            onCheckpoints={() => setShowCheckpoints(true)}
            onOpen={session.show}
          />
        ) : (
          waiting
        )}
      </Part>
    ),
  };

  return (
    <div className={styles['app']}>
      <button type="button" className={styles['skip']} onClick={() => focusPane('terminal')}>
        Skip to the terminal
      </button>
      <Header
        machine={machine}
        machines={machines}
        onShow={session.show}
        onShowCluster={() => show('cluster')}
        onShowCourse={() => setShowCourse(true)}
        onShowImages={() => setShowImages(true)}
        onShowMachine={() => show('machine')}
        onShowShortcuts={() => setShowShortcuts(true)}
      />
      <main className={narrow ? styles['narrow'] : styles['main']}>
        <Workspace
          views={views}
          single={single === 'lesson' && !route ? 'terminal' : single}
          lower={lower}
          onShow={show}
          narrow={narrow}
        />
      </main>
      {machine && <DiskNotice machine={machine} />}
      {showImages && (
        <Suspense>
          <ImagesDialog load={session.hubContents} onClose={() => setShowImages(false)} />
        </Suspense>
      )}
      {showCourse && (
        <Suspense>
          <CourseDialog
            onChoose={(lesson) => {
              openLesson(lesson);
              show('lesson');
              setShowCourse(false);
            }}
            onClose={() => setShowCourse(false)}
          />
        </Suspense>
      )}
      {showCheckpoints && (
        <Suspense>
          <CheckpointsDialog world={session} onClose={() => setShowCheckpoints(false)} />
        </Suspense>
      )}
      {showShortcuts && <ShortcutsDialog onClose={() => setShowShortcuts(false)} />}
    </div>
  );
}

function Part({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <ErrorBoundary part={name}>
      <Suspense
        fallback={
          <div className={styles['waiting']}>
            <Waiting text={`${name} is loading`} />
          </div>
        }
      >
        {children}
      </Suspense>
    </ErrorBoundary>
  );
}
