import { sleep, type Clock } from '../base/clock.ts';
import { runSoon } from '../base/run-soon.ts';
import { ExponentialLimiter, TokenBucket } from '../client/queue/rate-limiter.ts';

export interface PacedSyncOptions {
  readonly clock: Clock;
  /** Brings the kernel to what is wanted now. */
  readonly sync: () => Promise<void>;
  /** told of failures; each is tried again */
  readonly onError: (error: unknown) => void;
}

/** At most `BURST` rounds at once, and then so many a second: as upstream's `minSyncPeriod` and burst. */
const RATE = 1;
const BURST = 2;
/** There is one thing to do. */
const SYNC = 'sync';
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
    const pace = new TokenBucket(clock, RATE, BURST);
    const retries = new ExponentialLimiter(FIRST_RETRY_MS, MOST_RETRY_MS);
    const stopped = (): void => this.#wake();
    signal.addEventListener('abort', stopped, { once: true });
    while (!signal.aborted) {
      await this.#asked(signal);
      if (signal.aborted) break;
      const wait = pace.take();
      if (wait > 0) await sleep(clock, wait, signal).catch(() => {});
      if (signal.aborted) break;
      this.#wanted = false;
      try {
        await sync();
        retries.forget(SYNC);
      } catch (error) {
        onError(error);
        this.#wanted = true;
        await sleep(clock, retries.when(SYNC), signal).catch(() => {});
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
