import { Emitter } from '../../base/emitter.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PodSandboxConfig } from '../../runtime/cri/types.ts';
import type { ContainerRequest, KubeletParts, ProbeKind, ProbeOutcome } from '../contracts.ts';
import { containerAnnotations, containerLabels, sandboxLabels } from '../labels.ts';

/** Parts of a kubelet that do what tests of the rest need, and no more. */
export class PlainParts implements KubeletParts {
  /** what happened, such as `mount web` */
  readonly steps: string[] = [];
  /** thrown when this Pod's volumes are to be mounted */
  readonly mountFailures = new Map<string, Error>();
  /** thrown when this container's configuration is asked for */
  readonly configFailures = new Map<string, Error>();
  /** by kind and name of the container: they are probed, with this outcome */
  readonly outcomes = new Map<string, ProbeOutcome | undefined>();
  missingSecrets: readonly string[] = [];
  pressures: ReturnType<KubeletParts['pressure']['conditions']> = [];
  readonly loops = [];
  readonly #mounted = new Set<string>();
  readonly #cgroups = new Set<string>();
  readonly #results = new Emitter<{
    readonly podUid: string;
    readonly containerId: string;
    readonly kind: ProbeKind;
    readonly outcome: ProbeOutcome;
  }>();
  /** runtime ids of containers by name, as the test found them */
  readonly containerNames = new Map<string, string>();

  readonly volumes: KubeletParts['volumes'] = {
    mount: async (pod) => {
      const failure = this.mountFailures.get(pod.metadata.name ?? '');
      if (failure !== undefined) throw failure;
      if (!this.#mounted.has(pod.metadata.uid ?? '')) this.#note('mount', pod);
      this.#mounted.add(pod.metadata.uid ?? '');
    },
    mountsOf: async () => [],
    refresh: async () => undefined,
    unmount: async (uid) => {
      if (this.#mounted.delete(uid)) this.steps.push(`unmount ${uid}`);
    },
    known: async () => [...this.#mounted],
  };

  readonly configs: KubeletParts['configs'] = {
    sandbox: async (pod, attempt) => sandboxConfig(pod, attempt),
    container: async (request) => {
      const failure = this.configFailures.get(request.container.name);
      if (failure !== undefined) throw failure;
      return containerConfig(request);
    },
    resources: () => ({}),
  };

  readonly credentials: KubeletParts['credentials'] = {
    of: async () => ({ auths: [], missing: this.missingSecrets }),
  };

  readonly cgroups: KubeletParts['cgroups'] = {
    start: async () => undefined,
    pathOf: ({ metadata }) => `/kubepods/pod${metadata.uid}`,
    ensure: async ({ metadata }) => void this.#cgroups.add(metadata.uid ?? ''),
    remove: async (uid) => {
      if (this.#cgroups.delete(uid)) this.steps.push(`remove cgroup ${uid}`);
    },
    known: async () => [...this.#cgroups],
  };

  readonly probes: KubeletParts['probes'] = {
    add: () => undefined,
    stopLiveness: () => undefined,
    remove: (uid) => void this.steps.push(`end probes ${uid}`),
    retain: () => undefined,
    results: this.#results.event,
    outcome: (kind, containerId) =>
      this.outcomes.get(`${kind} ${this.containerNames.get(containerId) ?? containerId}`),
    isProbed: (kind, _uid, name) => this.outcomes.has(`${kind} ${name}`),
    trigger: () => undefined,
  };

  readonly pressure: KubeletParts['pressure'] = { conditions: () => this.pressures };
  readonly server: KubeletParts['server'] = async () => ({
    status: 200,
    headers: new Headers(),
    body: null,
  });

  /** A probe of a container came out so. */
  probe(podUid: string, containerId: string, kind: ProbeKind, outcome: ProbeOutcome): void {
    this.outcomes.set(`${kind} ${containerId}`, outcome);
    this.#results.fire({ podUid, containerId, kind, outcome });
  }

  #note(what: string, { metadata }: Pod): void {
    this.steps.push(`${what} ${metadata.name}`);
  }
}

function sandboxConfig(pod: Pod, attempt: number): PodSandboxConfig {
  const { name = '', namespace = '', uid = '', annotations = {} } = pod.metadata;
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: name,
    logDirectory: `/var/log/pods/${namespace}_${name}_${uid}`,
    portMappings: [],
    labels: sandboxLabels(pod),
    annotations,
    cgroupParent: `/kubepods/pod${uid}`,
    sysctls: {},
    namespaces: {
      network: pod.spec.hostNetwork === true ? 'NODE' : 'POD',
      pid: 'CONTAINER',
      ipc: 'POD',
    },
  };
}

function containerConfig({ pod, container, restartCount, imageId }: ContainerRequest) {
  const { name, image = '', command = [], args = [] } = container;
  return {
    metadata: { name, attempt: restartCount },
    image: imageId,
    userSpecifiedImage: image,
    command,
    args,
    envs: [],
    mounts: [
      { containerPath: '/dev/termination-log', hostPath: `/messages/${name}`, readonly: false },
    ],
    devices: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, restartCount),
    logPath: `${name}/${restartCount}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    securityContext: {
      addCapabilities: [],
      dropCapabilities: [],
      privileged: false,
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      supplementalGroups: [],
      readonlyRootfs: false,
      noNewPrivileges: false,
      seccomp: { profileType: 'RuntimeDefault' },
    },
  } as const;
}
