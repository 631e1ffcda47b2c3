import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/harness/longest-first.ts';
import { isNight } from './test/harness/night.ts';

/** A machine keeps one core busy while its test waits for it. */
const FILES_AT_ONCE = 2;
/**
 * Guards against hanging that measure nothing, in milliseconds: in CI both cores are busy, and slower than yours.
 */
const PATIENCE = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 120_000 } },
};

/** Files named `*.nightly.*` take minutes: `npm run test:nightly` (docs/decisions/031-what-the-night-runs.md). */
const LEFT_OUT = isNight ? [] : ['test/**/*.nightly.*'];

/**
 * `unit`: beside the code, no machine. `scenarios`: real machines in Node, from prepared
 * states. `cluster`: on one cluster of three machines. `parity`: our servers against what upstream's print. `e2e`: the built app in headless Chromium.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          // Many files that load the same modules: once in each worker is enough. One core is left idle by default.
          isolate: false,
          maxWorkers: '100%',
          ...PATIENCE,
          include: [
            'engine/**/*.test.ts',
            'web/**/*.test.ts',
            'lessons/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          exclude: ['test/scenarios/cluster/**', ...LEFT_OUT],
          ...PATIENCE,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/scenarios/cluster/**/*.test.ts'],
          exclude: LEFT_OUT,
          // One cluster for all of them.
          globalSetup: ['test/scenarios/cluster/global-setup.ts'],
          ...PATIENCE,
          // At night one of them takes machines away.
          maxWorkers: isNight ? 1 : FILES_AT_ONCE,
        },
      },
      {
        test: {
          name: 'parity',
          include: ['test/parity/**/*.parity.ts'],
          exclude: LEFT_OUT,
          ...PATIENCE,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.ts'],
          exclude: LEFT_OUT,
          ...PATIENCE,
          maxWorkers: FILES_AT_ONCE,
        },
      },
    ],
  },
});
