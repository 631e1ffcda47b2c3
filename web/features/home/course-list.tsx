import { tasksOf, type Lesson } from '../../../lessons/lesson.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import type { CourseModule } from '../lesson/course.ts';
import { useProgress, type AllProgress } from '../lesson/progress.ts';
import styles from './home.module.css';

/** How many tasks there are, and how many of them are done. */
export function countTasks(lessons: readonly Lesson[], all: AllProgress) {
  let tasks = 0;
  let done = 0;
  for (const lesson of lessons) {
    const own = all.lessons[lesson.id]?.done ?? [];
    const ids = lesson.steps.flatMap(tasksOf).map(({ id }) => id);
    tasks += ids.length;
    done += ids.filter((id) => own.includes(id)).length;
  }
  return { tasks, done };
}

/** All lessons with what the learner has done of them; each is a link to where one was. */
export function CourseList({ modules }: { readonly modules: readonly CourseModule[] }) {
  return modules.map((module) => (
    <section key={module.folder} className={styles['module']}>
      <h4>{module.title}</h4>
      <p className={styles['quiet']}>{module.summary}</p>
      <ol className={styles['lessons']}>
        {module.lessons.map((lesson) => (
          <LessonRow key={lesson.id} lesson={lesson} />
        ))}
      </ol>
    </section>
  ));
}

function LessonRow({ lesson }: { readonly lesson: Lesson }) {
  const all = useProgress();
  const begun = all.lessons[lesson.id] !== undefined;
  const { tasks, done } = countTasks([lesson], all);
  const isDone = tasks > 0 && done === tasks;
  const verb = isDone ? 'Look again at' : begun ? 'Go on with' : 'Begin';
  return (
    <li className={styles['lesson']}>
      <h5 className={styles['lessonTitle']}>
        <a href={`#/lesson/${lesson.id}`} aria-label={`${verb} ${lesson.title}`}>
          {lesson.title}
        </a>
      </h5>
      <p className={styles['quiet']}>{lesson.summary}</p>
      <p className={styles['facts']}>
        {lesson.minutes} minutes · {lesson.difficulty} ·{' '}
        {lesson.environment.kind === 'cluster'
          ? `cluster of ${lesson.environment.nodes}`
          : 'Docker machine'}{' '}
        · {isDone ? 'done' : `${done} of ${tasks} tasks`}
      </p>
      {begun && (
        <ProgressBar
          label={`Progress in ${lesson.title}`}
          value={tasks === 0 ? 0 : done / tasks}
          text={`${done} of ${tasks} tasks`}
        />
      )}
    </li>
  );
}
