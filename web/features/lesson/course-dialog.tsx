import { useEffect, useRef, useState } from 'react';
import { tasksOf, type Lesson } from '../../../lessons/lesson.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { readCourse, type CourseModule } from './course.ts';
import { progress, useProgress } from './progress.ts';
import { messageOf } from '../../ui/message-of.ts';
import styles from './lesson.module.css';

export interface CourseDialogProps {
  readonly onChoose: (lesson: string) => void;
  readonly onClose: () => void;
}

/** All lessons with what the learner has done of them. */
export function CourseDialog({ onChoose, onClose }: CourseDialogProps) {
  const [modules, setModules] = useState<readonly CourseModule[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    readCourse().then(setModules, (error: unknown) => setProblem(messageOf(error)));
  }, []);
  return (
    <Dialog title="Course" wide onClose={onClose} footer={<ProgressFile onProblem={setProblem} />}>
      {problem !== undefined && <p role="alert">{problem}</p>}
      {modules === undefined && problem === undefined && <Waiting text="The course is loading" />}
      {modules?.map((module) => (
        <section key={module.folder} className={styles['module']}>
          <h3>{module.title}</h3>
          <p className={styles['summary']}>{module.summary}</p>
          <ol className={styles['lessons']}>
            {module.lessons.map((lesson) => (
              <LessonRow key={lesson.id} lesson={lesson} onChoose={() => onChoose(lesson.id)} />
            ))}
          </ol>
        </section>
      ))}
    </Dialog>
  );
}

function LessonRow({
  lesson,
  onChoose,
}: {
  readonly lesson: Lesson;
  readonly onChoose: () => void;
}) {
  const all = useProgress();
  const own = all.lessons[lesson.id];
  const tasks = lesson.steps.flatMap(tasksOf);
  const done = tasks.filter(({ id }) => own?.done.includes(id) === true).length;
  return (
    <li className={styles['lesson']}>
      <div>
        <h4>{lesson.title}</h4>
        <p className={styles['summary']}>{lesson.summary}</p>
        <p className={styles['facts']}>
          {lesson.minutes} minutes · {lesson.difficulty} · {done} of {tasks.length} tasks done
        </p>
        <ProgressBar
          label={`Progress in ${lesson.title}`}
          value={tasks.length === 0 ? 0 : done / tasks.length}
          text={`${done} of ${tasks.length} tasks`}
        />
      </div>
      <Button
        variant="primary"
        aria-label={`${own === undefined ? 'Begin' : 'Go on with'} ${lesson.title}`}
        onClick={onChoose}
      >
        {own === undefined ? 'Begin' : 'Go on'}
      </Button>
    </li>
  );
}

/** Progress as a file, to take along or to bring back. */
function ProgressFile({
  onProblem,
}: {
  readonly onProblem: (problem: string | undefined) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(progress.save());
    link.download = 'drydock-progress.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  return (
    <>
      <Button small variant="quiet" icon="download" onClick={save}>
        Save progress as a file
      </Button>
      <Button small variant="quiet" icon="folder-open" onClick={() => input.current?.click()}>
        Load progress
      </Button>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        aria-label="File with progress"
        hidden
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          currentTarget.value = '';
          if (!file) return;
          progress.load(file).then(
            () => onProblem(undefined),
            (error: unknown) => onProblem(messageOf(error)),
          );
        }}
      />
    </>
  );
}
