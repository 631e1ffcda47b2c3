import type { AppMeasure } from '../app-measures.ts';
import type { Bench } from '../bench.ts';

const ROUNDS = 5;
const EVENTS_PER_SECOND = 200;

const inApp = (name: string, what: AppMeasure): Bench => ({
  name,
  unit: 'ms',
  only: 'chromium',
  async run(host) {
    const samples = [];
    for (let round = 0; round < ROUNDS; round++) samples.push({ value: await host.inApp(what) });
    return samples;
  },
});

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
];
