import { describe, expect, test } from 'vitest';
// @ts-expect-error the scripts run before anything is installed, so they are plain JavaScript
import { failedFiles, judge, lastLines, summary } from './test-report.mjs';

const outcome = (file: string, titles: readonly string[], state: string, error: string[] = []) => ({
  file,
  titles,
  state,
  error,
});
const editor = (state: string, error?: string[]) =>
  outcome('test/e2e/editor.e2e.ts', ['the editor', 'saves'], state, error);
const run = (outcomes: readonly object[], unhandled: readonly object[] = [], status = 0) => ({
  status,
  outcomes,
  unhandled,
});

describe('a run', () => {
  test('counts what passed, what failed, and as failed what was skipped', () => {
    const tests = [editor('passed'), outcome('a.test.ts', ['left out'], 'skipped')];
    expect(judge(run(tests))).toEqual({
      passed: 1,
      failed: 1,
      failures: [{ name: 'a.test.ts > left out', error: ['skipped'] }],
      secondAttempts: [],
    });
  });

  test('tells once of a preparation that failed, and counts the tests it kept from running', () => {
    const file = 'test/e2e/start.e2e.ts';
    const broken = outcome(file, ['(preparation)'], 'failed', ['Error: no browser']);
    const skipped = [outcome(file, ['one'], 'skipped'), outcome(file, ['two'], 'skipped')];
    expect(judge(run([broken, ...skipped]))).toMatchObject({
      passed: 0,
      failed: 3,
      failures: [{ name: `${file} > (preparation)` }],
    });
    const second = run([outcome(file, ['one'], 'passed'), outcome(file, ['two'], 'passed')]);
    expect(judge(run([broken, ...skipped]), second)).toMatchObject({
      passed: 2,
      failed: 0,
      secondAttempts: [{ name: `${file} > (preparation)` }],
    });
  });

  test('that says nothing, or ends badly for no reason it names, has failed', () => {
    expect(judge(run([])).failed).toBe(1);
    expect(judge(run([editor('passed')], [], 1)).failed).toBe(1);
    expect(judge(run([editor('passed')], [{ error: ['Error: late'] }], 1))).toMatchObject({
      failed: 1,
      failures: [{ name: 'somewhere > (outside of tests)', error: ['Error: late'] }],
    });
  });
});

describe('a second attempt', () => {
  test('is made of whole files, but of transcripts and lessons alone', () => {
    const docker = 'test/parity/docker/docker.parity.ts';
    const transcript = outcome(docker, ['run-limits', 'prints the same'], 'failed');
    const lessons = 'test/scenarios/lessons/cluster-lessons.test.ts';
    const lesson = outcome(lessons, ['03-nodes/01-kubelet', 'is done'], 'failed');
    const late = { file: 'test/e2e/start.e2e.ts', error: [] };
    expect(
      failedFiles(run([editor('failed'), editor('passed'), transcript, lesson], [late])),
    ).toEqual([
      { files: ['test/e2e/start.e2e.ts', 'test/e2e/editor.e2e.ts'] },
      { files: [docker], suites: ['run\\-limits'] },
      { files: [lessons], suites: ['03\\-nodes\\/01\\-kubelet'] },
    ]);
    expect(failedFiles(run([editor('passed')]))).toEqual([]);
  });

  test('counts, and the first error is told', () => {
    const first = run([editor('failed', ['Error: chance'])], [], 1);
    expect(judge(first, run([editor('passed')]))).toMatchObject({
      passed: 1,
      failed: 0,
      failures: [],
      secondAttempts: [{ error: ['Error: chance'] }],
    });
    expect(judge(first, run([editor('failed')], [], 1))).toMatchObject({ passed: 0, failed: 1 });
    expect(judge(first, run([]))).toMatchObject({ passed: 0, failed: 1 });
  });

  test('brings the tests of a file that broke before they were known', () => {
    const broken = outcome('a.test.ts', ['(preparation)'], 'failed', ['Error: no memory']);
    const second = run([outcome('a.test.ts', ['one'], 'passed')]);
    expect(judge(run([broken], [], 1), second)).toMatchObject({ passed: 1, failed: 0 });
    const worse = run([outcome('a.test.ts', ['one'], 'failed')], [], 1);
    expect(judge(run([broken], [], 1), worse)).toMatchObject({ passed: 0, failed: 1 });
  });

  test('is no excuse for an error outside of tests that comes again, or that nothing can repeat', () => {
    const late = { error: ['Error: the worker ended'] };
    const first = run([editor('failed')], [late], 1);
    expect(judge(first, run([editor('passed')]))).toMatchObject({ failed: 0 });
    expect(judge(first, run([editor('passed')], [late], 1))).toMatchObject({ failed: 1 });
    expect(judge(run([editor('passed')], [late], 1), run([]))).toMatchObject({ failed: 1 });
  });
});

describe('the last lines', () => {
  const step = { name: 'e2e', passed: 7, failed: 0, seconds: 61.25 };
  const problem = { name: 'a.e2e.ts > works', error: ['Error: chance', 'at a.e2e.ts:1:1'] };

  test('are a table and a sum when all is well', () => {
    expect(summary([step])).toBe(
      'ok   e2e            7 passed   0 failed    61.3 s\n\n7 passed, 0 failed',
    );
  });

  test('name what failed and what passed only the second time, with their errors', () => {
    const failed = { ...step, failed: 1, failures: [problem] };
    const lucky = { ...step, name: 'parity', secondAttempts: [problem] };
    const lines = summary([failed, lucky]).split('\n');
    expect(lines[0]).toMatch(/^FAIL e2e/);
    expect(lines.slice(3, -2)).toEqual([
      'Failed:',
      'e2e: a.e2e.ts > works',
      '    Error: chance',
      '    at a.e2e.ts:1:1',
      '',
      'Passed at the second attempt, which hides something that is to be mended:',
      'parity: a.e2e.ts > works',
      '    Error: chance',
      '    at a.e2e.ts:1:1',
    ]);
  });

  test('are never more than a screenful', () => {
    for (const count of [5, 40, 400]) {
      const failures = Array.from({ length: count }, (_value, index) => ({
        name: `test ${index}`,
        error: Array.from({ length: 30 }, () => 'line'),
      }));
      const text: string = summary([{ ...step, failed: count, failures }]);
      expect(text.split('\n').length).toBeLessThan(70);
      const named = text.split('\n').filter((line) => line.startsWith('e2e: ')).length;
      const rest = Number(/… and (\d+) more/.exec(text)?.[1] ?? 0);
      expect(named + rest).toBe(count);
    }
  });

  test('of a program have no colours', () => {
    expect(lastLines('one\n\u001B[31mred\u001B[0m\n')).toEqual(['one', 'red']);
  });
});
