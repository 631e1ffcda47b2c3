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
import type { AutoSave } from '../features/resume/auto-save.ts';
import { SavedStatus } from '../features/resume/saved-status.tsx';
import { onShowPort } from '../features/preview/wanted-port.ts';
import { ArrivalNotice } from '../features/share/arrival-notice.tsx';
import { onArrival, takeArrival } from '../features/share/arrivals.ts';
import { DiskNotice } from '../features/machine/disk-notice.tsx';
import { describeFailure } from '../features/machine/failures.ts';
import { MachinePanel } from '../features/machine/machine-panel.tsx';
import { machineKey, useMachineState } from '../features/machine/use-machine.ts';
import { Dialogs } from './dialogs.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Header } from './header.tsx';
import { lazyPart } from '../ui/lazy-part.ts';
import { Waiting } from '../ui/waiting.tsx';
import { DOCKER_MACHINE, type LabSession } from './lab-session.ts';
import type { Page } from './route.ts';
import { focusNextPane, focusPane } from './panes.ts';
import { focusTerminal } from '../features/terminal/terminal-access.ts';
import { TerminalStage } from './terminal-stage.tsx';
import { useDialogs } from './use-dialogs.ts';
import { closePage, open, showStep, useRoute, useVisits } from './use-route.ts';
import { Workspace, type LowerView, type View, type WorkspaceProps } from './workspace.tsx';
import styles from './app.module.css';

