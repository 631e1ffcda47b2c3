import { isSidecar } from '../../objects/pod-resources.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';

interface Ending {
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/**
 * Sidecars end after the main containers, the last one first (upstream's kuberuntime_termination_order.go).
 */
export class TerminationOrder {
  readonly #clock: Clock;
  readonly #endings = new Map<string, Ending>();
  readonly #before = new Map<string, readonly string[]>();

  /** @param running names of containers that run */
  constructor(clock: Clock, { spec }: Pod, running: readonly string[]) {
    this.#clock = clock;
    for (const name of running) {
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      this.#endings.set(name, { ended, end });
    }
    const main = (spec.containers ?? []).map(({ name }) => name);
    let later: string | undefined;
    for (const container of (spec.initContainers ?? []).filter(isSidecar).toReversed()) {
      this.#before.set(container.name, later === undefined ? main : [...main, later]);
      later = container.name;
    }
  }

  /** Waits until those that end before it have, but no longer than so many seconds. Returns whole seconds it took. */
  async turnOf(name: string, mostSeconds: number): Promise<number> {
    const start = this.#clock.monotonic();
    const waiting = (this.#before.get(name) ?? [])
      .map((before) => this.#endings.get(before)?.ended)
      .filter((ended) => ended !== undefined);
    if (waiting.length === 0 || mostSeconds <= 0) return 0;
    const stop = new AbortController();
    const expired = sleep(this.#clock, mostSeconds * 1000, stop.signal).catch(() => undefined);
    await Promise.race([Promise.all(waiting), expired]);
    stop.abort();
    return Math.floor((this.#clock.monotonic() - start) / 1000);
  }

  ended(name: string): void {
    this.#endings.get(name)?.end();
  }
}
