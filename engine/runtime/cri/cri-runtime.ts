import type { ByteStream } from '../../api/byte-stream.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Random } from '../../base/random.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import type { ProcessIo, Runtime, RuntimeEvent } from '../types.ts';
import { CriImages } from './cri-images.ts';
import { mountOf } from '../containers/bind-sources.ts';
import { findContainer, keptContainers, keptSandboxes } from './kept.ts';
import { PodContainers } from './pod-containers.ts';
import { PodProcesses } from './pod-processes.ts';
import { PodSandboxes } from './pod-sandboxes.ts';
import { PodStats } from './pod-stats.ts';
import type {
  ContainerEvent,
  ContainerStats,
  ContainerStatus,
  Cri,
  CriAuth,
  CriContainer,
  CriContainerConfig,
  CriExec,
  CriImage,
  CriVersion,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStats,
  PodSandboxStatus,
  RuntimeCondition,
} from './types.ts';

const VERSION: CriVersion = {
  runtimeName: 'drydock',
  runtimeVersion: '0.1.0',
  runtimeApiVersion: 'v1',
};

/** The disk that holds what containers write. */
const MOUNTPOINT = '/var/lib/drydock';

const EVENTS: Partial<Record<RuntimeEvent['type'], ContainerEvent['type']>> = {
  created: 'CONTAINER_CREATED_EVENT',
  started: 'CONTAINER_STARTED_EVENT',
  exited: 'CONTAINER_STOPPED_EVENT',
  removed: 'CONTAINER_DELETED_EVENT',
};

export interface CriRuntimeOptions {
  readonly runtime: Runtime;
  readonly agent: AgentClient;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The Container Runtime Interface over the container runtime of one machine, as containerd has it over its own.
 * What it knows is in the runtime's records, so that a worker that starts again goes on where one ended.
 */
export class CriRuntime implements Cri {
  readonly #options: CriRuntimeOptions;
  readonly #events = new Emitter<ContainerEvent>();
  readonly containerEvents = this.#events.event;
  readonly #images: CriImages;
  readonly #sandboxes: PodSandboxes;
  readonly #containers: PodContainers;
  readonly #processes: PodProcesses;
  readonly #stats: PodStats;
  /** whose a container is, also after its record has gone */
  readonly #owners = new Map<string, { readonly podSandboxId: string; readonly podUid: string }>();

