/** Something that can be done, or a place to go to. */
export interface Command {
  /** what it does, as a button would say */
  readonly label: string;
  /** what it is about, such as `Lesson` */
  readonly group: string;
  /** further words to find it by */
  readonly also?: string;
  readonly keys?: string;
  readonly run: () => void;
}

/** most that a list shows at once */
const MOST = 60;

/**
 * Commands in which each word of `query` begins a word, or else occurs anywhere; best first. Words of the label count
 * more than those of group and further words. All in their order without a query.
 */
export function findCommands(commands: readonly Command[], query: string): readonly Command[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands
    .map((command) => ({ command, score: scoreOf(command, wanted) }))
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score)
    .slice(0, MOST)
    .map(({ command }) => command);
}

function scoreOf({ label, group, also = '' }: Command, wanted: readonly string[]): number {
  const name = label.toLowerCase();
  const rest = `${group} ${also}`.toLowerCase();
  let score = 1;
  for (const word of wanted) {
    const best = Math.max(4 * match(name, word), match(rest, word));
    if (best === 0) return 0;
    score += best;
  }
  return score;
}

/** 3 at the beginning, 2 at the beginning of a word, 1 anywhere, 0 nowhere. */
function match(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return text.split(/[^\p{L}\p{N}]+/u).some((one) => one.startsWith(word)) ? 2 : 1;
}
