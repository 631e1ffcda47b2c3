/** Where two texts differ, in characters. */
export interface ChangedPart {
  /** of the text before, and in place of it */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The shortest part of a text which makes another one of it: what is around it stays as it is, and a cursor there too. */
export function changedPart(before: string, after: string): ChangedPart {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  let same = 0;
  while (same < shorter - from && before.at(-1 - same) === after.at(-1 - same)) same++;
  return { from, to: before.length - same, text: after.slice(from, after.length - same) };
}
