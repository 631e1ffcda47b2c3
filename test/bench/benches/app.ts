import type { AppMeasure } from '../app-measures.ts';
import type { Bench } from '../bench.ts';
import type { LessonMeasure } from '../lesson-measures.ts';

const ROUNDS = 5;
const EVENTS_PER_SECOND = 200;

const inApp = (
  name: string,
  what: AppMeasure,
  { unit = 'ms', rounds = ROUNDS }: { unit?: Bench['unit']; rounds?: number } = {},
): Bench => ({
  name,
  unit,
  only: 'chromium',
  async run(host) {
    const samples = [];
    for (let round = 0; round < rounds; round++) samples.push({ value: await host.inApp(what) });
    return samples;
  },
});

/** The budgets with a lesson open. What starts anew for each sample is measured a few times only. */
const withLesson = (what: LessonMeasure, unit?: Bench['unit']): Bench =>
  inApp(`with-lesson-${what}`, `with-lesson-${what}`, { rounds: 3, ...(unit && { unit }) });

/** The map of a busy cluster. */
const mapFps: Bench = {
  name: 'map-fps',
  unit: '/s',
  only: 'chromium',
  async run(host) {
    const samples = [];
    for (let round = 0; round < ROUNDS; round++)
      samples.push(await host.drawMap(EVENTS_PER_SECOND));
    return samples;
  },
};

export const appBenches: readonly Bench[] = [
  inApp('app-first-paint', 'first-paint'),
  inApp('lesson-open', 'lesson-open'),
  inApp('lesson-open-cluster', 'lesson-open-cluster'),
  inApp('check-latency', 'check-latency'),
  inApp('reset', 'reset'),
  inApp('reset-step', 'reset-step'),
  inApp('resume', 'resume'),
  mapFps,
  withLesson('echo'),
  withLesson('docker-run'),
  withLesson('idle-cpu', '%'),
  withLesson('memory', 'MB'),
  withLesson('cluster-ready'),
  withLesson('cluster-kubectl-get'),
  withLesson('cluster-idle-cpu', '%'),
  withLesson('cluster-memory', 'MB'),
];
