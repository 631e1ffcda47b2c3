import { resources } from '../../client/resources.ts';
import { sleep } from '../../base/clock.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { KubeletContext, PodStore, RuntimePod } from '../contracts.ts';

/** Milliseconds between collections. Upstream's minute is long in a machine where what is dead still takes memory. */
const PERIOD_MS = 10_000;

/** What may go. */
interface Garbage {
  readonly containers: readonly string[];
  readonly sandboxes: readonly string[];
}

/**
 * Of Pods that are there, all dead containers but the newest few of each, and all sandboxes but the newest; of
 * others everything that does not run (upstream's kuberuntime_gc.go). A sandbox goes when nothing is left in it.
 * @param isGone whether nobody wants to know of a Pod any more
 */
function garbageAmong(
  pods: readonly RuntimePod[],
  isGone: (uid: string) => boolean,
  maxPerContainer: number,
): Garbage {
  const containers: string[] = [];
  const sandboxes: string[] = [];
  for (const pod of pods) {
    const kept = new Map<string, number>();
    const isPodGone = isGone(pod.uid);
    const left = new Set<string>();
    for (const { id, name, state, podSandboxId } of pod.containers) {
      const count = kept.get(name) ?? 0;
      const isKept = state === 'CONTAINER_RUNNING' || (!isPodGone && count < maxPerContainer);
      if (isKept) left.add(podSandboxId);
      else containers.push(id);
      if (state !== 'CONTAINER_RUNNING') kept.set(name, count + 1);
    }
    for (const [index, { id, state }] of pod.sandboxes.entries())
      if (state !== 'SANDBOX_READY' && !left.has(id) && (isPodGone || index > 0))
        sandboxes.push(id);
  }
  return { containers, sandboxes };
}

type GarbageContext = Pick<
  KubeletContext,
  'agent' | 'clock' | 'configuration' | 'cri' | 'informers' | 'nodeName' | 'onError' | 'pods'
>;

/** Removes dead containers, dead sandboxes and the logs of Pods that are gone. */
export class ContainerGarbage {
  readonly #context: GarbageContext;

  constructor(context: GarbageContext) {
    this.#context = context;
  }

  /** Until the signal; not before it is known which Pods there are. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, informers, nodeName, onError } = this.#context;
    const fieldSelector = `spec.nodeName=${nodeName}`;
    await informers.of(resources.pods, { fieldSelector }).synced;
    while (!signal.aborted) {
      await sleep(clock, PERIOD_MS, signal).catch(() => {});
      if (!signal.aborted) await this.collect().catch(onError);
    }
  }

  /** @param maxPerContainer dead ones kept for each container of a Pod that is there */
  async collect(
    maxPerContainer = this.#context.configuration.maxPerPodContainerCount,
  ): Promise<void> {
    const { cri, onError, pods } = this.#context;
    const { containers, sandboxes } = garbageAmong(
      pods.running(),
      (uid) => isGone(pods, uid),
      maxPerContainer,
    );
    for (const id of containers) await cri.removeContainer(id).catch(onError);
    for (const id of sandboxes) await cri.removePodSandbox(id).catch(onError);
    await this.#removeLogs();
  }

  /** Directories are called `<namespace>_<name>_<uid>`. */
  async #removeLogs(): Promise<void> {
    const { agent, configuration, pods } = this.#context;
    const path = configuration.podLogsDir;
    const { entries } = await agent.call('file.list', { path }).catch((error: unknown) => {
      if (error instanceof AgentError && error.code === 'ENOENT') return { entries: [] };
      throw error;
    });
    for (const { name } of entries) {
      const uid = name.slice(name.lastIndexOf('_') + 1);
      const isPodLog = name.split('_').length === 3;
      if (isPodLog && isGone(pods, uid) && pods.runtime(uid) === undefined)
        await agent.call('file.remove', { path: `${path}/${name}`, recursive: true });
    }
  }
}

const isGone = (pods: Pick<PodStore, 'byUid' | 'isFinished'>, uid: string): boolean =>
  pods.byUid(uid) === undefined && pods.isFinished(uid);
