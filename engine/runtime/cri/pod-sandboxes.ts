import type { CniAttachment } from '../../api/agent.ts';
import type { Clock } from '../../base/clock.ts';
import { toHex } from '../../base/hex.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import type { Random } from '../../base/random.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { Container, ContainerConfig, PodMode, Runtime } from '../types.ts';
import type { CriImages } from './cri-images.ts';
import { asCri, criFailure } from './cri-failure.ts';
import {
  findPause,
  findSandbox,
  keep,
  keptContainers,
  keptSandboxes,
  type PodOfSandbox,
} from './kept.ts';
import {
  CriError,
  type ContainerEvent,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxStatus,
} from './types.ts';

/** What containerd 2 sets in a Pod's own network: ports below 1024 and ping are for everybody. */
const POD_SYSCTLS = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};
/** Handlers of RuntimeClasses that mean this runtime. */
const HANDLERS = ['', 'crun', 'runc'];
/** Of the first process of a Pod whose containers share process ids, as the kubelet's contract has it. */
const PAUSE_OOM_SCORE = -998;

export interface PodSandboxesOptions {
  readonly runtime: Runtime;
  readonly images: CriImages;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: (type: ContainerEvent['type'], id: string, sandbox: PodOfSandbox) => void;
}

/** Pod sandboxes: RunPodSandbox to RemovePodSandbox. */
export class PodSandboxes {
  readonly #options: PodSandboxesOptions;
  readonly #lock = new KeyedLock();
  /** names of sandboxes that are being made */
  readonly #reserved = new Set<string>();

  constructor(options: PodSandboxesOptions) {
    this.#options = options;
  }

