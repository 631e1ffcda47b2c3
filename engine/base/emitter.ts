import type { Disposable } from './disposable.ts';

/** Subscribes a listener until it is disposed. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** The sending side of an `Event`. Listeners run in order of subscription, synchronously. */
export class Emitter<T> implements Disposable {
  #listeners: readonly ((value: T) => void)[] = [];

  readonly event: Event<T> = (listener) => {
    const own = (value: T): void => listener(value);
    this.#listeners = [...this.#listeners, own];
    return {
      dispose: () => {
        this.#listeners = this.#listeners.filter((other) => other !== own);
      },
    };
  };

  get hasListeners(): boolean {
    return this.#listeners.length > 0;
  }

  /** Calls each listener that was subscribed when the call began. A listener that throws stops the rest. */
  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }

  dispose(): void {
    this.#listeners = [];
  }
}
