import { describe, expect, test, vi } from 'vitest';
import { describeFailure } from './failures.ts';

const withCode = (code: string) => Object.assign(new Error(`details of ${code}`), { code });

describe('describeFailure', () => {
  test.each([
    ['ARTIFACT_UNAVAILABLE', /stopped half-way/],
    ['OUT_OF_MEMORY', /memory/],
    ['STATE_MISMATCH', /What was saved does not fit this version/],
    ['STATE_DAMAGED', /What was saved is damaged/],
    ['BOOT_FAILED', /did not start/],
    ['SOMETHING_ELSE', /stopped/],
  ])('%s has a title, a reason, advice and the error’s own words', (code, title) => {
    vi.stubGlobal('navigator', { onLine: true });
    const failure = describeFailure(withCode(code));
    expect(failure.title).toMatch(title);
    expect(failure.why).not.toBe('');
    expect(failure.advice.length).toBeGreaterThan(0);
    expect(failure.detail).toBe(`details of ${code}`);
    vi.unstubAllGlobals();
  });

  test('a missing file while offline says that one is offline', () => {
    vi.stubGlobal('navigator', { onLine: false });
    expect(describeFailure(withCode('ARTIFACT_UNAVAILABLE')).title).toBe('You are offline');
    vi.unstubAllGlobals();
  });

  test.each(['STATE_MISMATCH', 'STATE_DAMAGED'])(
    '%s speaks of checkpoints: a cluster may be what does not go on',
    (code) => {
      const { title, why, advice } = describeFailure(withCode(code));
      expect(why).toMatch(/checkpoint/);
      expect([title, why, ...advice].join(' ')).not.toMatch(/saved (machine|one)/);
    },
  );

  test('a RangeError about an allocation is about memory', () => {
    expect(
      describeFailure(new RangeError('WebAssembly.Memory(): could not allocate memory')).title,
    ).toMatch(/memory/);
  });

  test('what is thrown need not be an Error', () => {
    expect(describeFailure('no').detail).toBe('no');
  });
});
