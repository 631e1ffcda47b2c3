/** What a learner has done, as it is kept and as it is in files. Pure: `progress.ts` keeps it. */
import { z } from 'zod';

const VERSION = 1;

const lessonProgress = z.object({
  /** tasks that were done */
  done: z.array(z.string()),
  /** questions that were answered right */
  answered: z.array(z.string()),
  /** where the learner was */
  step: z.string().optional(),
});
const allProgress = z.object({
  version: z.literal(VERSION),
  lessons: z.record(z.string(), lessonProgress),
  /** the lesson that was worked on last */
  last: z.string().optional(),
});

export type LessonProgress = z.infer<typeof lessonProgress>;
export type AllProgress = z.infer<typeof allProgress>;

export const NO_PROGRESS: AllProgress = { version: VERSION, lessons: {} };

/** Why a text is no progress: it was written by another version of this app, or it is something else. */
export type Unreadable = 'other-version' | 'damaged';

/** Reads what `JSON.stringify` made of progress. */
export function readProgress(text: string): AllProgress | Unreadable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'damaged';
  }
  const result = allProgress.safeParse(value);
  if (result.success) return result.data;
  const versioned = z.object({ version: z.number(), lessons: z.unknown() }).safeParse(value);
  return versioned.success && versioned.data.version !== VERSION ? 'other-version' : 'damaged';
}

/** All that either holds; where one was is what `loaded` says. */
export function mergeProgress(own: AllProgress, loaded: AllProgress): AllProgress {
  const lessons = { ...own.lessons };
  for (const [id, one] of Object.entries(loaded.lessons)) {
    const { done, answered } = lessons[id] ?? { done: [], answered: [] };
    lessons[id] = {
      ...one,
      done: [...new Set([...done, ...one.done])],
      answered: [...new Set([...answered, ...one.answered])],
    };
  }
  const last = loaded.last ?? own.last;
  return { version: VERSION, lessons, ...(last === undefined ? {} : { last }) };
}
