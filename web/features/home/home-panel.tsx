import { useEffect, useId, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { FileButton } from '../../ui/file-button.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { ClusterSize } from '../cluster/cluster-size.tsx';
import { GuidePanel, type GuidePageProps } from '../guide/guide-panel.tsx';
import { readCourse, type CourseModule } from '../lesson/course.ts';
import { useProgress } from '../lesson/progress.ts';
import { OfflineSummary } from '../offline/offline-summary.tsx';
import { countTasks, CourseList } from './course-list.tsx';
import type { AutoSave } from '../resume/auto-save.ts';
import { LeftChoice } from '../resume/left-choice.tsx';
import { useAutoSave } from '../resume/use-auto-save.ts';
import { ProgressFile } from './progress-file.tsx';
import styles from './home.module.css';

export interface HomePanelProps extends GuidePageProps {
  readonly autoSave: AutoSave;
  readonly cluster: ClusterFacade | undefined;
  readonly onStartCluster: (nodes: number) => Promise<void>;
  readonly onShowCluster: () => void;
  readonly onShowOffline: () => void;
  /** a file was chosen that “Save as a file” of something shared has made */
  readonly onShared: (packed: string) => void;
}

/** Where one begins: the lesson that one was at, the course, the machine and the cluster to play with. */
export function HomePanel(props: HomePanelProps) {
  const [modules, setModules] = useState<readonly CourseModule[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    readCourse().then(setModules, (error: unknown) => setProblem(messageOf(error)));
  }, []);
  // What comes below the course is there with it: nothing moves.
  const isRead = modules !== undefined || problem !== undefined;
  return (
    <GuidePanel title="Home" takesFocus={props.takesFocus} onClose={props.onClose}>
      <p>
        Real Linux machines, real containers and a Kubernetes cluster, inside this page. The
        terminal is a root shell: type what you like, nothing outside of this page can break.
      </p>
      <Resume modules={modules} autoSave={props.autoSave} />
      <FreePlay {...props} />
      <section className={styles['section']} aria-labelledby="home-course">
        <h3 id="home-course">Course</h3>
        {problem !== undefined && <p role="alert">{problem}</p>}
        {modules === undefined && problem === undefined && <Waiting text="The course is loading" />}
        {modules && <Overall modules={modules} />}
        {modules && <CourseList modules={modules} />}
        {isRead && <ProgressFile />}
      </section>
      {isRead && <More {...props} />}
    </GuidePanel>
  );
}

function More({ onShowOffline, onShared }: HomePanelProps) {
  return (
    <section className={styles['section']} aria-label="More">
      <OfflineSummary onShow={onShowOffline} />
      <h3>From somebody else</h3>
      <p>Open a file that somebody shared. A link opens by itself.</p>
      <FileButton
        small
        label="Open a shared file"
        accept="text/plain,.txt"
        onFile={async (file) => onShared((await file.text()) || ' ')}
      />
      <h3>To look up</h3>
      <p className={styles['links']}>
        <a href="#/glossary">Glossary</a>
        <a href="#/labels">Real, ported, simulated</a>
      </p>
    </section>
  );
}

/** The way back to where the learner left off: the machines of the last visit, or a lesson's step. */
function Resume({
  modules,
  autoSave,
}: {
  readonly modules: readonly CourseModule[] | undefined;
  readonly autoSave: AutoSave;
}) {
  const { last, lessons } = useProgress();
  const left = useAutoSave(autoSave);
  const own = last === undefined ? undefined : lessons[last];
  const lesson = modules?.flatMap((module) => module.lessons).find(({ id }) => id === last);
  const isInLesson = own !== undefined && (modules === undefined || lesson !== undefined);
  if (left.kind !== 'offered' && !isInLesson) return null;
  const step = lesson?.steps.find(({ id }) => id === own?.step) ?? lesson?.steps[0];
  return (
    <section className={styles['resume']} aria-labelledby="home-resume">
      <h3 id="home-resume">Where you left off</h3>
      {isInLesson && (
        <p>
          {lesson?.title ?? '…'}
          {step && <span className={styles['quiet']}> · {step.title}</span>}
        </p>
      )}
      {left.kind === 'offered' ? (
        <LeftChoice autoSave={autoSave} offered={left} />
      ) : (
        <a className={styles['go']} href={`#/lesson/${last}${step ? `/${step.id}` : ''}`}>
          Resume
        </a>
      )}
    </section>
  );
}

function FreePlay({ cluster, onStartCluster, onShowCluster, onClose }: HomePanelProps) {
  const id = useId();
  const [problem, setProblem] = useState<string>();
  return (
    <section className={styles['section']} aria-labelledby={id}>
      <h3 id={id}>Free play</h3>
      <div className={styles['play']}>
        <div>
          <h4>A machine with Docker</h4>
          <p className={styles['quiet']}>Linux, the docker command, an editor, and a preview.</p>
          <Button icon="terminal" onClick={onClose}>
            To the machine
          </Button>
        </div>
        <div>
          <h4>A Kubernetes cluster</h4>
          {cluster === undefined ? (
            <>
              <p className={styles['quiet']}>
                The first machine has the control plane. Each takes about 200 MB of memory.
              </p>
              <ClusterSize
                onStart={async (nodes) => {
                  setProblem(undefined);
                  try {
                    await onStartCluster(nodes);
                    onShowCluster();
                  } catch (error) {
                    setProblem(`The cluster could not be started: ${messageOf(error)}. Try again.`);
                    throw error;
                  }
                }}
              />
            </>
          ) : (
            <>
              <p className={styles['quiet']}>It is there.</p>
              <Button icon="cluster" onClick={onShowCluster}>
                Show the cluster
              </Button>
            </>
          )}
        </div>
      </div>
      {problem !== undefined && <p role="alert">{problem}</p>}
    </section>
  );
}

function Overall({ modules }: { readonly modules: readonly CourseModule[] }) {
  const all = useProgress();
  const { tasks, done } = countTasks(
    modules.flatMap(({ lessons }) => lessons),
    all,
  );
  const text = `${done} of ${tasks} tasks done`;
  return (
    <div className={styles['overall']}>
      <p className={styles['facts']}>{text}</p>
      <ProgressBar
        label="Progress in the course"
        value={tasks === 0 ? 0 : done / tasks}
        text={text}
      />
    </div>
  );
}
