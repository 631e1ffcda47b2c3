import type { Stop } from '../api/lab.ts';
import { Emitter } from '../base/emitter.ts';

/** A value that tells when it changes. */
export class Observable<T> {
  readonly #changed = new Emitter<T>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    this.#changed.fire(value);
  }

  /** Resolves with the value when it is so, now or later. @param signal gives up, with its reason */
  until(isSo: (value: T) => boolean, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (isSo(this.#value)) {
        resolve(this.#value);
        return;
      }
      const end = (): void => {
        stop();
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        reject(signal?.reason as Error);
      };
      const stop = this.observe((value) => {
        if (!isSo(value)) return;
        end();
        resolve(value);
      });
      signal?.addEventListener('abort', onAbort);
    });
  }

  /** Calls back at every change from now on. */
  observe(listener: (value: T) => void): Stop {
    const subscription = this.#changed.event(listener);
    return () => subscription.dispose();
  }
}
