import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import {
  VolumeError,
  type KubeletContext,
  type KubeletParts,
  type RuntimePod,
} from '../contracts.ts';
import type { WaitingReason } from '../status/container-statuses.ts';
import { isPodEnd } from '../status/phase.ts';
import { finalStatus, podStatus } from '../status/pod-status.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import { PodResizer } from '../resize/pod-resizer.ts';
import { admit, type Rejection } from './admission.ts';
import { deadlineOf, deadlineVerdict } from './active-deadline.ts';
import { KeyBackoff } from './key-backoff.ts';
import { PodRunner } from './pod-runner.ts';
import { RetryError, type PodWork, type Verdict } from './pod-workers.ts';
import { isHostNetwork } from './restart-policy.ts';
import type { RuntimePods } from './runtime-pods.ts';
import type { StartError } from './start-error.ts';
import { errorText, podText } from './texts.ts';

export interface PodStepsOptions {
  readonly context: KubeletContext;
  readonly parts: KubeletParts;
  readonly runtimePods: RuntimePods;
  readonly statuses: StatusWriter;
  /** as in ids of containers: `drydock` */
  readonly runtimeName: () => string;
  /** why Pods with a network of their own cannot start; undefined when they can */
  readonly networkProblem: () => string | undefined;
  /** keeps a static Pod's mirror in the API, as soon as that can be */
  readonly mirror: (pod: Pod) => void;
  /** another static Pod by its name has not ended yet */
  readonly isBlocked: (pod: Pod) => boolean;
}

/** Milliseconds between tries to mount (the operation executor's), and while the network is not there. */
const FIRST_MOUNT_BACKOFF_MS = 500;
const MOST_MOUNT_BACKOFF_MS = 122_000;
const NETWORK_RETRY_MS = 1000;
const NAME_RETRY_MS = 500;
/** Milliseconds until a container that could not be started is tried again. */
const START_RETRY_MS = 10_000;
/** Milliseconds until a resize that had to wait is looked at again. */
const RESIZE_RETRY_MS = 10_000;
/** What kills Pods that nobody knows any more: seconds they get. */
const ORPHAN_GRACE_SECONDS = 1;

/** The steps of a Pod's life: upstream's `SyncPod`, `SyncTerminatingPod` and `SyncTerminatedPod`. */
export class PodSteps implements PodWork {
  readonly #options: PodStepsOptions;
  readonly #runner: PodRunner;
  readonly #resizer: PodResizer;
  readonly #mounts: KeyBackoff;
  /** by uid and container: why it could not be started when it was tried last */
  readonly #waiting = new Map<string, Map<string, WaitingReason>>();
  /** what became of Pods by the node's decision */
  readonly #verdicts = new Map<string, Verdict>();

  constructor(options: PodStepsOptions) {
    this.#options = options;
    const { context, parts } = options;
    this.#resizer = new PodResizer(context, parts);
    this.#runner = new PodRunner(context, parts, this.#resizer);
    this.#mounts = new KeyBackoff(context.clock, FIRST_MOUNT_BACKOFF_MS, MOST_MOUNT_BACKOFF_MS);
  }

