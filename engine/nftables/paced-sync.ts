import { sleep, type Clock } from '../base/clock.ts';
import { runSoon } from '../base/run-soon.ts';

export interface PacedSyncOptions {
  readonly clock: Clock;
  /** Brings the kernel to what is wanted now. */
  readonly sync: () => Promise<void>;
  /** told of failures; each is tried again */
  readonly onError: (error: unknown) => void;
}

/** At most `BURST` rounds at once, and then one in `PERIOD_MS`: as upstream's `minSyncPeriod` and burst. */
const PERIOD_MS = 1000;
const BURST = 2;
/** Between tries, in milliseconds: doubled each time. */
const FIRST_RETRY_MS = 500;
const MOST_RETRY_MS = 30_000;

/** Does what is to be done after changes: soon, once for many, not too often, and again after a failure. */
export class PacedSync {
  readonly #options: PacedSyncOptions;
  #wanted = false;
  #wake = (): void => {};

  constructor(options: PacedSyncOptions) {
    this.#options = options;
  }

  /** Something has changed. */
  request(): void {
    this.#wanted = true;
    this.#wake();
  }

  /** Works until the signal; a round that has begun is finished. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, sync, onError } = this.#options;
    let tokens = BURST;
    let counted = clock.monotonic();
    let retry = FIRST_RETRY_MS;
    const stopped = (): void => this.#wake();
    signal.addEventListener('abort', stopped, { once: true });
    while (!signal.aborted) {
      await this.#asked(signal);
      if (signal.aborted) break;
      const now = clock.monotonic();
      tokens = Math.min(BURST, tokens + (now - counted) / PERIOD_MS);
      counted = now;
      if (tokens < 1) {
        await sleep(clock, (1 - tokens) * PERIOD_MS, signal).catch(() => {});
        continue;
      }
      tokens -= 1;
      this.#wanted = false;
      try {
        await sync();
        retry = FIRST_RETRY_MS;
      } catch (error) {
        onError(error);
        this.#wanted = true;
        await sleep(clock, retry, signal).catch(() => {});
        retry = Math.min(retry * 2, MOST_RETRY_MS);
      }
    }
    signal.removeEventListener('abort', stopped);
  }

  /** Resolves when there is something to do and what came with it has been taken in. */
  async #asked(signal: AbortSignal): Promise<void> {
    if (!this.#wanted && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    await new Promise<void>((resolve) => {
      runSoon(resolve);
    });
  }
}
