import { sleep } from '../../base/clock.ts';
import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext, RuntimeContainer, RuntimePod } from '../contracts.ts';
import { readContainerRecord } from '../labels.ts';
import { isSidecar } from '../../objects/pod-resources.ts';
import { runHook } from './lifecycle-hooks.ts';
import type { KillReason } from './pod-actions.ts';
import { containerOf } from './restart-policy.ts';
import { TerminationOrder } from './termination-order.ts';
import { isNotFound } from './texts.ts';

/** Seconds that any container gets to end by itself (`minimumGracePeriodInSeconds`). */
const LEAST_GRACE_SECONDS = 2;

export interface Kill {
  readonly reason: KillReason;
  /** of the event; that it is stopped when empty */
  readonly message: string;
  /** instead of what the Pod says */
  readonly gracePeriodSeconds?: number | undefined;
  readonly order?: TerminationOrder;
}

/** Ends containers and Pods as kuberuntime's `killContainer` and `killPod` do: hook, turn, signal. */
export class ContainerKiller {
  readonly #context: KubeletContext;

  constructor(context: KubeletContext) {
    this.#context = context;
  }

  /** All that runs of a Pod, and its sandboxes. @param pod what is left of it when it is unknown */
  async killPod(pod: Pod, runtime: RuntimePod, gracePeriodSeconds?: number): Promise<void> {
    const { clock, cri } = this.#context;
    const running = runtime.containers.filter(
      ({ state }) => state === 'CONTAINER_RUNNING' || state === 'CONTAINER_UNKNOWN',
    );
    const hasSidecars = (pod.spec.initContainers ?? []).some(isSidecar);
    const order = hasSidecars
      ? new TerminationOrder(
          clock,
          pod,
          running.map(({ name }) => name),
        )
      : undefined;
    const results = await Promise.allSettled(
      running.map((container) =>
        this.kill(pod, container, {
          reason: 'other',
          message: '',
          gracePeriodSeconds,
          ...(order === undefined ? {} : { order }),
        }),
      ),
    );
    for (const { id } of runtime.sandboxes) {
      try {
        await cri.stopPodSandbox(id);
      } catch (error) {
        if (!isNotFound(error)) results.push({ status: 'rejected', reason: error });
      }
    }
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    const [first] = failures;
    if (failures.length > 0) throw first;
  }

  /** What is being ended gets so many seconds from now, without hooks and turns. */
  async hasten({ containers }: RuntimePod, seconds: number): Promise<void> {
    const running = containers.filter(({ state }) => state === 'CONTAINER_RUNNING');
    await Promise.all(
      running.map(({ id }) =>
        this.#context.cri.stopContainer(id, Math.max(seconds, LEAST_GRACE_SECONDS)),
      ),
    );
  }

  async kill(pod: Pod, running: RuntimeContainer, kill: Kill): Promise<void> {
    const { cri, clock, events } = this.#context;
    const { id, name } = running;
    const container = containerOf(pod, name) ?? restored(running);
    const text = kill.message === '' ? `Stopping container ${name}` : kill.message;
    events.pod(pod, 'Normal', 'Killing', text, name);
    let grace = kill.gracePeriodSeconds ?? graceOf(pod, container, running, kill.reason);
    const { preStop } = container.lifecycle ?? {};
    if (preStop !== undefined && grace > 0) {
      const start = clock.monotonic();
      const hook = runHook(this.#context, pod, container, id, preStop).catch(() => {
        events.pod(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', name);
      });
      const stop = new AbortController();
      await Promise.race([hook, sleep(clock, grace * 1000, stop.signal).catch(() => undefined)]);
      stop.abort();
      grace -= Math.floor((clock.monotonic() - start) / 1000);
    }
    if (kill.order !== undefined && grace > 0) grace -= await kill.order.turnOf(name, grace);
    try {
      await cri.stopContainer(id, Math.max(grace, LEAST_GRACE_SECONDS));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    kill.order?.ended(name);
  }
}

/** Of a container whose Pod is unknown or has it no longer: what its annotations tell. */
function restored({ name, annotations }: RuntimeContainer): Container {
  const { preStop } = readContainerRecord(annotations);
  return { name, ...(preStop === undefined ? {} : { lifecycle: { preStop } }) };
}

/** Seconds a container may take to end. */
function graceOf(
  { metadata, spec }: Pod,
  container: Container,
  { annotations }: RuntimeContainer,
  reason: KillReason,
): number {
  const record = readContainerRecord(annotations);
  const { deletionGracePeriodSeconds = record.deletionGracePeriodSeconds } = metadata;
  if (deletionGracePeriodSeconds !== undefined) return deletionGracePeriodSeconds;
  const { terminationGracePeriodSeconds: ofPod = record.terminationGracePeriodSeconds } = spec;
  if (ofPod === undefined) return LEAST_GRACE_SECONDS;
  const probe =
    reason === 'liveness'
      ? container.livenessProbe
      : reason === 'startup'
        ? container.startupProbe
        : undefined;
  return probe?.terminationGracePeriodSeconds ?? ofPod;
}
