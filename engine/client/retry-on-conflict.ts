import { reasonOf } from './response-failure.ts';

const TRIES = 5;

/**
 * Tries again when somebody else was quicker, five times in all. At once, unlike client-go: what is
 * read after a conflict is what caused it.
 * @param attempt reads and writes; told which try it is, from 1
 */
export async function retryOnConflict<T>(attempt: (tries: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries);
    } catch (error) {
      if (reasonOf(error) !== 'Conflict' || tries === TRIES) throw error;
    }
  }
}
