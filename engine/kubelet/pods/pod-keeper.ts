import { sleep } from '../../base/clock.ts';
import { resources } from '../../client/resources.ts';
import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext, KubeletParts, RuntimePod } from '../contracts.ts';
import type { MirrorPods } from '../static/mirror-pods.ts';
import type { StaticPodHandler } from '../static/static-pods.ts';
import { isPodEnd, isStaticPod } from '../status/phase.ts';
import { isSame } from '../status/status-patch.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import { admit } from './admission.ts';
import { isMirrorPod, type KnownPods } from './known-pods.ts';
import type { PodSteps } from './pod-steps.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { RuntimePods } from './runtime-pods.ts';

export interface PodKeeperOptions {
  readonly context: KubeletContext;
  readonly parts: KubeletParts;
  readonly known: KnownPods;
  readonly workers: PodWorkers;
  readonly work: PodSteps;
  readonly statuses: StatusWriter;
  readonly runtimePods: RuntimePods;
  readonly mirrors: MirrorPods;
}

/** Milliseconds between clean-ups (`housekeepingPeriod`). */
const HOUSEKEEPING_MS = 2000;
/** Milliseconds after which the machine is asked for remains although nothing changed: asking wakes it. */
const REMAINS_MS = 60_000;

/**
 * Takes Pods from their sources to their workers, and tidies up after those that no source has any more
 * (`HandlePodAdditions`, `HandlePodUpdates`, `HandlePodRemoves` and `HandlePodCleanups` upstream).
 */
export class PodKeeper {
  readonly #options: PodKeeperOptions;
  /** uids of Pods that the node refused */
  readonly #refused = new Set<string>();
  /** static Pods that came back while they were ending */
  readonly #returned = new Set<string>();
  /** which Pods there were when nothing was left of others, and when that was */
  #tidied = { present: '', at: Number.NEGATIVE_INFINITY };
  /** uids of Pods without a source that are being killed */
  readonly #orphans = new Set<string>();
  readonly staticHandler: StaticPodHandler = {
    onSet: (pod) => this.#set(pod),
    onDelete: (pod) => this.#delete(pod),
  };

  constructor(options: PodKeeperOptions) {
    this.#options = options;
  }

  /** Follows the API's Pods, and tidies up once they are known. */
  async start(signal: AbortSignal): Promise<void> {
    const { context } = this.#options;
    const { informers, nodeName, clock, onError } = context;
    const pods = informers.of(resources.pods, { fieldSelector: `spec.nodeName=${nodeName}` });
    await pods.synced;
    // In the order in which they came, so that a restart refuses none that was taken before others.
    for (const pod of pods.store.list().toSorted(byCreation)) this.#see(pod);
    pods.addHandler({
      onAdd: (pod, initial) => {
        if (!initial) this.#see(pod);
      },
      onUpdate: (_before, pod) => this.#see(pod),
      onDelete: (pod) => this.#forget(pod),
    });
    while (!signal.aborted) {
      await this.tidy().catch(onError);
      await sleep(clock, HOUSEKEEPING_MS, signal).catch(() => undefined);
    }
  }

  wakeAll(): void {
    for (const uid of this.#options.workers.uids) this.#options.workers.wake(uid);
  }

  /** Another static Pod has its name and has not ended. */
  isBlocked(pod: Pod): boolean {
    const { known, workers } = this.#options;
    return (
      isStaticPod(pod) &&
      this.#ending.some(
        (other) =>
          other.metadata.uid !== pod.metadata.uid &&
          keyOf(other.metadata) === keyOf(pod.metadata) &&
          known.byUid(other.metadata.uid ?? '') === undefined &&
          workers.has(other.metadata.uid ?? '') &&
          !workers.isTerminated(other.metadata.uid ?? ''),
      )
    );
  }

  /** static Pods whose manifest went */
  #ending: Pod[] = [];

