/** What `npm test` makes of its runs, and its last lines: for whoever sees only those. */
import { stripVTControlCharacters } from 'node:util';

/** Stands for what is done before the tests of a file or a suite, and after them. */
export const PREPARATION = '(preparation)';

/** Lines that tell of failures, all together. What does not fit is counted. */
const MOST_LINES = 60;
/** Lines of what a program said last. */
const LAST_LINES = 12;

/**
 * Files with a suite for each transcript or lesson, on a machine or cluster as new: such a suite can be done again alone.
 * Elsewhere tests build on those before them, and the whole file is done again.
 */
const HAS_SUITES_OF_THEIR_OWN =
  /^test\/(?:parity\/\w+\/(?:docker|kubectl)\.parity|scenarios\/lessons\/(?:cluster-)?lessons\.test)\.ts$/;

export const lastLines = (output) =>
  stripVTControlCharacters(output).trimEnd().split('\n').slice(-LAST_LINES);

const key = ({ file, titles }) => JSON.stringify([file, titles]);
const nameOf = ({ file, titles }) => [file, ...titles].join(' > ');
const isPreparation = ({ titles }) => titles.at(-1) === PREPARATION;
const hasFailed = ({ state }) => state !== 'passed';

/** What a second attempt runs: files, and where that is enough the patterns of some suites' names. */
export function failedFiles({ outcomes, unhandled }) {
  const whole = new Set(unhandled.flatMap(({ file }) => (file === undefined ? [] : [file])));
  const suites = new Map();
  for (const { file, titles } of outcomes.filter(hasFailed))
    if (HAS_SUITES_OF_THEIR_OWN.test(file) && titles.length > 1) {
      const of = suites.get(file) ?? new Set();
      suites.set(file, of.add(titles[0].replaceAll(/\W/g, '\\$&')));
    } else whole.add(file);
  return [
    ...(whole.size === 0 ? [] : [{ files: [...whole] }]),
    ...[...suites]
      .filter(([file]) => !whole.has(file))
      .map(([file, names]) => ({ files: [file], suites: [...names] })),
  ];
}

/**
 * Counts and failures of a run of vitest, given what a second run of what failed brought. A test that was skipped
 * has failed: nothing may be left out.
 */
export function judge({ status, outcomes, unhandled }, second = { outcomes: [], unhandled: [] }) {
  const later = new Map(second.outcomes.map((outcome) => [key(outcome), outcome.state]));
  const rerun = new Set(second.outcomes.map(({ file }) => file));
  const isFineLater = (outcome) =>
    isPreparation(outcome)
      ? rerun.has(outcome.file) && !later.has(key(outcome))
      : later.get(key(outcome)) === 'passed';
  const result = { passed: 0, failed: 0, failures: [], secondAttempts: [] };
  const tell = (isFine, problem) => {
    if (!isFine) result.failed += 1;
    (isFine ? result.secondAttempts : result.failures).push(problem);
  };
  const unprepared = new Set(outcomes.filter(isPreparation).map(({ file }) => file));
  for (const outcome of outcomes) {
    const { file, state, error } = outcome;
    const isFine = isFineLater(outcome);
    if (!isPreparation(outcome) && (state === 'passed' || isFine)) result.passed += 1;
    if (state === 'passed') continue;
    // Skipped because of something else, which is told.
    if (state !== 'failed' && unprepared.has(file)) result.failed += isFine ? 0 : 1;
    else
      tell(isFine, {
        name: nameOf(outcome),
        error: error.length > 0 ? error : [state],
      });
  }
  // A file that broke before its tests were known has them only now.
  const known = new Set(outcomes.map(key));
  for (const outcome of second.outcomes.filter((each) => !known.has(key(each))))
    if (outcome.state === 'passed') result.passed += 1;
    else tell(false, { name: nameOf(outcome), error: outcome.error });
  for (const { file, error } of unhandled)
    // What cannot be placed, as the end of a worker, is over when all that failed beside it is.
    tell((file === undefined ? rerun.size > 0 : rerun.has(file)) && second.unhandled.length === 0, {
      name: `${file ?? 'somewhere'} > (outside of tests)`,
      error,
    });
  if (outcomes.length === 0) tell(false, { name: 'vitest told nothing', error: [] });
  else if (status !== 0 && result.failed === 0 && result.secondAttempts.length === 0)
    tell(false, { name: `vitest ended with status ${status}`, error: [] });
  return result;
}

/** A heading and problems with the first lines of their errors, in at most `room` lines. */
function listed(heading, problems, room) {
  if (problems.length === 0) return [];
  const lines = [heading];
  // Each has a fair share of the room, its name at least.
  const share = Math.max(1, Math.floor((room - 2) / problems.length));
  let told = 0;
  for (const { step, name, error } of problems) {
    const block = [`${step}: ${name}`, ...error.map((line) => `    ${line}`)].slice(0, share);
    if (lines.length + block.length >= room) break;
    lines.push(...block);
    told += 1;
  }
  return told === problems.length ? lines : [...lines, `… and ${problems.length - told} more`];
}

/** Table of the steps, what failed, what passed only at the second attempt, and the sum. */
export function summary(results) {
  const all = (kind) =>
    results.flatMap(({ name: step, ...result }) =>
      (result[kind] ?? []).map((problem) => ({ step, ...problem })),
    );
  const sum = (count) => results.reduce((total, result) => total + result[count], 0);
  const table = results.map(
    ({ name, passed, failed, seconds }) =>
      `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${seconds.toFixed(1).padStart(7)} s`,
  );
  const failures = listed('Failed:', all('failures'), MOST_LINES);
  const second = listed(
    'Passed at the second attempt, which hides something that is to be mended:',
    all('secondAttempts'),
    Math.max(MOST_LINES - failures.length, MOST_LINES / 4),
  );
  return [table, failures, second, [`${sum('passed')} passed, ${sum('failed')} failed`]]
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}
