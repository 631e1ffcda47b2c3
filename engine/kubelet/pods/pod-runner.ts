import { isSidecar } from '../../objects/pod-resources.ts';
import { goDuration } from '../../base/go-duration.ts';
import { messageOf } from '../../base/message-of.ts';
import { resources } from '../../client/resources.ts';
import type {
  Container,
  EphemeralContainer,
  Pod,
} from '../../objects/generated/core-v1.generated.ts';
import type { PodSandboxConfig } from '../../runtime/cri/types.ts';
import {
  ContainerConfigError,
  type KubeletContext,
  type KubeletParts,
  type RuntimePod,
} from '../contracts.ts';
import { containerHash } from '../labels.ts';
import { isStaticPod } from '../status/phase.ts';
import type { PodResizer } from '../resize/pod-resizer.ts';
import { ContainerKiller } from './container-killer.ts';
import { ImagePuller } from './image-puller.ts';
import { KeyBackoff } from './key-backoff.ts';
import { runHook } from './lifecycle-hooks.ts';
import { computePodActions, type PodActions } from './pod-actions.ts';
import { isHostNetwork, newestOf } from './restart-policy.ts';
import { StartError } from './start-error.ts';
import { errorText, podText } from './texts.ts';

/** Milliseconds a container that ends has to wait first. */
const FIRST_CRASH_BACKOFF_MS = 10_000;

export interface RunResult {
  /** of containers that could not be started, by name; undefined of one that was */
  readonly starts: ReadonlyMap<string, StartError | undefined>;
  /** what else went wrong */
  readonly failures: readonly unknown[];
}

/** Brings what runs of a Pod to what the Pod wants (kuberuntime's `SyncPod`). */
export class PodRunner {
  readonly #context: KubeletContext;
  readonly #parts: Pick<KubeletParts, 'configs' | 'credentials' | 'probes'>;
  readonly #resizer: PodResizer;
  readonly #puller: ImagePuller;
  readonly #crashes: KeyBackoff;
  readonly killer: ContainerKiller;

  constructor(
    context: KubeletContext,
    parts: Pick<KubeletParts, 'configs' | 'credentials' | 'probes'>,
    resizer: PodResizer,
  ) {
    this.#context = context;
    this.#parts = parts;
    this.#resizer = resizer;
    this.#puller = new ImagePuller(context, parts.credentials);
    const most = context.configuration.maxContainerBackOff;
    this.#crashes = new KeyBackoff(context.clock, FIRST_CRASH_BACKOFF_MS, most);
    this.killer = new ContainerKiller(context);
  }

