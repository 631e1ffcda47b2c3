import { useId, useState } from 'react';
import type { Verdict } from '../../../lessons/checks.ts';
import type { Block, Code, CodeAction, Quiz, Task } from '../../../lessons/lesson.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { CompareView } from './compare-view.tsx';
import { MachineStart } from './machine-start.tsx';
import type { OpenLesson } from './open-lesson.ts';
import { PictureView } from './picture-view.tsx';
import { SafeHtml } from './safe-html.tsx';
import { messageOf } from '../../ui/message-of.ts';
import styles from './lesson.module.css';

export interface BlockViewProps {
  readonly block: Block;
  readonly open: OpenLesson;
  readonly verdict: Verdict | undefined;
}

export function BlockView({ block, open, verdict }: BlockViewProps) {
  switch (block.kind) {
    case 'prose':
      return <SafeHtml html={block.html} />;
    case 'picture':
      return <PictureView svg={open.picture(block.file)} alternative={block.alternative} />;
    case 'machine':
      return open.place.kind === 'machine' ? (
        <MachineStart
          name={block.name}
          others={open.place.others}
          onShow={(name) => open.show(name)}
        />
      ) : null;
    case 'compare':
      return open.place.kind === 'machine' ? (
        <CompareView
          container={block.container}
          machine={open.place.machine}
          other={block.machine}
          others={open.place.others}
        />
      ) : null;
    case 'code':
      return <CodeView code={block} open={open} />;
    case 'task':
      return <TaskView task={block} verdict={verdict} />;
    case 'quiz':
      return <QuizView quiz={block} onRight={() => open.answered(block.id)} />;
    case 'aside':
      return (
        <details className={styles['aside']}>
          <summary>{block.title}</summary>
          <SafeHtml html={block.html} />
        </details>
      );
  }
}

function actionLabel(action: CodeAction): string {
  if (action.kind === 'save') return `Save as ${action.path}`;
  return action.node === undefined ? 'Run' : `Run on ${action.node}`;
}

function CodeView({ code, open }: { readonly code: Code; readonly open: OpenLesson }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code.text);
      setSaid('Copied.');
    } catch {
      setSaid('The browser did not allow it. Select the text and copy it.');
    }
  };
  const act = async () => {
    if (code.action?.kind === 'run') {
      open.run(code.text, code.action.node);
    } else if (code.action?.kind === 'save') {
      try {
        await open.save(code.action.path, code.text);
        setSaid(`Saved as ${code.action.path}.`);
      } catch (error) {
        setSaid(messageOf(error));
      }
    }
  };
  return (
    <figure className={styles['code']}>
      {/* A long line scrolls: the keyboard must reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label={code.action?.kind === 'run' ? 'Command' : 'Text'}>
        <code>{code.text}</code>
      </pre>
      <figcaption className={styles['codeBar']}>
        {code.action && (
          <Button
            small
            variant="primary"
            icon={code.action.kind === 'run' ? 'play' : 'save'}
            onClick={() => void act()}
          >
            {actionLabel(code.action)}
          </Button>
        )}
        <Button small variant="quiet" icon="copy" onClick={() => void copy()}>
          Copy
        </Button>
        <span role="status" className={styles['said']}>
          {said}
        </span>
      </figcaption>
    </figure>
  );
}

const signs: Record<Verdict['state'], { readonly icon: IconName; readonly word: string }> = {
  passed: { icon: 'check', word: 'Done' },
  waiting: { icon: 'more', word: 'Open' },
  failed: { icon: 'warning', word: 'Not yet right' },
  error: { icon: 'warning', word: 'The check failed' },
};

function TaskView({
  task,
  verdict,
}: {
  readonly task: Task;
  readonly verdict: Verdict | undefined;
}) {
  const [hints, setHints] = useState(0);
  const state = verdict?.state ?? 'waiting';
  const { icon, word } = signs[state];
  return (
    <section className={classNames(styles['task'], styles[state])} aria-label={`Task: ${word}`}>
      <div className={styles['taskHead']}>
        <span className={styles['sign']}>
          <Icon name={icon} />
        </span>
        <div className={styles['taskText']}>
          <SafeHtml html={task.html} />
          <p role="status" className={styles['reason']}>
            <strong>{word}.</strong> {verdict?.reason}
          </p>
        </div>
      </div>
      {task.hints.slice(0, hints).map((hint) => (
        <div key={hint} className={styles['hint']}>
          <SafeHtml html={hint} />
        </div>
      ))}
      {state !== 'passed' && hints < task.hints.length && (
        <Button small variant="quiet" icon="info" onClick={() => setHints(hints + 1)}>
          {hints === 0 ? 'Hint' : 'Another hint'}
        </Button>
      )}
    </section>
  );
}

function QuizView({ quiz, onRight }: { readonly quiz: Quiz; readonly onRight: () => void }) {
  const name = useId();
  const [chosen, setChosen] = useState<number>();
  const choice = chosen === undefined ? undefined : quiz.choices[chosen];
  return (
    <fieldset className={styles['quiz']}>
      <legend>
        <SafeHtml html={quiz.question} />
      </legend>
      {quiz.choices.map(({ html, right }, index) => (
        <label key={html} className={styles['choice']}>
          <input
            type="radio"
            name={name}
            checked={chosen === index}
            onChange={() => {
              setChosen(index);
              if (right) onRight();
            }}
          />
          <SafeHtml inline html={html} />
        </label>
      ))}
      <p role="status" className={choice?.right ? styles['right'] : styles['wrong']}>
        {choice && (
          <>
            <strong>{choice.right ? 'Right: ' : 'Not quite: '}</strong>
            <SafeHtml inline html={choice.because} />
          </>
        )}
      </p>
    </fieldset>
  );
}
