import type { Clock } from '../../base/clock.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { messageOf } from '../../base/message-of.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Runtime } from '../types.ts';
import { containerConfig, resourcesOf } from './container-config.ts';
import { describeContainer, stateOf, statusOf } from './container-status.ts';
import { asCri, criFailure } from './cri-failure.ts';
import type { CriImages } from './cri-images.ts';
import {
  findContainer,
  findPause,
  keep,
  keptContainers,
  type KeptContainer,
  type PodContainer,
} from './kept.ts';
import type { PodSandboxes } from './pod-sandboxes.ts';
import {
  CriError,
  type ContainerStatus,
  type CriContainer,
  type CriContainerConfig,
  type LinuxContainerResources,
  type LinuxContainerSecurityContext,
  type PodSandboxConfig,
} from './types.ts';

export interface PodContainersOptions {
  readonly runtime: Runtime;
  readonly agent: AgentClient;
  readonly images: CriImages;
  readonly sandboxes: PodSandboxes;
  readonly clock: Clock;
  readonly random: Random;
}

/** Containers of Pods: CreateContainer to RemoveContainer. */
export class PodContainers {
  readonly #options: PodContainersOptions;
  /** names of containers that are being made */
  readonly #reserved = new Set<string>();

  constructor(options: PodContainersOptions) {
    this.#options = options;
  }

  async create(
    podSandboxId: string,
    config: CriContainerConfig,
    sandboxConfig: PodSandboxConfig,
  ): Promise<string> {
    const { runtime, images, sandboxes, random } = this.#options;
    const sandbox = sandboxes.ready(podSandboxId);
    const image = images.find(config.image);
    if (image === undefined)
      throw new CriError('NOT_FOUND', `failed to resolve image "${config.image}": not found`);
    const name = containerName(config, sandboxConfig);
    const known = keptContainers(runtime).find(
      (other) =>
        other.podSandboxId === podSandboxId && containerName(other.config, sandboxConfig) === name,
    );
    if (known !== undefined || this.#reserved.has(name))
      throw new CriError(
        'UNKNOWN',
        `failed to reserve container name "${name}": name "${name}" is reserved for "${known?.container.id ?? ''}"`,
      );
    this.#reserved.add(name);
    try {
      const id = toHex(random.bytes(32));
      const logPath = `${sandboxConfig.logDirectory}/${config.logPath}`;
      const kept: KeptContainer = {
        kind: 'container',
        podSandboxId,
        podUid: sandboxConfig.metadata.uid,
        config,
        logPath,
      };
      await runtime.createContainer(
        containerConfig({
          id,
          podSandboxId,
          config,
          sandboxConfig,
          image,
          hostname:
            sandbox.sandbox.pod?.uts === undefined ? runtime.hostname : sandboxConfig.hostname,
          pause: findPause(runtime, podSandboxId)?.id,
          seccompProfile: await this.#seccompProfile(config.securityContext),
          newVolume: () => toHex(random.bytes(32)),
          labels: keep(kept),
          logPath,
        }),
      );
      return id;
    } catch (error) {
      throw criFailure(error, 'failed to create containerd container: ');
    } finally {
      this.#reserved.delete(name);
    }
  }

  async start(id: string): Promise<void> {
    const { runtime } = this.#options;
    const found = this.find(id, 'an error occurred when try to find container');
    const state = stateOf(found);
    if (state !== 'CONTAINER_CREATED')
      throw new CriError(
        'UNKNOWN',
        `failed to set starting state for container "${id}": container is in ${state} state`,
      );
    this.#options.sandboxes.ready(found.podSandboxId);
    try {
      await runtime.startContainer(id);
    } catch (error) {
      const text = messageOf(error).replace(/^failed to create task for container: /, '');
      throw new CriError('UNKNOWN', `failed to create containerd task: ${text}`, { cause: error });
    }
  }

  async stop(id: string, timeoutSeconds: number): Promise<void> {
    const { runtime } = this.#options;
    const found = findContainer(runtime, id);
    if (found === undefined || stateOf(found) !== 'CONTAINER_RUNNING') return;
    try {
      await runtime.stopContainer(
        id,
        timeoutSeconds > 0
          ? { timeoutMs: timeoutSeconds * 1000 }
          : { signal: 'SIGKILL', timeoutMs: -1 },
      );
    } catch (error) {
      if (error instanceof RuntimeError && /^NOT_(MODIFIED|FOUND|RUNNING)$/.test(error.code))
        return;
      throw criFailure(error, `failed to stop container "${id}": `);
    }
  }

  async remove(id: string): Promise<void> {
    const { runtime } = this.#options;
    if (findContainer(runtime, id) === undefined) return;
    try {
      await runtime.removeContainer(id, { force: true, volumes: true });
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'NOT_FOUND') return;
      throw criFailure(error, `failed to remove container "${id}": `);
    }
  }

  async updateResources(id: string, resources: LinuxContainerResources): Promise<void> {
    const { runtime } = this.#options;
    const found = this.find(id, 'failed to find container');
    const { container, ...kept } = found;
    const config = { ...kept.config, resources: { ...kept.config.resources, ...resources } };
    await asCri(async () => {
      await runtime.updateContainer(container.id, resourcesOf(resources));
      await runtime.labelContainer(container.id, keep({ ...kept, config }));
    }, 'failed to update resources: ');
  }

  async reopenLog(id: string): Promise<void> {
    const found = this.running(id, '');
    await asCri(() => this.#options.agent.call('task.reopenLog', { id: found.container.id }));
  }

  list(): CriContainer[] {
    return keptContainers(this.#options.runtime).map(describeContainer);
  }

  status(id: string): ContainerStatus {
    const found = this.find(id, 'an error occurred when try to find container');
    return statusOf(found, this.#options.images.status(found.container.config.image));
  }

  /** Throws NOT_FOUND; `tried` is what comes before the id. */
  find(id: string, tried: string): PodContainer {
    const found = findContainer(this.#options.runtime, id);
    if (found === undefined) throw new CriError('NOT_FOUND', `${tried} "${id}": not found`);
    return found;
  }

  /** Throws when it does not run; `tried` is what comes first, with its colon and space. */
  running(id: string, tried: string): PodContainer {
    const found = this.find(id, `${tried}failed to find container`);
    const state = stateOf(found);
    if (state !== 'CONTAINER_RUNNING')
      throw new CriError('UNKNOWN', `${tried}container is in ${state} state`);
    return found;
  }

  async #seccompProfile({
    seccomp,
    privileged,
  }: LinuxContainerSecurityContext): Promise<string | undefined> {
    const { profileType, localhostRef } = seccomp;
    if (profileType !== 'Localhost' || privileged || localhostRef === undefined) return undefined;
    return asCri(
      () => this.#options.agent.readTextFile(localhostRef),
      `failed to generate seccomp spec opts: cannot load seccomp profile "${localhostRef}": `,
    );
  }
}

/** As containerd names them. */
function containerName({ metadata }: CriContainerConfig, sandbox: PodSandboxConfig): string {
  const { name, namespace, uid } = sandbox.metadata;
  return `${metadata.name}_${name}_${namespace}_${uid}_${metadata.attempt}`;
}