  async sync(wanted: Pod): Promise<{ readonly isTerminal: boolean; readonly again?: number }> {
    const { context, parts, runtimePods, networkProblem, mirror, isBlocked } = this.#options;
    const { clock, events } = context;
    const uid = wanted.metadata.uid ?? '';
    if (isBlocked(wanted))
      throw new RetryError(`${podText(wanted)} waits for its name`, NAME_RETRY_MS, true);
    const pod = this.#resizer.decide(wanted, (resized) => this.#refusal(resized));
    const isResizing = this.#resizer.conditions(uid).length > 0;
    const runtime = await runtimePods.inspect(uid);
    const overdue = deadlineVerdict(pod, this.#known(pod), clock.now());
    if (overdue !== undefined && !this.#verdicts.has(uid)) {
      this.#verdicts.set(uid, overdue);
      events.pod(pod, 'Normal', overdue.reason ?? '', overdue.message ?? '');
    }
    const status = this.#publish(pod, runtime, false);
    if (isPodEnd(status.phase)) return { isTerminal: true };
    const problem = networkProblem();
    if (problem !== undefined && !isHostNetwork(pod)) {
      const message = `network is not ready: ${problem}`;
      events.pod(pod, 'Warning', 'NetworkNotReady', message);
      throw new RetryError(message, NETWORK_RETRY_MS, true);
    }
    try {
      await this.#resizer.apply(pod, runtime);
    } catch (error) {
      const message = `unable to ensure pod container exists: ${errorText(error)}`;
      events.pod(pod, 'Warning', 'FailedCreatePodContainer', message);
      throw error;
    }
    mirror(pod);
    await this.#mount(pod);
    parts.probes.add(pod);
    const { starts, failures } = await this.#runner.run(pod, runtime, async () => {
      const made = await runtimePods.inspect(uid);
      this.#publish(pod, made, false);
      return made.ips;
    });
    this.#remember(pod, starts);
    const failed = [...starts.values()].filter((error) => error !== undefined);
    if (failed.length > 0 || isResizing) this.#publish(pod, await runtimePods.inspect(uid), false);
    await this.#tellMissingSecrets(pod, failed);
    const [failure] = failures;
    if (failures.length > 0) throw failure;
    const times = failed.map(({ retryAfter = START_RETRY_MS }) => retryAfter);
    if (this.#resizer.conditions(uid).length > 0) times.push(RESIZE_RETRY_MS);
    const deadline = deadlineOf(pod, this.#known(pod));
    if (deadline !== undefined) times.push(Math.max(0, deadline - clock.now()));
    return { isTerminal: false, ...(times.length === 0 ? {} : { again: Math.min(...times) }) };
  }

  async terminate(
    pod: Pod,
    gracePeriodSeconds: number | undefined,
    verdict: Verdict | undefined,
  ): Promise<void> {
    const { context, parts, runtimePods } = this.#options;
    const uid = pod.metadata.uid ?? '';
    if (verdict !== undefined) this.#verdicts.set(uid, verdict);
    const runtime = await runtimePods.inspect(uid);
    this.#publish(pod, runtime, false);
    parts.probes.stopLiveness(uid);
    try {
      await this.#runner.killer.killPod(pod, runtime, gracePeriodSeconds);
    } catch (error) {
      const message = `error killing pod: ${errorText(error)}`;
      context.events.pod(pod, 'Warning', 'FailedKillPod', message);
      throw error;
    }
    parts.probes.remove(uid);
    const stopped = await runtimePods.inspect(uid);
    const running = stopped.containers.filter(({ state }) => state === 'CONTAINER_RUNNING');
    if (running.length > 0)
      throw new Error(
        `detected running containers after a successful KillPod, CRI violation: [${running.map(({ id }) => id).join(' ')}]`,
      );
    // The address goes with the sandbox, but the Pod had it to the end.
    this.#publish(pod, { ...stopped, ips: runtime.ips }, true);
  }

  async finish(pod: Pod): Promise<void> {
    const { parts, runtimePods, statuses } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const runtime = await runtimePods.inspect(uid);
    const before = this.#known(pod);
    const ips = (before.podIPs ?? []).map(({ ip }) => ip);
    const status = this.#publish(pod, { ...runtime, ips }, true);
    await parts.volumes.unmount(uid);
    await parts.cgroups.remove(uid);
    statuses.set(pod, finalStatus(pod, status), true);
    this.forget(uid);
  }

  async hasten(pod: Pod, gracePeriodSeconds: number): Promise<void> {
    const runtime = await this.#options.runtimePods.inspect(pod.metadata.uid ?? '');
    await this.#runner.killer.hasten(runtime, gracePeriodSeconds);
  }

  /** Ends what runs of a Pod that no source has. */
  async killOrphan(runtime: RuntimePod): Promise<void> {
    const { uid, name, namespace } = runtime;
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { uid, name, namespace },
      spec: { containers: [] },
    };
    await this.#runner.killer.killPod(pod, runtime, ORPHAN_GRACE_SECONDS);
  }

