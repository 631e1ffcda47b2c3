import type { FakeClock } from '../../base/fake-clock.ts';
import { runSoon } from '../../base/run-soon.ts';

/** Lets everything run that waits for no clock. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => runSoon(resolve));
}

/** Moves the clock on step by step, so that what one timer starts can set the next. */
export async function advance(clock: FakeClock, milliseconds: number, step = 100): Promise<void> {
  for (let left = milliseconds; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    await settle();
  }
}
