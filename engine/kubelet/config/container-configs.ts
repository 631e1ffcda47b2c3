import { within } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { toHex } from '../../base/hex.ts';
import { resources } from '../../client/resources.ts';
import type { Container, Pod } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type {
  CriContainerConfig,
  CriMount,
  LinuxContainerResources,
  PodSandboxConfig,
} from '../../runtime/cri/types.ts';
import {
  ContainerConfigError,
  type Cgroups,
  type ContainerConfigs,
  type ContainerRequest,
  type KubeletContext,
} from '../contracts.ts';
import { containerAnnotations, containerLabels } from '../labels.ts';
import { NodePaths } from '../node-paths.ts';
import { NodeTree } from '../node-tree.ts';
import type { NodePodVolumes } from '../volumes/pod-volumes.ts';
import type { PodObjects } from '../volumes/pod-objects.ts';
import { containerResources } from './container-resources.ts';
import { environmentOf } from './environment.ts';
import { expandVariables } from './expansion.ts';
import { kernelHostName, podHostName } from './host-name.ts';
import { hostNetworkHostsFile, managedHostsFile } from './hosts-file.ts';
import { podDns } from './pod-dns.ts';
import { sandboxConfig } from './sandbox-config.ts';
import { containerSecurityContext, verifyRunAsNonRoot } from './security-context.ts';
import { serviceEnvironment } from './service-environment.ts';

const HOSTS = '/etc/hosts';
/** Milliseconds that a first Pod waits for the list of Services. */
const PATIENCE_MS = 1000;
/** Random bytes in the name of a termination message's file. */
const MESSAGE_NAME_BYTES = 4;
const DIRECTORY_MODE = 0o750;
const LOG_DIRECTORY_MODE = 0o755;
const HOSTS_MODE = 0o644;
const MESSAGE_MODE = 0o666;

export interface ContainerConfigsOptions {
  readonly context: KubeletContext;
  readonly volumes: NodePodVolumes;
  readonly objects: PodObjects;
  readonly cgroups: Cgroups;
}

/** Turns Pods and containers into what the runtime understands, and makes the files that they need beside their volumes. */
export class NodeContainerConfigs implements ContainerConfigs {
  readonly #context: KubeletContext;
  readonly #volumes: NodePodVolumes;
  readonly #objects: PodObjects;
  readonly #cgroups: Cgroups;
  readonly #paths: NodePaths;
  /** /etc/hosts as it was written last, by Pod: running containers have it mounted, so it is left alone */
  readonly #hosts = new Map<string, string>();
  /** what sandboxes were last described like, by Pod: it does not change while one lives */
  readonly #sandboxes = new Map<string, PodSandboxConfig>();

  constructor({ context, volumes, objects, cgroups }: ContainerConfigsOptions) {
    this.#context = context;
    this.#volumes = volumes;
    this.#objects = objects;
    this.#cgroups = cgroups;
    this.#paths = new NodePaths(context.configuration);
    // Services are listed as soon as the kubelet starts: the first container needs them.
    context.informers.of(resources.services);
  }

  async sandbox(pod: Pod, attempt: number): Promise<PodSandboxConfig> {
    const { uid = '' } = pod.metadata;
    const known = this.#sandboxes.get(uid);
    if (known?.metadata.attempt === attempt) return known;
    const config = await this.#sandbox(pod, attempt);
    this.#sandboxes.set(uid, config);
    return config;
  }