  constructor(options: CriRuntimeOptions) {
    const { runtime, agent, clock, random } = options;
    this.#options = options;
    this.#images = new CriImages(runtime.images);
    this.#sandboxes = new PodSandboxes({
      runtime,
      images: this.#images,
      clock,
      random,
      tell: (type, id, { config }) =>
        this.#events.fire({
          type,
          containerId: id,
          podSandboxId: id,
          podUid: config.metadata.uid,
          time: clock.now(),
        }),
    });
    this.#containers = new PodContainers({
      runtime,
      agent,
      images: this.#images,
      sandboxes: this.#sandboxes,
      clock,
      random,
    });
    this.#processes = new PodProcesses({
      runtime,
      agent,
      containers: this.#containers,
      sandboxes: this.#sandboxes,
      clock,
    });
    this.#stats = new PodStats({ runtime, agent, containers: this.#containers, clock });
    runtime.events((event) => this.#translate(event));
  }

  /** Matches what is known with what the machine runs. Once, before anything else. */
  async recover(): Promise<void> {
    const { runtime, agent } = this.#options;
    // Mounts of the machine can reach containers that ask for them, as on any node with systemd.
    const root = mountOf(await agent.readTextFile('/proc/self/mountinfo'), '/');
    if (!root.peers.includes('shared:'))
      await agent.call('run', { argv: ['mount', '--make-rshared', '/'] });
    await runtime.recover();
    for (const { container, podSandboxId, podUid } of keptContainers(runtime))
      this.#owners.set(container.id, { podSandboxId, podUid });
  }

  version(): Promise<CriVersion> {
    return Promise.resolve(VERSION);
  }

  async status(): Promise<readonly RuntimeCondition[]> {
    try {
      const { ready } = await this.#options.agent.call('cni.status', {});
      return [
        { type: 'RuntimeReady', status: true, reason: '', message: '' },
        {
          type: 'NetworkReady',
          status: ready,
          reason: ready ? '' : 'NetworkPluginNotReady',
          message: ready ? '' : 'Network plugin returns error: cni plugin not initialized',
        },
      ];
    } catch (error) {
      const message = messageOf(error);
      return [
        { type: 'RuntimeReady', status: false, reason: 'RuntimeNotReady', message },
        { type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message },
      ];
    }
  }

  /** The network plugin's configuration is written by its node part, which knows the addresses itself. */
  updateRuntimeConfig(): Promise<void> {
    return Promise.resolve();
  }

  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string): Promise<string> {
    return this.#sandboxes.run(config, runtimeHandler);
  }

  stopPodSandbox(id: string): Promise<void> {
    return this.#sandboxes.stop(id);
  }

  removePodSandbox(id: string): Promise<void> {
    return this.#sandboxes.remove(id);
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    return this.#sandboxes.status(id);
  }

  async listPodSandbox(): Promise<readonly PodSandbox[]> {
    return this.#sandboxes.list();
  }

  createContainer(
    podSandboxId: string,
    config: CriContainerConfig,
    sandboxConfig: PodSandboxConfig,
  ): Promise<string> {
    return this.#containers.create(podSandboxId, config, sandboxConfig);
  }

  startContainer(id: string): Promise<void> {
    return this.#containers.start(id);
  }

  stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    return this.#containers.stop(id, timeoutSeconds);
  }

  removeContainer(id: string): Promise<void> {
    return this.#containers.remove(id);
  }

  async listContainers(): Promise<readonly CriContainer[]> {
    return this.#containers.list();
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    return this.#containers.status(id);
  }

  updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void> {
    return this.#containers.updateResources(id, resources);
  }

  reopenContainerLog(id: string): Promise<void> {
    return this.#containers.reopenLog(id);
  }

  execSync(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
    return this.#processes.execSync(id, command, timeoutSeconds);
  }

  exec(id: string, request: CriExec): Promise<ProcessIo> {
    return this.#processes.exec(id, request);
  }

  attach(id: string, request: { readonly stdin: boolean }): Promise<ProcessIo> {
    return this.#processes.attach(id, request);
  }

  portForward(podSandboxId: string, port: number): Promise<ByteStream> {
    return this.#processes.portForward(podSandboxId, port);
  }

  containerStats(id: string): Promise<ContainerStats> {
    return this.#stats.container(id);
  }

  listContainerStats(): Promise<readonly ContainerStats[]> {
    return this.#stats.containers();
  }

  podSandboxStats(id: string): Promise<PodSandboxStats> {
    return this.#stats.sandbox(id);
  }

  async listImages(): Promise<readonly CriImage[]> {
    return this.#images.list();
  }

  async imageStatus(image: string): Promise<CriImage | undefined> {
    return this.#images.status(image);
  }

  pullImage(image: string, auth?: CriAuth): Promise<string> {
    return this.#images.pull(image, auth);
  }

  removeImage(image: string): Promise<void> {
    return this.#images.remove(image);
  }

  async imageFsInfo() {
    const time = this.#options.clock.now();
    return { time, mountpoint: MOUNTPOINT, ...(await this.#images.usage()) };
  }

  /** What the runtime tells of containers, as the CRI tells it. A Pod whose first process ends is one that stopped. */
  #translate(event: RuntimeEvent): void {
    const type = EVENTS[event.type];
    if (type === undefined) return;
    const { runtime } = this.#options;
    const found = findContainer(runtime, event.id);
    if (found !== undefined) {
      const { podSandboxId, podUid } = found;
      this.#owners.set(event.id, { podSandboxId, podUid });
    }
    const owner = this.#owners.get(event.id);
    if (owner !== undefined) {
      this.#events.fire({ type, containerId: event.id, ...owner, time: event.time });
      if (event.type === 'removed') this.#owners.delete(event.id);
      return;
    }
    if (event.type !== 'exited') return;
    const pod = keptSandboxes(runtime).find(
      ({ sandbox }) => this.#sandboxes.pauseOf(sandbox.id) === event.id,
    );
    if (pod === undefined || pod.sandbox.stopped === true) return;
    const { id } = pod.sandbox;
    this.#events.fire({
      type,
      containerId: id,
      podSandboxId: id,
      podUid: pod.config.metadata.uid,
      time: event.time,
    });
  }
}
