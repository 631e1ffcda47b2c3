/**
 * A reporter of vitest that writes what became of each test, as JSON, to the file named by TEST_OUTCOMES. Unlike
 * vitest's own it has errors outside of tests, too, and their differences.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { PREPARATION } from './test-report.mjs';

const root = path.resolve(import.meta.dirname, '..');
const MOST_LINES = 3;
const MOST_DIFFERENT_LINES = 10;
const MOST_COLUMNS = 200;

/** What went wrong and where, in a few lines without colours. */
function describeError({ name = 'Error', message = '', diff = '', stack = '' }) {
  const lines = (text) => stripVTControlCharacters(text).trim().split('\n');
  const different = lines(diff).filter((line) => /^[-+]/.test(line));
  const place = lines(stack).find((line) => line.includes(root) && !line.includes('node_modules'));
  return [
    ...lines(`${name}: ${message}`).slice(0, MOST_LINES),
    ...different.slice(0, MOST_DIFFERENT_LINES),
    ...(place === undefined ? [] : [place.trim().replaceAll(`${root}${path.sep}`, '')]),
  ].map((line) => line.slice(0, MOST_COLUMNS));
}

const relative = (file) => path.relative(root, file).split(path.sep).join('/');

/** Titles from the outermost suite to the test. */
function titles(test) {
  const outer = [];
  for (let suite = test.parent; suite.type === 'suite'; suite = suite.parent)
    outer.unshift(suite.name);
  return [...outer, test.name];
}

// vitest takes what a file of a reporter has as its default.
// oxlint-disable-next-line no-default-export
export default class OutcomesReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const outcomes = [];
    for (const module of modules) {
      const file = relative(module.moduleId);
      const add = (names, state, errors) =>
        outcomes.push({
          file,
          titles: names,
          state,
          error: errors.slice(0, 2).flatMap(describeError),
        });
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state, errors = [] } = test.result();
        add(titles(test), state, errors);
      }
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0)
          add([...titles(suite), PREPARATION], 'failed', suite.errors());
      if (module.errors().length > 0 || tests.length === 0)
        add([PREPARATION], 'failed', module.errors());
    }
    const unhandled = unhandledErrors.map((error) => ({
      ...(error.VITEST_TEST_PATH === undefined ? {} : { file: relative(error.VITEST_TEST_PATH) }),
      error: describeError(error),
    }));
    writeFileSync(process.env.TEST_OUTCOMES, JSON.stringify({ outcomes, unhandled }));
  }
}
