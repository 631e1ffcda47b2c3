import { defineConfig } from 'vitest/config';

/**
 * `unit`: beside the code, no machine. `scenarios`: real machines in Node, from prepared
 * states. `e2e`: the built app in headless Chromium. The last two own both cores, so their files run one by one.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // A guard against hanging, not a measure: both cores may be busy.
          testTimeout: 30_000,
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
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