  async #sandbox(pod: Pod, attempt: number): Promise<PodSandboxConfig> {
    const { configuration, agent, events } = this.#context;
    const { clusterDns, clusterDomain, resolvConf } = configuration;
    const { hostNetwork = false, setHostnameAsFQDN = false } = pod.spec;
    const name = podHostName(pod, clusterDomain);
    return sandboxConfig(pod, {
      attempt,
      hostname: hostNetwork ? '' : kernelHostName(name, setHostnameAsFQDN),
      dns: podDns(pod, {
        clusterDns,
        clusterDomain,
        ...(resolvConf === '' ? {} : { resolvConf: await agent.readTextFile(resolvConf) }),
        warn: (reason, message) => events.pod(pod, 'Warning', reason, message),
      }),
      logDirectory: this.#paths.podLogs(pod),
      cgroupParent: this.#cgroups.pathOf(pod),
    });
  }

  async container(request: ContainerRequest): Promise<CriContainerConfig> {
    try {
      return await this.#container(request);
    } catch (error) {
      throw new ContainerConfigError('CreateContainerConfigError', messageOf(error), {
        cause: error,
      });
    }
  }

  resources(pod: Pod, container: Container): LinuxContainerResources {
    const { configuration } = this.#context;
    return containerResources(pod, container, {
      memoryCapacity: this.#context.capacity().memory,
      cpuCfsQuota: configuration.cpuCfsQuota,
      cpuCfsQuotaPeriod: configuration.cpuCfsQuotaPeriod,
    });
  }

  async #container(request: ContainerRequest): Promise<CriContainerConfig> {
    const { pod, container, restartCount, imageId, imageUser, targetId } = request;
    const environment = await this.#environment(request);
    const volumeMounts = await this.#volumes.mountsOf(pod, container, environment);
    verifyRunAsNonRoot(pod, container, imageUser);
    const securityContext = containerSecurityContext(pod, container, {
      imageUser,
      volumeGroups: this.#volumes.groupsOf(pod),
      seccompRoot: this.#paths.seccomp,
      ...(targetId === undefined ? {} : { targetId }),
    });
    const ownMounts = await this.#writeFiles(request, volumeMounts);
    const expanded = (texts: readonly string[] = []): string[] =>
      texts.map((text) => expandVariables(text, environment));
    const { name, image = '', workingDir = '', stdin, stdinOnce, tty } = container;
    return {
      metadata: { name, attempt: restartCount },
      image: imageId,
      userSpecifiedImage: image,
      command: expanded(container.command),
      args: expanded(container.args),
      ...(workingDir === '' ? {} : { workingDir }),
      envs: [...environment].map(([key, value]) => ({ key, value })),
      mounts: [...volumeMounts, ...ownMounts],
      devices: [],
      labels: containerLabels(pod, container),
      annotations: containerAnnotations(pod, container, restartCount),
      logPath: `${name}/${restartCount}.log`,
      stdin: stdin ?? false,
      stdinOnce: stdinOnce ?? false,
      tty: tty ?? false,
      resources: this.resources(pod, container),
      securityContext,
    };
  }

  async #environment({ pod, container, podIps }: ContainerRequest): Promise<Map<string, string>> {
    const { agent, nodeIps } = this.#context;
    const { namespace = '', uid = '' } = pod.metadata;
    return await environmentOf(pod, container, {
      configMap: (name) => this.#objects.configMaps.get(namespace, name, uid),
      secret: (name) => this.#objects.secrets.get(namespace, name, uid),
      volumeFile: async (volume, name) => {
        const root = this.#volumes.pathOf(pod, volume);
        if (root === undefined)
          throw new Error(`cannot find the volume ${goQuote(volume)} referenced by FileKeyRef`);
        const path = `${root}/${name}`;
        return { path, text: await agent.readTextFile(path) };
      },
      services: await this.#services(pod),
      hostIps: nodeIps,
      podIps,
      allocatable: this.#context.node()?.status?.allocatable ?? {},
    });
  }

  async #services(pod: Pod): Promise<Map<string, string>> {
    const { informers, clock } = this.#context;
    const { namespace = '', annotations = {} } = pod.metadata;
    const services = informers.of(resources.services);
    const isStatic = (annotations['kubernetes.io/config.source'] ?? 'api') !== 'api';
    // Without the API server there would be no static Pods that make one.
    if (!isStatic && !services.hasSynced)
      await within(clock, PATIENCE_MS, services.synced).catch(() => {
        throw new Error('services have not yet been read at least once, cannot construct envvars');
      });
    return serviceEnvironment(
      services.store.list(),
      namespace,
      pod.spec.enableServiceLinks ?? true,
    );
  }

  /** /etc/hosts, the file for the termination message and the directory of logs, in one round trip. */
  async #writeFiles(
    { pod, container, podIps }: ContainerRequest,
    volumeMounts: readonly CriMount[],
  ): Promise<CriMount[]> {
    const { agent, clock, random } = this.#context;
    const { uid = '' } = pod.metadata;
    const { name, terminationMessagePath = '/dev/termination-log' } = container;
    const tree = new NodeTree(clock.now());
    const mounts: CriMount[] = [];
    const mount = (containerPath: string, hostPath: string): void =>
      void mounts.push({ containerPath, hostPath, readonly: false });
    tree.directory(this.#paths.podLogs(pod), LOG_DIRECTORY_MODE);
    tree.directory(`${this.#paths.podLogs(pod)}/${name}`, LOG_DIRECTORY_MODE);
    const hostNetwork = pod.spec.hostNetwork ?? false;
    const hasOwnHosts = volumeMounts.some(({ containerPath }) => containerPath === HOSTS);
    let hosts: string | undefined;
    if (!hasOwnHosts && (hostNetwork || podIps.length > 0)) {
      hosts = await this.#hostsFile(pod, podIps);
      if (this.#hosts.get(uid) !== hosts) tree.file(this.#paths.hosts(uid), hosts, HOSTS_MODE);
      mount(HOSTS, this.#paths.hosts(uid));
    }
    if (terminationMessagePath !== '') {
      const directory = this.#paths.container(uid, name);
      const path = `${directory}/${toHex(random.bytes(MESSAGE_NAME_BYTES))}`;
      tree.directory(directory, DIRECTORY_MODE);
      tree.file(path, '', MESSAGE_MODE);
      mount(
        terminationMessagePath.startsWith('/')
          ? terminationMessagePath
          : `/${terminationMessagePath}`,
        path,
      );
    }
    await tree.write(agent);
    if (hosts !== undefined) this.#hosts.set(uid, hosts);
    return mounts;
  }

  /** The Pod is gone. */
  release(podUid: string): void {
    this.#hosts.delete(podUid);
    this.#sandboxes.delete(podUid);
  }

  async #hostsFile(pod: Pod, podIps: readonly string[]): Promise<string> {
    const { agent, configuration } = this.#context;
    const { hostAliases, hostNetwork = false } = pod.spec;
    if (hostNetwork) return hostNetworkHostsFile(await agent.readTextFile(HOSTS), hostAliases);
    return managedHostsFile(podIps, podHostName(pod, configuration.clusterDomain), hostAliases);
  }
}
