import type { Disposable } from '../../base/disposable.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import { ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../base/clock.ts';
import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { isConditionOfKubelet } from './conditions.ts';
import { isPodEnd, isStaticPod } from './phase.ts';
import { isSame, statusPatch } from './status-patch.ts';

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** something of it may still run: it must not seem to have ended */
  readonly mayRun: (uid: string) => boolean;
  readonly onError: (error: unknown) => void;
}

interface Known {
  readonly pod: Pod;
  readonly status: PodStatus;
  /** nothing of it is left on the node */
  readonly isFinished: boolean;
}

/** Writes at once, then after twice as long each time, at most every 10 s as upstream. */
const RETRY_MS = 200;
const MOST_RETRY_MS = 10_000;
const WORKERS = 4;

/**
 * Statuses of Pods as the kubelet computed them last, and their way into the API (upstream's
 * status_manager.go). A Pod that was asked to go and is finished is deleted here.
 */
export class StatusWriter implements Disposable {
  readonly #options: StatusWriterOptions;
  readonly #known = new Map<string, Known>();
  readonly #queue: WorkQueue;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      clock: options.clock,
      limiter: new ExponentialLimiter(RETRY_MS, MOST_RETRY_MS),
      onError: options.onError,
    });
  }

  /** Works until it is disposed. */
  run(): Promise<void> {
    return this.#queue.process(WORKERS, (uid) => this.#write(uid));
  }

  get(uid: string): PodStatus | undefined {
    return this.#known.get(uid)?.status;
  }

  /** @param isFinished nothing of it is left on the node, and nothing will be written any more */
  set(pod: Pod, status: PodStatus, isFinished = false): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#known.get(uid);
    const started = known?.status.startTime ?? pod.status?.startTime;
    const next: PodStatus = {
      ...status,
      startTime: started ?? formatTime(this.#options.clock.now()),
    };
    const finished = isFinished || (known?.isFinished === true && !isStaticPod(pod));
    const isUnchanged = known !== undefined && isSame(known.status, next);
    this.#known.set(uid, { pod, status: isUnchanged ? known.status : next, isFinished: finished });
    if (!isUnchanged || finished !== known.isFinished || finished) this.#queue.add(uid);
  }

  /** The API has it otherwise than it was written: it is written again. @param pod as the API has it */
  reconcile(pod: Pod, uid = pod.metadata.uid ?? ''): void {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    if (!isSame(ownPart(pod.status), ownPart(known.status)) || known.isFinished)
      this.#queue.add(uid);
  }

  forget(uid: string): void {
    this.#known.delete(uid);
  }

  /** Forgets Pods that are not among these. */
  retain(uids: ReadonlySet<string>): void {
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
  }

  dispose(): void {
    this.#queue.dispose();
  }

  async #write(uid: string): Promise<void> {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    const { client, mayRun, clock } = this.#options;
    const { namespace = '', name = '' } = known.pod.metadata;
    let pod;
    try {
      pod = await client.get(resources.pods, { namespace, name });
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return;
      throw error;
    }
    const isMirror = isStaticPod(known.pod);
    // Another Pod by the same name, or a mirror of another version.
    const isOther = isMirror
      ? pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== uid
      : pod.metadata.uid !== uid;
    if (isOther) return;
    const merged = mergeStatus(pod, known.status, mayRun(uid), formatTime(clock.now()));
    const patch = statusPatch(pod.metadata.uid, pod.status ?? {}, merged);
    if (patch !== undefined)
      pod = await client.patch(
        resources.pods,
        { namespace, name },
        { type: 'strategic', patch },
        { subresource: 'status' },
      );
    const isGone =
      known.isFinished &&
      !isMirror &&
      pod.metadata.deletionTimestamp !== undefined &&
      isPodEnd(pod.status?.phase);
    if (!isGone) return;
    try {
      await client.delete(
        resources.pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
      );
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}

/** What the kubelet is responsible for. */
function ownPart(status: PodStatus | undefined): PodStatus {
  const conditions = (status?.conditions ?? []).filter(({ type }) => isConditionOfKubelet(type));
  return { ...status, conditions };
}

/** Conditions of others stay; nothing seems to have ended that may run (`mergePodStatus`). */
function mergeStatus(pod: Pod, status: PodStatus, mayRun: boolean, now: string): PodStatus {
  const { status: stored = {} } = pod;
  const isEnding = !isPodEnd(stored.phase) && isPodEnd(status.phase);
  const takesDisruption = isEnding && !mayRun;
  const own = (status.conditions ?? []).filter(
    ({ type }) => isConditionOfKubelet(type) || (takesDisruption && type === 'DisruptionTarget'),
  );
  const foreign = (stored.conditions ?? []).filter(
    ({ type }) => !isConditionOfKubelet(type) && !own.some((other) => other.type === type),
  );
  const { reason: _reason, message: _message, phase: _phase, ...rest } = status;
  const { phase, reason, message } = isEnding && mayRun ? stored : status;
  const isOver = isPodEnd(phase);
  return {
    ...rest,
    ...(phase === undefined ? {} : { phase }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    conditions: [...foreign, ...own].map((condition) => {
      const isClaim = condition.type === 'Ready' || condition.type === 'ContainersReady';
      return isOver && isClaim && condition.status === 'True'
        ? {
            ...condition,
            status: 'False' as const,
            reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted',
            lastTransitionTime: now,
          }
        : condition;
    }),
  };
}
