import { useSyncExternalStore } from 'react';
import { isFull, storageRefused } from '../../ui/storage-health.ts';
import {
  mergeProgress,
  NO_PROGRESS,
  readProgress,
  type AllProgress,
  type LessonProgress,
} from './progress-record.ts';

export type { AllProgress } from './progress-record.ts';

const KEY = 'drydock.progress';
/** where something is kept that could not be read, so that what is written next does not replace it */
const KEPT_KEY = 'drydock.progress.kept';

const NONE: LessonProgress = { done: [], answered: [] };

export interface ProgressProblem {
  /** what happened, why, and what to do */
  readonly text: string;
  /** progress that cannot be read here, as it was found */
  readonly kept?: string;
}

/** What the learner has done, kept in the browser. A store for `useSyncExternalStore`. */
class Progress {
  readonly #listeners = new Set<() => void>();
  #all: AllProgress = NO_PROGRESS;
  #problem: ProgressProblem | undefined;

  constructor() {
    this.#read();
    // Another tab may go on with the course.
    addEventListener('storage', ({ key }) => {
      if (key !== KEY) return;
      this.#read();
      this.#tell();
    });
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly all = () => this.#all;
  readonly problem = () => this.#problem;

  of(lesson: string): LessonProgress {
    return this.#all.lessons[lesson] ?? NONE;
  }

  change(lesson: string, change: Partial<LessonProgress>): void {
    this.#keep({
      ...this.#all,
      lessons: { ...this.#all.lessons, [lesson]: { ...this.of(lesson), ...change } },
      last: lesson,
    });
  }

  forget(lesson: string): void {
    const { [lesson]: _, ...lessons } = this.#all.lessons;
    this.#keep({ ...this.#all, lessons });
  }

  /** A file that `load` takes. */
  save(): Blob {
    return new Blob([JSON.stringify(this.#all, null, 2)], { type: 'application/json' });
  }

  /** Adds what a file holds to what is there. Rejects, and changes nothing, when it is not such a file. */
  async load(file: Blob): Promise<void> {
    const loaded = readProgress(await file.text());
    if (loaded === 'other-version')
      throw new Error(
        'This file was saved by another version of Drydock, which this one cannot read. Nothing was changed. Reload the page to get the newest version, then try again.',
      );
    if (loaded === 'damaged')
      throw new Error(
        'This file does not hold the progress of a course in Drydock. Nothing was changed. Choose one that “Save progress as a file” made.',
      );
    this.#keep(mergeProgress(this.#all, loaded));
  }

  /** Forgets what could not be read. */
  dropKept(): void {
    try {
      localStorage.removeItem(KEPT_KEY);
    } catch {
      // Then it was not kept either.
    }
    this.#problem = undefined;
    this.#tell();
  }

  #read(): void {
    const text = stored(KEY);
    const found = text === null ? NO_PROGRESS : readProgress(text);
    if (typeof found !== 'string') {
      this.#all = found;
      this.#readKept();
      return;
    }
    this.#all = NO_PROGRESS;
    this.#problem = unreadable(text ?? '');
    try {
      if (localStorage.getItem(KEPT_KEY) === null) localStorage.setItem(KEPT_KEY, text ?? '');
      localStorage.removeItem(KEY);
    } catch {
      // It stays where it was until something is written; the message offers it as a file.
    }
  }

  /** What another version could not read, this one may. */
  #readKept(): void {
    const kept = stored(KEPT_KEY);
    if (kept === null) return;
    const found = readProgress(kept);
    if (typeof found === 'string') {
      this.#problem = unreadable(kept);
      return;
    }
    this.#keep(mergeProgress(found, this.#all));
    this.dropKept();
  }

  #keep(all: AllProgress): void {
    this.#all = all;
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
      if (this.#problem?.kept === undefined) this.#problem = undefined;
    } catch (error) {
      storageRefused(error);
      // Without any storage, progress lasts as long as the page; the header says that nothing is kept.
      if (isFull(error))
        this.#problem = {
          ...this.#problem,
          text: 'This browser’s storage is full: what you do now is lost when you close the page. Save progress as a file, or delete checkpoints, then go on.',
        };
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function unreadable(kept: string): ProgressProblem {
  return {
    text: 'The progress that this browser kept was saved by another version of Drydock, or is damaged. This version cannot read it and begins anew; what was there is kept.',
    kept,
  };
}

export const progress = new Progress();

/** What a lesson knows of what was done in it, and adds to that. */
export type LessonRecord = Pick<Progress, 'of' | 'change' | 'forget'>;

export function useProgress(): AllProgress {
  return useSyncExternalStore(progress.subscribe, progress.all);
}

/** What is wrong with keeping progress, if anything. */
export function useProgressProblem(): ProgressProblem | undefined {
  return useSyncExternalStore(progress.subscribe, progress.problem);
}