  /** Nothing is to be known of it any more. */
  forget(uid: string): void {
    this.#resizer.forget(uid);
    this.#waiting.delete(uid);
    this.#verdicts.delete(uid);
    this.#mounts.forget(uid);
  }

  collect(): void {
    this.#runner.collect();
  }

  /** Why the node has not got what a Pod wants to have now. */
  #refusal(pod: Pod): Rejection | undefined {
    const { context, parts } = this.#options;
    const node = context.node();
    const { uid } = pod.metadata;
    const others = context.pods
      .list()
      .filter(({ metadata, status }) => metadata.uid !== uid && !isPodEnd(status?.phase))
      .map((other) => this.#resizer.allocated(other));
    return node === undefined ? undefined : admit(pod, node, others, parts.pressure.conditions());
  }

  #known(pod: Pod): PodStatus {
    return this.#options.statuses.get(pod.metadata.uid ?? '') ?? pod.status ?? {};
  }

  #publish(pod: Pod, runtime: RuntimePod, isTerminal: boolean): PodStatus {
    const { context, parts, statuses, runtimeName } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const known = this.#known(pod);
    const verdict = this.#verdicts.get(uid);
    const status = podStatus({
      pod: this.#resizer.allocated(pod),
      resize: this.#resizer.conditions(uid),
      runtime,
      known: verdict === undefined ? known : withConditions(known, verdict, context.clock.now()),
      runtimeName: runtimeName(),
      waiting: this.#waiting.get(uid) ?? new Map<string, WaitingReason>(),
      probes: parts.probes,
      nodeIps: context.nodeIps,
      isTerminal,
      verdict,
      now: context.clock.now(),
    });
    statuses.set(pod, status);
    // A container that has just started need not wait for the next period of its probe.
    for (const { name, started, ready } of [
      ...(status.containerStatuses ?? []),
      ...(status.initContainerStatuses ?? []),
    ])
      if (started === true && !ready) parts.probes.trigger('readiness', uid, name);
    return status;
  }

  async #mount(pod: Pod): Promise<void> {
    const { context, parts } = this.#options;
    const uid = pod.metadata.uid ?? '';
    try {
      await parts.volumes.mount(pod);
      await parts.volumes.refresh(pod);
      this.#mounts.forget(uid);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      for (const { reason, message } of error.failures)
        context.events.pod(pod, 'Warning', reason, message);
      this.#mounts.next(uid);
      throw new RetryError(error.message, this.#mounts.get(uid), true);
    }
  }

  /** Reasons of containers that were tried; the rest keep theirs. */
  #remember(pod: Pod, starts: ReadonlyMap<string, StartError | undefined>): void {
    const uid = pod.metadata.uid ?? '';
    const waiting = this.#waiting.get(uid) ?? new Map<string, WaitingReason>();
    for (const [name, error] of starts) {
      if (error === undefined) waiting.delete(name);
      else waiting.set(name, { reason: error.code, message: error.message });
    }
    this.#waiting.set(uid, waiting);
  }

  async #tellMissingSecrets(pod: Pod, failed: readonly StartError[]): Promise<void> {
    const { context, parts } = this.#options;
    if (!failed.some(({ code }) => code === 'ErrImagePull')) return;
    const { missing } = await parts.credentials.of(pod, '');
    if (missing.length === 0) return;
    const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
    context.events.pod(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message);
  }
}

/** What a verdict says beside the kubelet's own conditions, since it is said first. */
function withConditions(known: PodStatus, { conditions = [] }: Verdict, now: number): PodStatus {
  const added = conditions.filter(
    ({ type, status }) =>
      !(known.conditions ?? []).some((other) => other.type === type && other.status === status),
  );
  if (added.length === 0) return known;
  const others = (known.conditions ?? []).filter(
    ({ type }) => !added.some((condition) => condition.type === type),
  );
  const dated = added.map((condition) => ({ lastTransitionTime: formatTime(now), ...condition }));
  return { ...known, conditions: [...others, ...dated] };
}
