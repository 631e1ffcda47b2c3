/** Characters of a log that are kept; when there are more, half of them are forgotten. */
export const MOST_CHARACTERS = 400_000;

/** The end of a log, in whole lines. */
export function logTail(log: string): string {
  if (log.length <= MOST_CHARACTERS) return log;
  const end = log.slice(-MOST_CHARACTERS / 2);
  return end.slice(end.indexOf('\n') + 1);
}