  /** A Pod of the API, which may be the mirror of a static one. */
  #see(pod: Stored<Pod>): void {
    const { context, known, workers, statuses } = this.#options;
    if (pod.spec.nodeName !== context.nodeName) return;
    if (!isMirrorPod(pod)) {
      this.#set(pod);
      statuses.reconcile(pod);
      return;
    }
    known.setMirror(pod);
    const behind = known.staticBehind(pod);
    if (behind?.metadata.uid === undefined) return;
    workers.wake(behind.metadata.uid);
    statuses.reconcile(pod, behind.metadata.uid);
  }

  #forget(pod: Stored<Pod>): void {
    const { known, workers } = this.#options;
    if (!isMirrorPod(pod)) {
      this.#delete(pod);
      return;
    }
    known.deleteMirror(pod);
    const behind = known.staticBehind(pod);
    if (behind?.metadata.uid !== undefined) workers.wake(behind.metadata.uid);
  }

  #set(pod: Pod): void {
    const { known, workers } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const before = known.byUid(uid);
    const isNew = before === undefined;
    known.set(pod);
    if (isStaticPod(pod) && workers.isTerminating(uid)) {
      this.#returned.add(uid);
      return;
    }
    const isEnding = pod.metadata.deletionTimestamp !== undefined || isPodEnd(pod.status?.phase);
    if (isNew && !workers.has(uid) && !isEnding && !this.#admit(pod)) {
      this.#refused.add(uid);
      return;
    }
    if (this.#refused.has(uid) && !isEnding) return;
    if (before !== undefined && isSameButStatus(before, pod)) workers.keep(pod);
    else workers.update(pod);
  }

  #delete(pod: Pod): void {
    const { context, known, workers } = this.#options;
    const uid = pod.metadata.uid ?? '';
    known.delete(uid);
    this.#refused.delete(uid);
    this.#returned.delete(uid);
    if (isStaticPod(pod)) this.#ending.push(pod);
    if (!workers.has(uid)) return;
    const { deletionGracePeriodSeconds: seconds } = pod.metadata;
    workers
      .kill(pod, seconds === undefined ? {} : { gracePeriodSeconds: seconds })
      .catch(context.onError);
  }

  /** Says why not, if the node does not take it. */
  #admit(pod: Pod): boolean {
    const { context, parts, known, workers, statuses } = this.#options;
    const node = context.node();
    if (node === undefined) return true;
    const others = known.list().filter(({ metadata, status }) => {
      const uid = metadata.uid ?? '';
      const isTaken = uid !== pod.metadata.uid && workers.has(uid) && !workers.isTerminated(uid);
      return isTaken && !isPodEnd(statuses.get(uid)?.phase ?? status?.phase);
    });
    const rejection = admit(pod, node, others, parts.pressure.conditions());
    if (rejection === undefined) return true;
    const { reason, message } = rejection;
    context.events.pod(pod, 'Warning', reason, message);
    statuses.set(pod, {
      phase: 'Failed',
      reason,
      message: `Pod was rejected: ${message}`,
      ...(pod.status?.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
    });
    return false;
  }

  /** What is left of Pods that are gone goes too. */
  async tidy(): Promise<void> {
    const { parts, known, workers, work, statuses, mirrors } = this.#options;
    for (const uid of workers.uids) {
      if (!workers.isFinished(uid)) continue;
      const pod = known.byUid(uid);
      if (pod !== undefined && !this.#returned.delete(uid)) continue;
      workers.forget(uid);
      statuses.forget(uid);
      work.forget(uid);
      if (pod !== undefined) this.#set(pod);
    }
    this.#ending = this.#ending.filter(({ metadata }) => workers.has(metadata.uid ?? ''));
    const uids = new Set([
      ...known.list().map(({ metadata }) => metadata.uid ?? ''),
      ...workers.uids,
    ]);
    statuses.retain(uids);
    parts.probes.retain(uids);
    work.collect();
    for (const mirror of known.mirrors()) {
      const { deletionTimestamp } = mirror.metadata;
      if (known.staticBehind(mirror) === undefined && deletionTimestamp === undefined)
        await mirrors.delete(mirror);
    }
    await this.#killOrphans(uids);
    await this.#removeRemains(uids);
  }

  async #killOrphans(uids: ReadonlySet<string>): Promise<void> {
    const { runtimePods, work, context } = this.#options;
    for (const runtime of runtimePods.list()) {
      const { uid } = runtime;
      if (uids.has(uid) || this.#orphans.has(uid) || !isAlive(runtime)) continue;
      this.#orphans.add(uid);
      work
        .killOrphan(runtime)
        .catch(context.onError)
        .finally(() => this.#orphans.delete(uid));
    }
  }

  /** Volumes and cgroups of Pods of which nothing runs. */
  async #removeRemains(uids: ReadonlySet<string>): Promise<void> {
    const { parts, runtimePods, context } = this.#options;
    const alive = runtimePods.list().filter(isAlive);
    const present = JSON.stringify([[...uids].toSorted(), alive.map(({ uid }) => uid).toSorted()]);
    const now = context.clock.monotonic();
    if (present === this.#tidied.present && now - this.#tidied.at < REMAINS_MS) return;
    const mayRun = (uid: string): boolean => {
      const runtime = runtimePods.get(uid);
      return uids.has(uid) || this.#orphans.has(uid) || (runtime !== undefined && isAlive(runtime));
    };
    for (const uid of await parts.volumes.known())
      if (!mayRun(uid)) await parts.volumes.unmount(uid);
    for (const uid of await parts.cgroups.known())
      if (!mayRun(uid)) await parts.cgroups.remove(uid);
    this.#tidied = { present, at: now };
  }
}

/** Nothing to act upon: mostly what this kubelet has just written itself. */
function isSameButStatus(before: Pod, after: Pod): boolean {
  const gates = after.spec.readinessGates ?? [];
  if (gates.length > 0 || isPodEnd(before.status?.phase) !== isPodEnd(after.status?.phase))
    return false;
  const parts = ({ metadata, spec }: Pod): object => {
    const { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds } = metadata;
    return { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds, spec };
  };
  return isSame(parts(before), parts(after));
}

function isAlive({ sandboxes, containers }: RuntimePod): boolean {
  return (
    sandboxes.some(({ state }) => state === 'SANDBOX_READY') ||
    containers.some(({ state }) => state === 'CONTAINER_RUNNING')
  );
}

function byCreation(one: Stored<Pod>, other: Stored<Pod>): number {
  return one.metadata.creationTimestamp < other.metadata.creationTimestamp ? -1 : 1;
}
