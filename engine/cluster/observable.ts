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

  /** Calls back at every change from now on. */
  observe(listener: (value: T) => void): Stop {
    const subscription = this.#changed.event(listener);
    return () => subscription.dispose();
  }
}
