import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { pageClock } from '../../../engine/cluster/index.ts';
import type { Environment } from '../../../lessons/front-matter.ts';
import type { OtherMachines } from '../../../lessons/other-machines.ts';
import { tasksOf } from '../../../lessons/lesson.ts';
import { machineOf } from '../../../lessons/place.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { MenuButton } from '../../ui/menu.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Badge } from '../../ui/reality-label.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { TermPopovers } from '../guide/term-popovers.tsx';
import { ConfirmReset } from '../machine/confirm-reset.tsx';
import { onArrival } from '../share/arrivals.ts';
import { ShareDialog } from '../share/share-dialog.tsx';
import { readLessonParts, type LessonParts } from './course.ts';
import { BlockView } from './lesson-blocks.tsx';
import { LessonPlace, usePlace, type LessonPlaceProps } from './lesson-place.tsx';
import { OpenLesson } from './open-lesson.ts';
import { PictureView } from './picture-view.tsx';
import { progress, useProgress } from './progress.ts';
import { SafeHtml } from './safe-html.tsx';
import type { StepStart } from './step-start.ts';
import { messageOf } from '../../ui/message-of.ts';
import styles from './lesson.module.css';

export interface LessonPanelProps extends Omit<LessonPlaceProps, 'environment' | 'place'> {
  readonly id: string;
  /** id of the step that the address names */
  readonly step: string | undefined;
  /** the machine with Docker, as soon as it can be used */
  readonly machine: LabMachine | undefined;
  /** machines beside the lesson's own */
  readonly others: OtherMachines;
  /** the step that is shown now, for the address bar */
  readonly onStep: (step: string) => void;
  readonly onCourse: () => void;
  readonly onClose: () => void;
  readonly onShowMachine: (name: string) => void;
  /** a machine as new, in place of this one */
  readonly onResetMachine: () => void;
  /** The machine or the cluster as it was, in place of this one. Rejects when that is refused. */
  readonly onGoBack: (saved: StepStart['saved']) => Promise<unknown>;
}

/** A lesson beside the machine or the cluster it is about. */
export function LessonPanel(props: LessonPanelProps) {
  const { id, onShowMachine } = props;
  const [parts, setParts] = useState<LessonParts>();
  const [problem, setProblem] = useState<string>();
  const [open, setOpen] = useState<OpenLesson>();
  const firstStep = useRef(props.step);
  const restored = useRef<StepStart>(undefined);
  const environment = parts?.lesson.environment;
  const place = usePlace(environment, props.machine, props.cluster, props.others);

  useEffect(() => {
    let current = true;
    readLessonParts(id).then(
      (found) => {
        if (!current) return;
        setParts(found);
        if (found === undefined)
          setProblem(`There is no lesson called “${id}”. Choose one from the course.`);
      },
      (error: unknown) => current && setProblem(messageOf(error)),
    );
    return () => void (current = false);
  }, [id]);

  useEffect(() => {
    if (parts === undefined || place === undefined) return undefined;
    const lesson = new OpenLesson({
      parts,
      place,
      showMachine: onShowMachine,
      stepId: firstStep.current,
      restored: restored.current,
      progress,
      clock: pageClock,
    });
    firstStep.current = undefined;
    restored.current = undefined;
    setOpen(lesson);
    void lesson.start();
    return () => {
      lesson.dispose();
      setOpen(undefined);
    };
  }, [parts, place, onShowMachine]);

  if (open !== undefined && parts !== undefined)
    return (
      <LessonView
        {...props}
        open={open}
        environment={parts.lesson.environment}
        onGoBack={(start) => {
          restored.current = start;
          return props.onGoBack(start.saved).catch((error: unknown) => {
            restored.current = undefined;
            throw error;
          });
        }}
      />
    );
  return (
    <Panel title={parts?.lesson.title ?? 'Lesson'} actions={<CloseButton {...props} />}>
      <div className={styles['body']}>
        <TermPopovers>
          {problem !== undefined ? (
            <>
              <p role="alert">{problem}</p>
              <Button icon="book" onClick={props.onCourse}>
                Course
              </Button>
            </>
          ) : parts === undefined ? (
            <Waiting text="The lesson is loading" />
          ) : (
            <>
              <Introduction parts={parts} />
              <LessonPlace {...props} environment={parts.lesson.environment} />
            </>
          )}
        </TermPopovers>
      </div>
    </Panel>
  );
}

