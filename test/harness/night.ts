/** Whether what takes minutes is run too: docs/decisions/031-what-the-night-runs.md. */
export const isNight = process.env['NIGHTLY'] !== undefined;
