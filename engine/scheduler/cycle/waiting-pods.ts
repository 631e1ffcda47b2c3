import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { unschedulable, type Rejection } from '../framework/status.ts';

interface WaitingPod {
  /** plugins that have not allowed it yet, with the timer after which each refuses it */
  readonly pending: Map<string, Disposable>;
  readonly end: (rejection: Rejection | undefined) => void;
}

/** Pods that have a node but wait for Permit plugins before they are bound. */
export class WaitingPods {
  readonly #clock: Clock;
  readonly #pods = new Map<string, WaitingPod>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when all plugins have allowed the Pod, or one has refused it. @param waits milliseconds by plugin */
  wait(uid: string, waits: ReadonlyMap<string, number>): Promise<Rejection | undefined> {
    return new Promise((resolve) => {
      const pending = new Map<string, Disposable>();
      const end = (rejection: Rejection | undefined): void => {
        for (const timer of pending.values()) timer.dispose();
        this.#pods.delete(uid);
        resolve(rejection);
      };
      this.#pods.set(uid, { pending, end });
      for (const [plugin, milliseconds] of waits)
        pending.set(
          plugin,
          this.#clock.setTimer(
            () =>
              this.reject(
                uid,
                plugin,
                `rejected due to timeout after waiting ${milliseconds / 1000}s at plugin ${plugin}`,
              ),
            milliseconds,
          ),
        );
    });
  }

  allow(uid: string, plugin: string): void {
    const pod = this.#pods.get(uid);
    pod?.pending.get(plugin)?.dispose();
    pod?.pending.delete(plugin);
    if (pod?.pending.size === 0) pod.end(undefined);
  }

  /** False: it does not wait. */
  reject(uid: string, plugin: string, reason: string): boolean {
    const pod = this.#pods.get(uid);
    pod?.end(unschedulable(plugin, reason));
    return pod !== undefined;
  }
}
