import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Random } from '../../base/random.ts';
import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { isPodEnd } from '../status/phase.ts';

/** What a node decides about a Pod, which becomes its status. */
export type Verdict = Pick<PodStatus, 'phase' | 'reason' | 'message' | 'conditions'>;

/** What a worker does; each resolves when it is done, and is tried again when it fails. */
export interface PodWork {
  /** `isTerminal`: it is to run nothing more. `again`: milliseconds until it has to be looked at again. */
  sync(pod: Pod): Promise<{ readonly isTerminal: boolean; readonly again?: number | undefined }>;
  terminate(
    pod: Pod,
    gracePeriodSeconds: number | undefined,
    verdict: Verdict | undefined,
  ): Promise<void>;
  finish(pod: Pod): Promise<void>;
  /** It is being terminated and has less time than it was given. */
  hasten(pod: Pod, gracePeriodSeconds: number): Promise<void>;
}

export interface PodWorkersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly work: PodWork;
  /** milliseconds after which a Pod is looked at although nothing changed */
  readonly resync: number;
  readonly onError: (error: unknown) => void;
}

/** Throw it where waiting a certain time is better than the usual. */
export class RetryError extends Error {
  override readonly name = 'RetryError';
  readonly code = 'RETRY';
  /** milliseconds */
  readonly after: number;
  /** it was told otherwise already */
  readonly isExpected: boolean;

  constructor(message: string, after: number, isExpected = false) {
    super(message);
    this.after = after;
    this.isExpected = isExpected;
  }
}

/** Milliseconds until what failed is tried again (`backOffPeriod`), up to half as much more by chance. */
const BACKOFF_MS = 10_000;
const JITTER = 0.5;

type Stage = 'running' | 'terminating' | 'terminated' | 'finished';

interface Worker {
  pod: Pod;
  stage: Stage;
  isBusy: boolean;
  /** something changed while it was busy */
  again: boolean;
  timer: Disposable | undefined;
  gracePeriodSeconds: number | undefined;
  verdict: Verdict | undefined;
  /** waits until nothing of it runs */
  readonly waiters: (() => void)[];
}

/**
 * One worker for each Pod: at any time it does one thing for it, and from running by terminating to
 * finished there is no way back (upstream's pod_workers.go).
 */
export class PodWorkers implements Disposable {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, Worker>();
  #isDisposed = false;

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  /** A Pod as its source has it now. */
  update(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid) ?? this.#add(uid, pod);
    worker.pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
    if (deletionTimestamp !== undefined || isPodEnd(pod.status?.phase)) {
      const { stage } = worker;
      if (deletionTimestamp !== undefined) this.#shorten(worker, deletionGracePeriodSeconds);
      if (stage === 'running') worker.stage = 'terminating';
    }
    this.#wake(worker);
  }

  /** A Pod as its source has it now, when there is nothing to do about it. */
  keep(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid ?? '');
    if (worker === undefined) this.update(pod);
    else worker.pod = pod;
  }

  /** Ends a Pod whatever its source says. Resolves when nothing of it runs. */
  async kill(
    pod: Pod,
    options: { readonly gracePeriodSeconds?: number; readonly verdict?: Verdict } = {},
  ): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid) ?? this.#add(uid, pod);
    if (worker.stage === 'terminated' || worker.stage === 'finished') return;
    this.#shorten(worker, options.gracePeriodSeconds);
    worker.verdict ??= options.verdict;
    worker.stage = 'terminating';
    const ended = new Promise<void>((resolve) => worker.waiters.push(resolve));
    this.#wake(worker);
    await ended;
  }

  /** Looks at it again, if there is a worker. */
  wake(uid: string): void {
    const worker = this.#workers.get(uid);
    if (worker !== undefined) this.#wake(worker);
  }

  has(uid: string): boolean {
    return this.#workers.has(uid);
  }

  get uids(): readonly string[] {
    return [...this.#workers.keys()];
  }

  isTerminating(uid: string): boolean {
    const stage = this.#workers.get(uid)?.stage;
    return stage !== undefined && stage !== 'running';
  }

  /** Nothing of it runs, or will. */
  isTerminated(uid: string): boolean {
    const stage = this.#workers.get(uid)?.stage;
    return stage === 'terminated' || stage === 'finished';
  }

  /** All is tidied up. */
  isFinished(uid: string): boolean {
    return this.#workers.get(uid)?.stage === 'finished';
  }

  /** Forgets a worker that is finished, so that the same Pod may begin again. */
  forget(uid: string): void {
    if (this.isFinished(uid)) this.#workers.delete(uid);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { timer } of this.#workers.values()) timer?.dispose();
  }

  #add(uid: string, pod: Pod): Worker {
    const worker: Worker = {
      pod,
      stage: 'running',
      isBusy: false,
      again: false,
      timer: undefined,
      gracePeriodSeconds: undefined,
      verdict: undefined,
      waiters: [],
    };
    this.#workers.set(uid, worker);
    return worker;
  }

  #wake(worker: Worker): void {
    worker.again = true;
    if (!worker.isBusy) void this.#run(worker);
  }

  async #run(worker: Worker): Promise<void> {
    worker.isBusy = true;
    let wait: number | undefined;
    while (worker.again && !this.#isDisposed) {
      worker.again = false;
      worker.timer?.dispose();
      try {
        wait = await this.#step(worker);
      } catch (error) {
        const isRetry = error instanceof RetryError;
        wait = isRetry ? error.after : this.#jittered(BACKOFF_MS);
        if (!isRetry || !error.isExpected) this.#options.onError(error);
      }
    }
    worker.isBusy = false;
    if (wait === undefined || this.#isDisposed) return;
    worker.timer = this.#options.clock.setTimer(() => this.#wake(worker), wait);
  }

  /** Does what its stage asks for. Returns milliseconds until the next time, if there is to be one. */
  async #step(worker: Worker): Promise<number | undefined> {
    const { work, resync } = this.#options;
    const { pod, stage } = worker;
    switch (stage) {
      case 'running': {
        const { isTerminal, again = this.#jittered(resync) } = await work.sync(pod);
        if (!isTerminal) return Math.min(again, this.#jittered(resync));
        this.#advance(worker, 'running', 'terminating');
        return undefined;
      }
      case 'terminating':
        await work.terminate(pod, worker.gracePeriodSeconds, worker.verdict);
        for (const tell of worker.waiters.splice(0)) tell();
        this.#advance(worker, 'terminating', 'terminated');
        return undefined;
      case 'terminated':
        await work.finish(pod);
        this.#advance(worker, 'terminated', 'finished');
        return undefined;
      case 'finished':
        return undefined;
    }
  }

  /** Unless it was moved on meanwhile. */
  #advance(worker: Worker, from: Stage, to: Stage): void {
    if (worker.stage === from) worker.stage = to;
    worker.again = worker.stage !== 'finished';
  }

  #jittered(milliseconds: number): number {
    return milliseconds * (1 + JITTER * this.#options.random.next());
  }

  /** Time to end can become less, never more. */
  #shorten(worker: Worker, seconds: number | undefined): void {
    if (seconds === undefined) return;
    const { gracePeriodSeconds = Number.POSITIVE_INFINITY, stage, isBusy, pod } = worker;
    if (seconds >= gracePeriodSeconds) return;
    worker.gracePeriodSeconds = seconds;
    const { work, onError } = this.#options;
    if (stage === 'terminating' && isBusy) work.hasten(pod, seconds).catch(onError);
  }
}