  async run(config: PodSandboxConfig, runtimeHandler: string): Promise<string> {
    if (!HANDLERS.includes(runtimeHandler))
      throw new CriError(
        'UNKNOWN',
        `failed to get sandbox runtime: no runtime for "${runtimeHandler}" is configured`,
      );
    const { runtime, clock, random } = this.#options;
    const name = sandboxName(config);
    const known = keptSandboxes(runtime).find((other) => sandboxName(other.config) === name);
    if (known !== undefined || this.#reserved.has(name))
      throw new CriError(
        'UNKNOWN',
        `failed to reserve sandbox name "${name}": name "${name}" is reserved for "${known?.sandbox.id ?? ''}"`,
      );
    this.#reserved.add(name);
    const id = toHex(random.bytes(32));
    const { dns } = config;
    try {
      await runtime.createSandbox({
        id,
        network: podMode(id, config),
        ports: [],
        ...(dns === undefined
          ? {}
          : { dns: { servers: dns.servers, search: dns.searches, options: dns.options } }),
        labels: keep({ config, runtimeHandler, createdAt: clock.now() }),
      });
      if (config.namespaces.pid === 'POD') await this.#startPause(id, config);
    } catch (error) {
      if (findSandbox(runtime, id) !== undefined) await this.remove(id);
      const isNetwork = error instanceof AgentError && error.code === 'ECNI';
      throw criFailure(
        error,
        isNetwork
          ? `failed to setup network for sandbox "${id}": `
          : `failed to start sandbox "${id}": `,
      );
    } finally {
      this.#reserved.delete(name);
    }
    const made = findSandbox(runtime, id);
    if (made !== undefined) {
      this.#options.tell('CONTAINER_CREATED_EVENT', id, made);
      this.#options.tell('CONTAINER_STARTED_EVENT', id, made);
    }
    return id;
  }

  async stop(id: string): Promise<void> {
    await this.#lock.run(id, () => this.#stop(id));
  }

  async remove(id: string): Promise<void> {
    const { runtime, tell } = this.#options;
    await this.#lock.run(id, async () => {
      const found = findSandbox(runtime, id);
      if (found === undefined) return;
      await this.#stop(id);
      const pause = findPause(runtime, id);
      const own = keptContainers(runtime)
        .filter(({ podSandboxId }) => podSandboxId === id)
        .map(({ container }) => container);
      for (const container of [...own, ...(pause === undefined ? [] : [pause])])
        await asCri(
          () => runtime.removeContainer(container.id, { force: true, volumes: true }),
          `failed to remove container "${container.id}": `,
        );
      await asCri(() => runtime.removeSandbox(id), `failed to remove sandbox "${id}": `);
      tell('CONTAINER_DELETED_EVENT', id, found);
    });
  }

  status(id: string): PodSandboxStatus {
    const found = findSandbox(this.#options.runtime, id);
    if (found === undefined)
      throw new CriError('NOT_FOUND', 'an error occurred when try to find sandbox: not found');
    const { config, sandbox } = found;
    const [ip, ...additionalIps] = sandbox.stopped === true ? [] : (sandbox.pod?.addresses ?? []);
    return {
      ...this.#describe(found),
      ...(ip === undefined ? {} : { ip }),
      additionalIps,
      namespaces: config.namespaces,
    };
  }

  list(): PodSandbox[] {
    return keptSandboxes(this.#options.runtime).map((found) => this.#describe(found));
  }

  /** The one a container is to be made in, which must be ready. */
  ready(id: string): PodOfSandbox {
    const found = findSandbox(this.#options.runtime, id);
    if (found === undefined)
      throw new CriError('NOT_FOUND', `failed to find sandbox id "${id}": not found`);
    if (!this.#isReady(found))
      throw new CriError(
        'UNKNOWN',
        'failed to get sandbox container task: no running task found: not found',
      );
    return found;
  }

  /** id of the first process of a Pod whose containers share process ids */
  pauseOf(id: string): string | undefined {
    return findPause(this.#options.runtime, id)?.id;
  }

  #describe(found: PodOfSandbox): PodSandbox {
    const { config, runtimeHandler, createdAt, sandbox } = found;
    return {
      id: sandbox.id,
      metadata: config.metadata,
      state: this.#isReady(found) ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
      createdAt,
      labels: config.labels,
      annotations: config.annotations,
      runtimeHandler,
    };
  }

  #isReady({ config, sandbox }: PodOfSandbox): boolean {
    if (sandbox.stopped === true) return false;
    if (config.namespaces.pid !== 'POD') return true;
    return findPause(this.#options.runtime, sandbox.id)?.state === 'running';
  }

  async #stop(id: string): Promise<void> {
    const { runtime, tell } = this.#options;
    const found = findSandbox(runtime, id);
    if (found === undefined || found.sandbox.stopped === true) return;
    const pause = findPause(runtime, id);
    const own = keptContainers(runtime).filter(({ podSandboxId }) => podSandboxId === id);
    await Promise.all(own.map(({ container }) => this.#kill(container)));
    if (pause !== undefined) await this.#kill(pause);
    try {
      await runtime.stopSandbox(id);
    } catch (error) {
      throw criFailure(error, `failed to destroy network for sandbox "${id}": `);
    }
    tell('CONTAINER_STOPPED_EVENT', id, found);
  }

  async #kill({ id, state }: Container): Promise<void> {
    if (state !== 'running' && state !== 'paused') return;
    await asCri(
      () => this.#options.runtime.stopContainer(id, { signal: 'SIGKILL', timeoutMs: -1 }),
      `failed to stop container "${id}": `,
    );
  }

  async #startPause(podSandboxId: string, config: PodSandboxConfig): Promise<void> {
    const { runtime, images } = this.#options;
    const pause: ContainerConfig = {
      image: (await images.pause()).id,
      sandbox: { kind: 'shared', id: podSandboxId },
      args: ['/pause'],
      env: [],
      hostname: config.hostname,
      tty: false,
      openStdin: false,
      mounts: [],
      resources: { cpuShares: 2 },
      oomScoreAdj: PAUSE_OOM_SCORE,
      readOnlyRootfs: true,
      noNewPrivileges: true,
      log: 'none',
      cgroupParent: config.cgroupParent,
      labels: keep({ kind: 'pause', podSandboxId }),
    };
    const { id } = await runtime.createContainer(pause);
    await runtime.startContainer(id);
  }
}

/** As containerd names them. */
function sandboxName({ metadata }: PodSandboxConfig): string {
  const { name, namespace, uid, attempt } = metadata;
  return `${name}_${namespace}_${uid}_${attempt}`;
}

function podMode(id: string, config: PodSandboxConfig): PodMode {
  const hasNetwork = config.namespaces.network === 'POD';
  return {
    kind: 'pod',
    network: hasNetwork ? 'cni' : 'host',
    hostname: hasNetwork ? config.hostname : '',
    ipc: config.namespaces.ipc === 'POD' ? 'own' : 'host',
    sysctls: { ...(hasNetwork ? POD_SYSCTLS : {}), ...config.sysctls },
    ...(hasNetwork ? { cni: attachment(id, config) } : {}),
  };
}

/** What containerd tells network plugins. */
function attachment(id: string, config: PodSandboxConfig): CniAttachment {
  const { metadata, portMappings, dns, annotations, cgroupParent } = config;
  return {
    args: {
      IgnoreUnknown: '1',
      K8S_POD_NAMESPACE: metadata.namespace,
      K8S_POD_NAME: metadata.name,
      K8S_POD_INFRA_CONTAINER_ID: id,
      K8S_POD_UID: metadata.uid,
    },
    capabilities: {
      portMappings: portMappings
        .filter(({ hostPort }) => hostPort > 0)
        .map(({ hostPort, containerPort, protocol, hostIp = '' }) => ({
          hostPort,
          containerPort,
          protocol: protocol.toLowerCase(),
          hostIP: hostIp,
        })),
      ...(dns === undefined ? {} : { dns }),
      'io.kubernetes.cri.pod-annotations': annotations,
      cgroupPath: cgroupParent,
    },
  };
}
