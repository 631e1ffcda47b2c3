import { useSyncExternalStore } from 'react';
import { z } from 'zod';

const KEY = 'drydock.progress';

const lessonProgress = z.object({
  /** tasks that were done */
  done: z.array(z.string()),
  /** questions that were answered right */
  answered: z.array(z.string()),
  /** where the learner was */
  step: z.string().optional(),
});
const allProgress = z.object({
  version: z.literal(1),
  lessons: z.record(z.string(), lessonProgress),
});

export type LessonProgress = z.infer<typeof lessonProgress>;
type AllProgress = z.infer<typeof allProgress>;

const NONE: LessonProgress = { done: [], answered: [] };

/** What the learner has done, kept in the browser. A store for `useSyncExternalStore`. */
class Progress {
  readonly #listeners = new Set<() => void>();
  #all: AllProgress;

  constructor() {
    this.#all = read();
    // Another tab may go on with the course.
    addEventListener('storage', ({ key }) => {
      if (key !== KEY) return;
      this.#all = read();
      this.#tell();
    });
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly all = () => this.#all;

  of(lesson: string): LessonProgress {
    return this.#all.lessons[lesson] ?? NONE;
  }

  change(lesson: string, change: Partial<LessonProgress>): void {
    this.#keep({
      version: 1,
      lessons: { ...this.#all.lessons, [lesson]: { ...this.of(lesson), ...change } },
    });
  }

  forget(lesson: string): void {
    const { [lesson]: _, ...lessons } = this.#all.lessons;
    this.#keep({ version: 1, lessons });
  }

  /** A file that `load` takes. */
  save(): Blob {
    return new Blob([JSON.stringify(this.#all, null, 2)], { type: 'application/json' });
  }

  /** Adds what a file holds to what is there. Rejects, and changes nothing, when it is not such a file. */
  async load(file: Blob): Promise<void> {
    let loaded: AllProgress;
    try {
      loaded = allProgress.parse(JSON.parse(await file.text()));
    } catch (error) {
      throw new Error('This file does not hold the progress of a course in Drydock.', {
        cause: error,
      });
    }
    const lessons = { ...this.#all.lessons };
    for (const [id, progress] of Object.entries(loaded.lessons)) {
      const own = lessons[id] ?? NONE;
      lessons[id] = {
        ...progress,
        done: [...new Set([...own.done, ...progress.done])],
        answered: [...new Set([...own.answered, ...progress.answered])],
      };
    }
    this.#keep({ version: 1, lessons });
  }

  #keep(all: AllProgress): void {
    this.#all = all;
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      // Without storage, progress lasts as long as the page; the header says that nothing is kept.
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function read(): AllProgress {
  try {
    return allProgress.parse(JSON.parse(localStorage.getItem(KEY) ?? ''));
  } catch {
    return { version: 1, lessons: {} };
  }
}

export const progress = new Progress();

export function useProgress(): AllProgress {
  return useSyncExternalStore(progress.subscribe, progress.all);
}