const FileTree = lazyPart(async () => (await import('../features/files/file-tree.tsx')).FileTree);
const Editor = lazyPart(async () => (await import('../features/editor/editor.tsx')).Editor);
const LessonPanel = lazyPart(
  async () => (await import('../features/lesson/lesson-panel.tsx')).LessonPanel,
);
const HomePanel = lazyPart(async () => (await import('../features/home/home-panel.tsx')).HomePanel);
const GlossaryPanel = lazyPart(
  async () => (await import('../features/guide/glossary-panel.tsx')).GlossaryPanel,
);
const LabelsPanel = lazyPart(
  async () => (await import('../features/guide/labels-panel.tsx')).LabelsPanel,
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

const guideNames: Readonly<Record<Page['kind'], string>> = {
  home: 'Home',
  lab: '',
  lesson: 'Lesson',
  glossary: 'Glossary',
  labels: 'Labels',
  share: 'Home',
};

/** An empty pane in place of one that is still to come. */
const waiting = <div className={styles['waiting']} />;

/** The lab: one machine at a time, a lesson or a cluster beside it. */
export function App({
  session,
  autoSave,
}: {
  readonly session: LabSession;
  readonly autoSave: AutoSave;
}) {
  const { machine, machines, cluster, failure } = useSyncExternalStore(
    session.subscribe,
    session.snapshot,
  );
  const state = useMachineState(machine);
  const narrow = useNarrow();
  const { page, lesson } = useRoute();
  const [firstPage] = useState(page);
  const guidePage = { takesFocus: page !== firstPage, onClose: closePage };
  const [single, setSingle] = useState<View>('guide');
  const [lower, setLower] = useState<LowerView>('preview');
  const show = useCallback((view: View) => {
    setSingle(view);
    if (view === 'preview' || view === 'machine' || view === 'cluster') setLower(view);
  }, []);
  const dialogs = useDialogs();
  const openDialog = dialogs.open;
  /** what a file brought, as a link would */
  const [packed, setPacked] = useState<string>();
  /** machines whose first shell has answered */
  const [shells, setShells] = useState<ReadonlySet<LabMachine>>(new Set());
  const problem = failure ?? (state?.kind === 'failed' ? describeFailure(state.error) : undefined);

  // On a narrow page, what the address names comes first.
  const visits = useVisits();
  const isLab = page.kind === 'lab';
  useEffect(() => setSingle(isLab ? 'terminal' : 'guide'), [visits, isLab]);
  const name = machine?.name ?? DOCKER_MACHINE;
  // What was closed had it.
  useEffect(() => {
    if (isLab) focusTerminal(name);
  }, [isLab, name]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'F6') {
        event.preventDefault();
        event.stopPropagation();
        focusNextPane(event.shiftKey ? -1 : 1);
        return;
      }
      // Programs in the terminal and the editor have these keys for themselves; Cmd is nobody's there.
      const typing = (event.target as Element).closest('.xterm, .monaco-editor') !== null;
      if (event.key === 'F1' && !typing) {
        event.preventDefault();
        openDialog('shortcuts');
      } else if (event.key === 'k' && ((event.ctrlKey && !typing) || event.metaKey)) {
        event.preventDefault();
        event.stopPropagation();
        openDialog('palette');
      }
    };
    addEventListener('keydown', onKeyDown, true);
    return () => removeEventListener('keydown', onKeyDown, true);
  }, [openDialog]);

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
  // Shared files that belong to no lesson.
  const labFiles =
    dockerMachine !== undefined && shells.has(dockerMachine) ? dockerMachine.files : undefined;
  useEffect(() => {
    if (labFiles === undefined) return undefined;
    const take = async () => {
      const paths = await takeArrival(undefined, labFiles);
      for (const path of paths) openFilesOf(DOCKER_MACHINE).open(`/root/work/${path}`);
    };
    void take();
    return onArrival(() => void take());
  }, [labFiles]);
  const onShell = useCallback(() => {
    if (machine === undefined) return;
    setShells(
      (known) => new Set([...known].filter((one) => machines.includes(one)).concat(machine)),
    );
    if (machine.name === DOCKER_MACHINE && !narrowQuery.matches)
      openFilesOf(machine.name).add('/root/work/Dockerfile');
  }, [machine, machines]);
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

  useEffect(
    () =>
      onShowPort((wanted) => {
        session.show(wanted.machine);
        show('preview');
      }),
    [session, show],
  );

  const views: WorkspaceProps['views'] = {
    ...(page.kind !== 'lab' && {
      guide: (
        <>
          {lesson && (
            <div className={styles['guide']} hidden={page.kind !== 'lesson'}>
              <Part name="The lesson">
                <LessonPanel
                  key={lesson.lesson}
                  id={lesson.lesson}
                  step={lesson.step}
                  machine={lessonMachine}
                  others={session.others}
                  cluster={cluster}
                  onStep={showStep}
                  onCourse={() => open({ kind: 'home' })}
                  onClose={closePage}
                  onShowMachine={session.show}
                  onResetMachine={() => void session.reset(DOCKER_MACHINE, 'restore')}
                  onGoBack={session.goBackTo}
                  onStartCluster={session.replaceCluster}
                />
              </Part>
            </div>
          )}
          {(page.kind === 'home' || page.kind === 'share') && (
            <Part name="Home">
              <HomePanel
                autoSave={autoSave}
                cluster={cluster}
                onStartCluster={session.startCluster}
                onShowCluster={() => {
                  if (narrow) open({ kind: 'lab' });
                  show('cluster');
                }}
                onShowOffline={() => openDialog('offline')}
                onShared={setPacked}
                {...guidePage}
              />
            </Part>
          )}
          {page.kind === 'glossary' && (
            <Part name="The glossary">
              <GlossaryPanel term={page.term} {...guidePage} />
            </Part>
          )}
          {page.kind === 'labels' && (
            <Part name="The page about labels">
              <LabelsPanel {...guidePage} />
            </Part>
          )}
        </>
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
      <Part name="The editor">
        {settled ? <Editor key={key} machine={settled} cluster={cluster} /> : waiting}
      </Part>
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
            onCheckpoints={() => openDialog('checkpoints')}
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
            onCheckpoints={() => openDialog('checkpoints')}
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
        saved={<SavedStatus autoSave={autoSave} onCheckpoints={() => openDialog('checkpoints')} />}
        onShow={session.show}
        onShowCluster={() => show('cluster')}
        onShowImages={() => openDialog('images')}
        onShowMachine={() => show('machine')}
        onShowPalette={() => openDialog('palette')}
        onShowShortcuts={() => openDialog('shortcuts')}
      />
      <main className={narrow ? styles['narrow'] : styles['main']}>
        <Workspace
          views={views}
          single={single === 'guide' && page.kind === 'lab' ? 'terminal' : single}
          guide={guideNames[page.kind]}
          lower={lower}
          onShow={show}
          narrow={narrow}
        />
      </main>
      {machine && <DiskNotice machine={machine} />}
      <ArrivalNotice />
      <Dialogs
        dialogs={dialogs}
        session={session}
        labFiles={labFiles}
        packed={packed}
        onPackedDone={() => setPacked(undefined)}
        show={show}
      />
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