/** What a lesson says before there is anything to do it with. */
function Introduction({ parts }: { readonly parts: LessonParts }) {
  return parts.lesson.introduction.map((block, number) => {
    if (block.kind === 'prose') return <SafeHtml key={number} html={block.html} />;
    if (block.kind !== 'picture') return null;
    const { file, alternative } = block;
    return <PictureView key={file} svg={parts.pictures[file] ?? ''} alternative={alternative} />;
  });
}

function CloseButton({
  onClose,
  disabled = false,
}: Pick<LessonPanelProps, 'onClose'> & { readonly disabled?: boolean }) {
  return (
    <IconButton small icon="close" label="Close the lesson" disabled={disabled} onClick={onClose} />
  );
}

function LessonView({
  open,
  environment,
  step: wanted,
  onStep,
  onCourse,
  onClose,
  onResetMachine,
  onGoBack,
  onStartCluster,
}: Omit<LessonPanelProps, 'onGoBack'> & {
  readonly open: OpenLesson;
  readonly environment: Environment;
  readonly onGoBack: (start: StepStart) => Promise<unknown>;
}) {
  const { step, index, verdicts, problem, start, isGoingBack } = useSyncExternalStore(
    open.subscribe,
    open.state,
  );
  const all = useProgress();
  const done = all.lessons[open.lesson.id]?.done ?? [];
  const { lesson } = open;
  const top = useRef<HTMLHeadingElement>(null);
  const shown = useRef(step.id);
  const [confirming, setConfirming] = useState<'lesson' | StepStart>();
  const [sharing, setSharing] = useState(false);
  const [said, setSaid] = useState('');

  useEffect(() => {
    onStep(step.id);
    if (shown.current === step.id) return;
    shown.current = step.id;
    top.current?.focus();
    top.current?.scrollIntoView({ block: 'start' });
  }, [step.id, onStep]);

  // A link to another step, or to the lesson as a whole.
  useEffect(() => {
    const at = lesson.steps.findIndex(({ id }) => id === wanted);
    if (at >= 0) open.go(at);
    else onStep(open.state().step.id);
  }, [open, lesson, wanted, onStep]);

  useEffect(() => onArrival(() => void open.takeShared()), [open]);
  const copyLink = () => {
    navigator.clipboard.writeText(location.href).then(
      () => setSaid('The link to this step is copied.'),
      () => setSaid('The browser did not allow it. The link is in the address bar.'),
    );
  };

  const isDone = (tasks: readonly { readonly id: string }[]) =>
    tasks.length > 0 && tasks.every(({ id }) => done.includes(id));
  const stepDone = tasksOf(step).every(({ id }) => verdicts[id]?.state === 'passed');
  const last = index === lesson.steps.length - 1;
  const hasOthers = environment.kind === 'machine' && Object.keys(environment.others).length > 0;

  return (
    <Panel
      title={lesson.title}
      actions={
        <>
          <MenuButton
            small
            icon="more"
            label="Lesson menu"
            items={[
              { label: 'Check now', icon: 'check', onSelect: () => open.checkNow() },
              {
                label: 'Begin this step anew',
                icon: 'back',
                disabled: typeof start !== 'object' || isGoingBack === true,
                ...(typeof start === 'object' ? {} : { shortcut: start ?? 'being saved' }),
                onSelect: () => setConfirming(typeof start === 'object' ? start : undefined),
              },
              {
                label: 'Begin this lesson anew',
                icon: 'reload',
                disabled: isGoingBack === true,
                onSelect: () => setConfirming('lesson'),
              },
              'separator',
              { label: 'Copy a link to this step', icon: 'copy', onSelect: copyLink },
              { label: 'Share my files', icon: 'external', onSelect: () => setSharing(true) },
              'separator',
              { label: 'Course', icon: 'book', onSelect: onCourse },
            ]}
          />
          <CloseButton onClose={onClose} disabled={isGoingBack === true} />
        </>
      }
    >
      <div className={styles['body']}>
        <TermPopovers>
          {problem !== undefined && <p role="alert">{problem}</p>}
          <nav aria-label="Steps" className={styles['steps']}>
            <ol>
              {lesson.steps.map((one, number) => (
                <li key={one.id}>
                  <button
                    type="button"
                    aria-current={number === index ? 'step' : undefined}
                    aria-label={`Step ${number + 1}: ${one.title}${isDone(tasksOf(one)) ? ', done' : ''}`}
                    className={isDone(tasksOf(one)) ? styles['stepDone'] : styles['step']}
                    onClick={() => open.go(number)}
                  >
                    {number + 1}
                  </button>
                </li>
              ))}
            </ol>
          </nav>
          {index === 0 && (
            <>
              {lesson.introduction.map((block, number) => (
                <BlockView key={number} block={block} open={open} verdict={undefined} />
              ))}
              <Reality reality={lesson.reality} />
            </>
          )}
          <h3 ref={top} tabIndex={-1} className={styles['title']}>
            {step.title}
          </h3>
          {step.blocks.map((block, number) => (
            <BlockView
              key={`${step.id}-${number}`}
              block={block}
              open={open}
              verdict={block.kind === 'task' ? verdicts[block.id] : undefined}
            />
          ))}
          <footer className={styles['footer']}>
            <Button icon="back" disabled={index === 0} onClick={() => open.go(index - 1)}>
              Back
            </Button>
            {last ? (
              <Button variant={stepDone ? 'primary' : 'secondary'} icon="book" onClick={onCourse}>
                {open.complete() ? 'Done: back to the course' : 'Course'}
              </Button>
            ) : (
              <Button
                variant={stepDone ? 'primary' : 'secondary'}
                icon="forward"
                onClick={() => open.go(index + 1)}
              >
                Next: {lesson.steps[index + 1]?.title}
              </Button>
            )}
          </footer>
          <p role="status" className={styles['said']}>
            {isGoingBack
              ? `The ${environment.kind} goes back to the beginning of this step.`
              : said}
          </p>
          {sharing && (
            <ShareDialog
              lesson={{ id: lesson.id, step: step.id }}
              files={machineOf(open.place).files}
              onClose={() => setSharing(false)}
            />
          )}
          {typeof confirming === 'object' && (
            <Confirm
              title="Begin this step anew?"
              keep="Keep what is there"
              action="Begin anew"
              icon="back"
              onClose={() => setConfirming(undefined)}
              onConfirm={() => {
                void open.beginStepAnew(() => onGoBack(confirming));
              }}
            >
              <p>
                The {environment.kind} goes back to as it was when you came to this step
                {hasOthers && ', and so do the machines beside it'}. What you did since then is
                lost; the steps before stay done.
              </p>
            </Confirm>
          )}
          {confirming === 'lesson' && (
            <ConfirmReset
              start="restore"
              of={environment.kind}
              onClose={() => setConfirming(undefined)}
              onConfirm={() => {
                void open.forget().then(() => {
                  if (environment.kind === 'machine') onResetMachine();
                  else void onStartCluster(environment.nodes);
                });
              }}
            />
          )}
        </TermPopovers>
      </div>
    </Panel>
  );
}

const kinds = ['real', 'ported', 'simulated'] as const;

function Reality({ reality }: { readonly reality: OpenLesson['lesson']['reality'] }) {
  const told = kinds.filter((kind) => reality[kind] !== undefined);
  if (told.length === 0) return null;
  return (
    <details className={styles['aside']}>
      <summary>What is real here</summary>
      <dl className={styles['reality']}>
        {told.map((kind) => (
          <div key={kind}>
            <dt>
              <Badge reality={kind} />
            </dt>
            <dd>{reality[kind]}</dd>
          </div>
        ))}
      </dl>
      <a href="#/labels">What the labels mean</a>
    </details>
  );
}
