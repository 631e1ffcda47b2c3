import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { PodInfo } from '../cache/pod-info.ts';
import {
  isWorthTrying,
  type ClusterEvent,
  type EventInterest,
} from '../framework/cluster-event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { Backoff } from './backoff.ts';
import { Heap } from './heap.ts';
import { Nominator } from './nominator.ts';
import { podChanges } from './pod-changes.ts';
import { QueuedPod } from './queued-pod.ts';

export interface SchedulingQueueOptions {
  readonly clock: Clock;
  /** which of two Pods is tried first */
  readonly compare: (a: QueuedPod, b: QueuedPod) => number;
  /** the plugins of a profile: all, and those that may keep a Pod out */
  readonly pluginsOf: (schedulerName: string) => readonly Plugin[];
  readonly preEnqueueOf: (schedulerName: string) => readonly Plugin[];
  readonly initialBackoffMilliseconds: number;
  readonly maxBackoffMilliseconds: number;
  /** told of hints that throw; the Pod is tried then */
  readonly onError: (error: unknown) => void;
}

/** Whether to try a Pod again: not now, after its backoff, or at once. */
type Strategy = 'skip' | 'afterBackoff' | 'immediately';

/** Milliseconds a Pod waits for an event at most; what no plugin foresaw may help it. */
const MOST_UNSCHEDULABLE_MS = 5 * 60 * 1000;
const LOOK_FOR_FORGOTTEN_MS = 30_000;
const LOOK_FOR_BACKOFF_MS = 1000;

/**
 * Pods that wait for a node. Active ones are tried in order of priority; after a failure a Pod is
 * unschedulable until an event that may help it, and then backs off. When nothing is active, Pods
 * that back off from refusals (not from errors) are tried early.
 */
export class SchedulingQueue implements Disposable {
  readonly nominator = new Nominator();
  readonly #options: SchedulingQueueOptions;
  readonly #backoff: Backoff;
  readonly #active: Heap<QueuedPod>;
  readonly #backingOff: Heap<QueuedPod>;
  readonly #backingOffFromErrors: Heap<QueuedPod>;
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** Pods that have left the queue but may come back, with what happened since */
  readonly #inFlight = new Map<string, ClusterEvent[]>();
  readonly #timers: Disposable[] = [];
  #wake = (): void => {};

  constructor(options: SchedulingQueueOptions) {
    this.#options = options;
    const { compare, initialBackoffMilliseconds, maxBackoffMilliseconds } = options;
    const backoff = new Backoff(initialBackoffMilliseconds, maxBackoffMilliseconds);
    const byEnd = (a: QueuedPod, b: QueuedPod): number =>
      backoff.endOf(a) - backoff.endOf(b) || compare(a, b);
    this.#backoff = backoff;
    this.#active = new Heap(uidOf, compare);
    this.#backingOff = new Heap(uidOf, byEnd);
    this.#backingOffFromErrors = new Heap(uidOf, byEnd);
  }

  /** Starts what happens as time passes. */
  start(): void {
    this.#every(LOOK_FOR_BACKOFF_MS, () => this.#endBackoffs());
    this.#every(LOOK_FOR_FORGOTTEN_MS, () => this.#tryForgotten());
  }

  dispose(): void {
    for (const timer of this.#timers) timer.dispose();
    this.#wake();
  }

  get sizes(): {
    readonly active: number;
    readonly backoff: number;
    readonly unschedulable: number;
  } {
    return {
      active: this.#active.size,
      backoff: this.#backingOff.size + this.#backingOffFromErrors.size,
      unschedulable: this.#unschedulable.size,
    };
  }

  /** The Pod to be tried next. It is in flight until `done` or `addUnschedulable`. */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop() ?? this.#backingOff.pop();
    if (pod === undefined) return undefined;
    pod.attempts++;
    pod.backoffEnd = undefined;
    this.#inFlight.set(pod.uid, []);
    return pod;
  }

