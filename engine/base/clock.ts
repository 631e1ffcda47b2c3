import type { Disposable } from './disposable.ts';

/** Time as a component sees it. Tests pass a `FakeClock`. */
export interface Clock {
  /** UNIX time in milliseconds */
  now(): number;
  /** milliseconds since some fixed moment; never goes back */
  monotonic(): number;
  /** Calls `callback` once after `milliseconds`, unless disposed before. */
  setTimer(callback: () => void, milliseconds: number): Disposable;
}

/** The host's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, milliseconds) {
    const id = setTimeout(callback, milliseconds);
    return { dispose: () => clearTimeout(id) };
  },
};

/** Resolves after `milliseconds`; rejects with the signal's reason when aborted before. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.dispose();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `promise`, unless it takes longer than `milliseconds`. */
export function within<T>(clock: Clock, milliseconds: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(
      () => reject(new Error(`Nothing happened within ${milliseconds} ms.`)),
      milliseconds,
    );
    promise.then(resolve, reject).finally(() => timer.dispose());
  });
}