  /** @param onSandbox called when its sandbox is made, before images are pulled */
  async run(
    pod: Pod,
    runtime: RuntimePod,
    onSandbox: (sandboxId: string) => Promise<readonly string[]>,
  ): Promise<RunResult> {
    const starts = new Map<string, StartError | undefined>();
    const failures: unknown[] = [];
    const result = { starts, failures };
    const actions = computePodActions(pod, runtime, {
      outcome: (kind, id) => this.#parts.probes.outcome(kind, id),
      needsRestart: (container, running) => this.#resizer.needsRestart(pod, container, running),
    });
    if (actions.createSandbox && actions.sandboxId !== undefined)
      this.#context.events.pod(
        pod,
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      );
    try {
      await this.#killUnwanted(pod, runtime, actions);
      await this.#pruneInit(pod, runtime, actions.createSandbox);
    } catch (error) {
      failures.push(error);
      return result;
    }
    let { sandboxId } = actions;
    let podIps = runtime.ips;
    if (actions.createSandbox) {
      try {
        sandboxId = await this.#createSandbox(pod, actions.attempt);
        podIps = await onSandbox(sandboxId);
      } catch (error) {
        failures.push(error);
        return result;
      }
    }
    if (sandboxId === undefined) return result;
    const { ephemeralToStart, initToStart, toStart } = actions;
    if (ephemeralToStart.length + initToStart.length + toStart.length === 0) return result;
    const start = await this.#starter(pod, runtime, sandboxId, actions.attempt, podIps, result);
    for (const container of ephemeralToStart) await start(container);
    for (const container of initToStart)
      if (!(await start(container)) && !isSidecar(container)) return result;
    for (const container of toStart) await start(container);
    return result;
  }

  /** A Pod that is gone: its containers' failures are forgotten by themselves. */
  collect(): void {
    this.#crashes.collect();
  }

  async #killUnwanted(pod: Pod, runtime: RuntimePod, actions: PodActions): Promise<void> {
    if (actions.killPod) {
      await this.killer.killPod(pod, runtime);
      return;
    }
    for (const { id, message, reason } of actions.kill) {
      const running = runtime.containers.find((container) => container.id === id);
      if (running !== undefined) await this.killer.kill(pod, running, { message, reason });
    }
  }

  /** Keeps the last run of each init container, or none when all begins anew. */
  async #pruneInit({ spec }: Pod, runtime: RuntimePod, isNew: boolean): Promise<void> {
    for (const { name } of spec.initContainers ?? []) {
      const ended = runtime.containers.filter(
        (container) => container.name === name && (isNew || container.state === 'CONTAINER_EXITED'),
      );
      for (const { id } of isNew ? ended : ended.slice(1))
        await this.#context.cri.removeContainer(id);
    }
  }

  async #createSandbox(pod: Pod, attempt: number): Promise<string> {
    const { cri, events, pods } = this.#context;
    try {
      const config = await this.#parts.configs.sandbox(pod, attempt);
      return await cri.runPodSandbox(config, await this.#runtimeHandler(pod));
    } catch (error) {
      const message = `Failed to create pod sandbox: ${errorText(error)}`;
      // One that was deleted meanwhile may well fail.
      if (!pods.isTerminating(pod.metadata.uid ?? ''))
        events.pod(pod, 'Warning', 'FailedCreatePodSandBox', message);
      throw error;
    }
  }

  async #runtimeHandler(pod: Pod): Promise<string> {
    const { runtimeClassName: name } = pod.spec;
    if (name === undefined) return '';
    // A static Pod may be the API server that knows the classes.
    if (isStaticPod(pod)) return name;
    const { handler } = await this.#context.client.get(resources.runtimeClasses, { name });
    return handler;
  }

  /** What starts containers and notes how it went. */
  async #starter(
    pod: Pod,
    runtime: RuntimePod,
    sandboxId: string,
    attempt: number,
    podIps: readonly string[],
    result: { readonly starts: Map<string, StartError | undefined>; readonly failures: unknown[] },
  ): Promise<(container: Container) => Promise<boolean>> {
    const config = await this.#parts.configs.sandbox(pod, attempt);
    const ips = isHostNetwork(pod) ? this.#context.nodeIps : podIps;
    return async (container) => {
      try {
        this.#backOff(pod, container, runtime);
        await this.#start({ pod, container, runtime, sandboxId, config, podIps: ips });
        result.starts.set(container.name, undefined);
        return true;
      } catch (error) {
        if (error instanceof StartError) result.starts.set(container.name, error);
        else result.failures.push(error);
        return false;
      }
    };
  }

  /** One that keeps ending, or cannot be started, is started less and less often. */
  #backOff(pod: Pod, container: Container, runtime: RuntimePod): void {
    const ended = runtime.containers.find(
      ({ name, state }) =>
        name === container.name && (state === 'CONTAINER_EXITED' || state === 'CONTAINER_CREATED'),
    );
    if (ended === undefined) return;
    const key = `${pod.metadata.uid}/${container.name}/${containerHash(container)}`;
    const { finishedAt = ended.createdAt } = ended;
    const remaining = this.#crashes.remaining(key, finishedAt);
    if (remaining === 0) {
      this.#crashes.next(key, finishedAt);
      return;
    }
    const { name } = container;
    this.#context.events.pod(
      pod,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${name} in pod ${podText(pod)}`,
      name,
    );
    throw new StartError(
      'CrashLoopBackOff',
      `back-off ${goDuration(this.#crashes.get(key))} restarting failed container=${name} pod=${podText(pod)}`,
      remaining,
    );
  }

  async #start(request: StartRequest): Promise<void> {
    const { pod, container, runtime, sandboxId, config } = request;
    const { cri, events } = this.#context;
    const { name } = container;
    const fail = (message: string): void =>
      events.pod(pod, 'Warning', 'Failed', `Error: ${message}`, name);
    const newest = newestOf(runtime, name);
    let id = '';
    /** Ids would make every failure another event. */
    const withoutId = (text: string): string => (id === '' ? text : text.replaceAll(id, name));
    let image;
    try {
      image = await this.#puller.ensure(pod, container);
    } catch (error) {
      fail(error instanceof StartError ? error.code : messageOf(error));
      throw error;
    }
    let containerConfig;
    try {
      containerConfig = await this.#parts.configs.container({
        pod,
        container,
        restartCount: newest === undefined ? 0 : newest.restartCount + 1,
        imageId: image.id,
        imageUser: {
          username: image.username,
          ...(image.uid === undefined ? {} : { uid: image.uid }),
        },
        podIps: request.podIps,
        ...targetOf(container, runtime),
      });
    } catch (error) {
      const message = messageOf(error);
      fail(message);
      const code =
        error instanceof ContainerConfigError ? error.code : 'CreateContainerConfigError';
      throw new StartError(code, message);
    }
    try {
      id = await cri.createContainer(sandboxId, containerConfig, config);
    } catch (error) {
      fail(messageOf(error));
      throw new StartError('CreateContainerError', messageOf(error));
    }
    events.pod(pod, 'Normal', 'Created', 'Container created', name);
    try {
      await cri.startContainer(id);
    } catch (error) {
      fail(withoutId(messageOf(error)));
      throw new StartError('RunContainerError', messageOf(error));
    }
    events.pod(pod, 'Normal', 'Started', 'Container started', name);
    await this.#postStart(pod, container, id);
  }

  /** The container is killed when its hook fails. */
  async #postStart(pod: Pod, container: Container, id: string): Promise<void> {
    const { postStart } = container.lifecycle ?? {};
    if (postStart === undefined) return;
    const { cri, events } = this.#context;
    try {
      await runHook(this.#context, pod, container, id, postStart);
    } catch (error) {
      const { name } = container;
      events.pod(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', name);
      const status = await cri.containerStatus(id);
      const running = { ...status, name, restartCount: status.metadata.attempt, hash: '' };
      await this.killer.kill(pod, running, { message: 'FailedPostStartHook', reason: 'other' });
      throw new StartError('PostStartHookError', messageOf(error));
    }
  }
}

interface StartRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly runtime: RuntimePod;
  readonly sandboxId: string;
  readonly config: PodSandboxConfig;
  readonly podIps: readonly string[];
}

/** The container whose processes an ephemeral one is to see. Throws `StartError`. */
function targetOf(container: Container, runtime: RuntimePod): { readonly targetId?: string } {
  const { targetContainerName: target } = container as EphemeralContainer;
  if (target === undefined || target === '') return {};
  const found = newestOf(runtime, target);
  if (found === undefined)
    throw new ContainerConfigError(
      'CreateContainerConfigError',
      `unable to find target container ${target}`,
    );
  return { targetId: found.id };
}