  /** Resolves when `pop` may have something, or the queue was disposed. */
  async waiting(): Promise<void> {
    if (this.#active.size > 0 || this.#backingOff.size > 0) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** The Pod does not come back by this try. */
  done(uid: string): void {
    this.#inFlight.delete(uid);
  }

  add(pod: Pod): void {
    const queued = new QueuedPod(pod, this.#options.clock.now());
    this.nominator.add(queued.info, pod.status?.nominatedNodeName ?? '');
    this.#activate(queued);
  }

  /** A try has failed. The Pod's own sets of plugins say who refused it; none means an error. */
  addUnschedulable(pod: QueuedPod): void {
    const events = this.#inFlight.get(pod.uid) ?? [];
    this.done(pod.uid);
    if (this.#find(pod.uid) !== undefined) return;
    if (pod.unschedulablePlugins.size === 0 && pod.pendingPlugins.size === 0) {
      pod.consecutiveErrors++;
    } else {
      pod.unschedulableCount++;
      pod.consecutiveErrors = 0;
    }
    pod.timestamp = this.#options.clock.now();
    pod.backoffEnd = undefined;
    let best: Strategy =
      pod.unschedulablePlugins.size === 0 && pod.pendingPlugins.size === 0
        ? 'afterBackoff'
        : 'skip';
    for (const event of events) best = better(best, this.#strategyFor(pod, event));
    this.#requeue(pod, best);
  }

  /** A Pod without a node was changed. */
  update(before: Pod, after: Pod): void {
    const { uid = '' } = after.metadata;
    const info = new PodInfo(after);
    this.#updateNomination(before, info);
    const changes = podChanges(before, after, 'TargetPod');
    const inFlight = this.#inFlight.get(uid);
    if (inFlight !== undefined) {
      inFlight.push(...changes);
      return;
    }
    const queued = this.#find(uid);
    if (queued === undefined) {
      this.add(after);
      return;
    }
    queued.info = info;
    for (const heap of [this.#active, this.#backingOff, this.#backingOffFromErrors])
      if (heap.get(uid) !== undefined) heap.set(queued);
    if (!this.#unschedulable.has(uid)) return;
    for (const change of changes) {
      const strategy = this.#strategyFor(queued, change);
      if (strategy === 'skip') continue;
      this.#requeue(queued, strategy);
      break;
    }
  }

  delete(uid: string): void {
    this.nominator.delete(uid);
    this.#take(uid);
  }

  /** Something happened: moves the Pods that it may help. */
  onEvent(event: ClusterEvent, isCandidate: (pod: Pod) => boolean = () => true): void {
    for (const events of this.#inFlight.values()) events.push(event);
    const waiting = [...this.#unschedulable.values()];
    for (const pod of waiting) {
      if (!isCandidate(pod.pod)) continue;
      const strategy = this.#strategyFor(pod, event);
      if (strategy !== 'skip') this.#requeue(pod, strategy);
    }
  }

  /** Tries a Pod at once that waits, whatever refused it. */
  activate(uid: string): void {
    const pod = this.#find(uid);
    if (pod !== undefined && this.#active.get(uid) === undefined) {
      this.#take(uid);
      this.#activate(pod);
    }
  }

  #find(uid: string): QueuedPod | undefined {
    return (
      this.#active.get(uid) ??
      this.#backingOff.get(uid) ??
      this.#backingOffFromErrors.get(uid) ??
      this.#unschedulable.get(uid)
    );
  }

  #take(uid: string): void {
    this.#active.delete(uid);
    this.#backingOff.delete(uid);
    this.#backingOffFromErrors.delete(uid);
    this.#unschedulable.delete(uid);
  }

  /** Keeps a nomination that the API server does not know yet. */
  #updateNomination(before: Pod, info: PodInfo): void {
    const told = info.pod.status?.nominatedNodeName ?? '';
    const known = this.nominator.nodeOf(info.uid);
    const keeps = told === '' && (before.status?.nominatedNodeName ?? '') === '';
    this.nominator.add(info, keeps ? (known ?? '') : told);
  }

  #strategyFor(pod: QueuedPod, event: ClusterEvent): Strategy {
    if (pod.unschedulablePlugins.size === 0 && pod.pendingPlugins.size === 0) return 'afterBackoff';
    let best: Strategy = 'skip';
    for (const plugin of this.#options.pluginsOf(pod.schedulerName)) {
      if (!pod.isRefusedBy(plugin.name)) continue;
      // Only what the plugin that gates it waits for can open the gate.
      if (pod.gatedBy !== undefined && plugin.name !== pod.gatedBy) continue;
      for (const interest of plugin.interests ?? []) {
        if (!this.#helps(interest, event, pod.pod)) continue;
        best = better(best, pod.pendingPlugins.has(plugin.name) ? 'immediately' : 'afterBackoff');
      }
    }
    return best;
  }

  #helps(interest: EventInterest, event: ClusterEvent, pod: Pod): boolean {
    try {
      return isWorthTrying(interest, event, pod);
    } catch (error) {
      this.#options.onError(error);
      return true;
    }
  }

  #requeue(pod: QueuedPod, strategy: Strategy): void {
    if (strategy === 'skip') this.#unschedulable.set(pod.uid, pod);
    else if (strategy === 'afterBackoff' && this.#backoff.endOf(pod) > this.#options.clock.now())
      this.#backOff(pod);
    else this.#activate(pod);
  }

  #backOff(pod: QueuedPod): void {
    if (this.#isGated(pod)) return;
    const heap = pod.consecutiveErrors > 0 ? this.#backingOffFromErrors : this.#backingOff;
    heap.set(pod);
    this.#wake();
  }

  #activate(pod: QueuedPod): void {
    if (this.#isGated(pod)) return;
    this.#active.set(pod);
    this.#wake();
  }

  /** Asks the plugins whether the Pod may be tried; one that may not is unschedulable. */
  #isGated(pod: QueuedPod): boolean {
    this.#take(pod.uid);
    pod.gatedBy = undefined;
    for (const plugin of this.#options.preEnqueueOf(pod.schedulerName)) {
      const refused = plugin.preEnqueue?.(pod.pod);
      if (refused === undefined) continue;
      pod.unschedulablePlugins.add(plugin.name);
      pod.gatedBy = plugin.name;
      this.#unschedulable.set(pod.uid, pod);
      return true;
    }
    return false;
  }

  #endBackoffs(): void {
    const now = this.#options.clock.now();
    for (const heap of [this.#backingOff, this.#backingOffFromErrors])
      for (let { first } = heap; first !== undefined; { first } = heap) {
        if (this.#backoff.endOf(first) > now) break;
        heap.pop();
        this.#active.set(first);
      }
    if (this.#active.size > 0) this.#wake();
  }

  #tryForgotten(): void {
    const now = this.#options.clock.now();
    const waiting = [...this.#unschedulable.values()];
    for (const pod of waiting)
      if (now - pod.timestamp > MOST_UNSCHEDULABLE_MS) this.#requeue(pod, 'afterBackoff');
  }

  #every(milliseconds: number, work: () => void): void {
    const index = this.#timers.length;
    const again = (): void => {
      this.#timers[index] = this.#options.clock.setTimer(() => {
        work();
        again();
      }, milliseconds);
    };
    again();
  }
}

function uidOf({ uid }: QueuedPod): string {
  return uid;
}

const RANKS: readonly Strategy[] = ['skip', 'afterBackoff', 'immediately'];

function better(a: Strategy, b: Strategy): Strategy {
  return RANKS.indexOf(a) >= RANKS.indexOf(b) ? a : b;
}
