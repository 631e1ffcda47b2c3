import { Emitter } from '../../base/emitter.ts';
import type {
  ContainerEvent,
  Cri,
  CriAuth,
  CriContainerConfig,
  CriExec,
  LinuxContainerResources,
  PodSandboxConfig,
} from '../../runtime/cri/types.ts';
import { isWebWorkerId } from './web-worker-images.ts';
import { WEB_WORKER } from './web-worker-runtime.ts';

/** Two runtimes as one: that of the machine's containers, and that of the workers beside it. */
export class RoutedCri implements Cri {
  readonly #containers: Cri;
  readonly #webWorkers: Cri;
  readonly #events = new Emitter<ContainerEvent>();
  readonly containerEvents = this.#events.event;

  constructor(containers: Cri, webWorkers: Cri) {
    this.#containers = containers;
    this.#webWorkers = webWorkers;
    for (const each of [containers, webWorkers])
      each.containerEvents((event) => this.#events.fire(event));
  }

  version() {
    return this.#containers.version();
  }

  status() {
    return this.#containers.status();
  }

  updateRuntimeConfig(config: { readonly podCidr: string }) {
    return this.#containers.updateRuntimeConfig(config);
  }

  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string) {
    const runtime = runtimeHandler === WEB_WORKER ? this.#webWorkers : this.#containers;
    return runtime.runPodSandbox(config, runtimeHandler);
  }

  stopPodSandbox(id: string) {
    return this.#of(id).stopPodSandbox(id);
  }

  removePodSandbox(id: string) {
    return this.#of(id).removePodSandbox(id);
  }

  podSandboxStatus(id: string) {
    return this.#of(id).podSandboxStatus(id);
  }

  listPodSandbox() {
    return this.#both((runtime) => runtime.listPodSandbox());
  }

  createContainer(podSandboxId: string, config: CriContainerConfig, sandbox: PodSandboxConfig) {
    return this.#of(podSandboxId).createContainer(podSandboxId, config, sandbox);
  }

  startContainer(id: string) {
    return this.#of(id).startContainer(id);
  }

  stopContainer(id: string, timeoutSeconds: number) {
    return this.#of(id).stopContainer(id, timeoutSeconds);
  }

  removeContainer(id: string) {
    return this.#of(id).removeContainer(id);
  }

  listContainers() {
    return this.#both((runtime) => runtime.listContainers());
  }

  containerStatus(id: string) {
    return this.#of(id).containerStatus(id);
  }

  updateContainerResources(id: string, resources: LinuxContainerResources) {
    return this.#of(id).updateContainerResources(id, resources);
  }

  reopenContainerLog(id: string) {
    return this.#of(id).reopenContainerLog(id);
  }

  execSync(id: string, command: readonly string[], timeoutSeconds: number) {
    return this.#of(id).execSync(id, command, timeoutSeconds);
  }

  exec(id: string, request: CriExec) {
    return this.#of(id).exec(id, request);
  }

  attach(id: string, request: { readonly stdin: boolean }) {
    return this.#of(id).attach(id, request);
  }

  portForward(podSandboxId: string, port: number) {
    return this.#of(podSandboxId).portForward(podSandboxId, port);
  }

  containerStats(id: string) {
    return this.#of(id).containerStats(id);
  }

  listContainerStats() {
    return this.#both((runtime) => runtime.listContainerStats());
  }

  podSandboxStats(id: string) {
    return this.#of(id).podSandboxStats(id);
  }

  listImages() {
    return this.#both((runtime) => runtime.listImages());
  }

  async imageStatus(image: string) {
    return (await this.#webWorkers.imageStatus(image)) ?? this.#containers.imageStatus(image);
  }

  async pullImage(image: string, auth?: CriAuth) {
    const known = await this.#webWorkers.imageStatus(image);
    return known?.id ?? this.#containers.pullImage(image, auth);
  }

  async removeImage(image: string) {
    const known = await this.#webWorkers.imageStatus(image);
    if (known === undefined) await this.#containers.removeImage(image);
  }

  imageFsInfo() {
    return this.#containers.imageFsInfo();
  }

  #of(id: string): Cri {
    return isWebWorkerId(id) ? this.#webWorkers : this.#containers;
  }

  async #both<T>(list: (runtime: Cri) => Promise<readonly T[]>): Promise<readonly T[]> {
    const [one, other] = await Promise.all([list(this.#containers), list(this.#webWorkers)]);
    return [...one, ...other];
  }
}
