import { goJson, goQuote } from '../../objects/go-text.ts';
import type { Container, Pod, PodCondition } from '../../objects/generated/core-v1.generated.ts';
import { isSidecar } from '../../objects/pod-resources.ts';
import { messageOf } from '../../base/message-of.ts';
import type { KubeletContext, KubeletParts, RuntimeContainer, RuntimePod } from '../contracts.ts';
import { lowersMemory, resizeAction } from './container-resize.ts';
import { PodAllocations, type Refusal } from './pod-allocations.ts';

export type ResizeCondition = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

interface Resize {
  /** why what the Pod wants is not what it has been given */
  pending?: Refusal;
  /** it was given, and does not have it yet; why not */
  inProgress?: { readonly error?: string };
}

/** Gives Pods other resources while they run, and tells how far that is. */
export class PodResizer {
  readonly #context: Pick<KubeletContext, 'cri' | 'events'>;
  readonly #parts: Pick<KubeletParts, 'configs' | 'cgroups'>;
  readonly #allocations = new PodAllocations();
  readonly #resizes = new Map<string, Resize>();

  constructor(
    context: Pick<KubeletContext, 'cri' | 'events'>,
    parts: Pick<KubeletParts, 'configs' | 'cgroups'>,
  ) {
    this.#context = context;
    this.#parts = parts;
  }

  /** The Pod with what it was given. */
  allocated(pod: Pod): Pod {
    return this.#allocations.allocated(pod);
  }

  /**
   * Gives a Pod what it wants now, or notes why not. Returns the Pod with what it was given.
   * @param refuses why the node has not got what the Pod wants
   */
  decide(pod: Pod, refuses: (pod: Pod) => Refusal | undefined): Pod {
    const { events } = this.#context;
    const { pod: allocated, resized, refusal } = this.#allocations.decide(pod, refuses);
    const resize = this.#of(pod);
    if (resized) {
      resize.inProgress = {};
      events.pod(pod, 'Normal', 'ResizeStarted', summary('Pod resize started', pod));
    }
    if (refusal === undefined) delete resize.pending;
    else if (resize.pending?.message !== refusal.message) {
      resize.pending = refusal;
      const text = summary('Pod resize Deferred', pod, refusal.message);
      events.pod(pod, 'Warning', 'ResizeDeferred', text);
    }
    return allocated;
  }

  /** Whether a running container has to be started anew to get what it was given. */
  needsRestart(pod: Pod, container: Container, running: RuntimeContainer): boolean {
    return this.#action(pod, container, running) === 'restart';
  }

  /**
   * Brings cgroups to what the Pod was given, first the Pod's and then its containers'. Containers that have to be
   * started anew for that come to theirs by themselves.
   * @throws Error when the Pod's cgroup cannot be made
   */
  async apply(pod: Pod, runtime: RuntimePod): Promise<void> {
    const { cri, events } = this.#context;
    const resize = this.#of(pod);
    const all = runningOf(pod, runtime).map((one) => ({
      ...one,
      action: this.#action(pod, one.container, one.running),
    }));
    const changes = all.filter(({ action }) => action === 'update');
    try {
      await this.#checkMemory(pod, changes);
      await this.#parts.cgroups.ensure(pod);
      for (const { container, running } of changes)
        await cri.updateContainerResources(
          running.id,
          this.#parts.configs.resources(pod, container),
        );
      if (resize.inProgress !== undefined && !all.some(({ action }) => action === 'restart')) {
        delete resize.inProgress;
        events.pod(pod, 'Normal', 'ResizeCompleted', summary('Pod resize completed', pod));
      }
    } catch (error) {
      const message = messageOf(error);
      if (changes.length === 0) throw error;
      if (resize.inProgress?.error !== message)
        events.pod(pod, 'Warning', 'ResizeError', summary('Pod resize error', pod, message));
      resize.inProgress = { error: message };
    }
  }

  conditions(uid: string): readonly ResizeCondition[] {
    const { pending, inProgress } = this.#resizes.get(uid) ?? {};
    return [
      ...(pending === undefined
        ? []
        : [
            {
              type: 'PodResizePending',
              status: 'True',
              reason: 'Deferred',
              message: pending.message,
            } as const,
          ]),
      ...(inProgress === undefined
        ? []
        : [
            {
              type: 'PodResizeInProgress',
              status: 'True',
              ...(inProgress.error === undefined
                ? {}
                : { reason: 'Error', message: inProgress.error }),
            } as const,
          ]),
    ];
  }

  forget(uid: string): void {
    this.#allocations.forget(uid);
    this.#resizes.delete(uid);
  }

  /** A limit below what is used would kill at once. */
  async #checkMemory(pod: Pod, changes: readonly Running[]): Promise<void> {
    const problems: string[] = [];
    for (const { container, running } of changes) {
      const wanted = this.#parts.configs.resources(pod, container);
      if (!lowersMemory(running.resources, wanted)) continue;
      const { memory } = await this.#context.cri.containerStats(running.id);
      const limit = wanted.memoryLimitInBytes ?? 0;
      if (memory.usageBytes >= limit)
        problems.push(
          `attempting to set container ${goQuote(container.name)} memory limit (${limit}) below current usage (${memory.usageBytes})`,
        );
    }
    const [first, ...others] = problems;
    if (first === undefined) return;
    const all = others.length === 0 ? first : `[${problems.join(', ')}]`;
    throw new Error(`cannot decrease memory limits: ${all}`);
  }

  #action(pod: Pod, container: Container, running: RuntimeContainer) {
    const wanted = this.#parts.configs.resources(pod, container);
    return resizeAction(container, running.resources, wanted);
  }

  #of({ metadata }: Pod): Resize {
    const { uid = '' } = metadata;
    let resize = this.#resizes.get(uid);
    if (resize === undefined) {
      resize = {};
      this.#resizes.set(uid, resize);
    }
    return resize;
  }
}

interface Running {
  readonly container: Container;
  readonly running: RuntimeContainer;
}

function runningOf({ spec }: Pod, runtime: RuntimePod): Running[] {
  return [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers].flatMap(
    (container) => {
      const running = runtime.containers.find(
        ({ name, state }) => name === container.name && state === 'CONTAINER_RUNNING',
      );
      return running === undefined ? [] : [{ container, running }];
    },
  );
}

/** What events of resizes say: the resources that the Pod wants, as JSON. */
function summary(prefix: string, { metadata, spec }: Pod, error?: string): string {
  const parts = (containers: readonly Container[]) =>
    containers.map(({ name, resources = {} }) => ({ name, resources }));
  const { initContainers = [], containers } = spec;
  const value = {
    ...(initContainers.length === 0 ? {} : { initContainers: parts(initContainers) }),
    containers: parts(containers),
    generation: metadata.generation ?? 0,
    ...(error === undefined ? {} : { error }),
  };
  return `${prefix}: ${goJson(value)}`;
}
