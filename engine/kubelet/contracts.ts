/**
 * How the parts of a kubelet meet. `Kubelet` makes a `KubeletContext`, gives it to whoever makes the parts,
 * and calls these. A Pod is always the API's object as its source has it (API server or static file), with its
 * `metadata.uid`; of a static Pod that is the kubelet's own, not the mirror Pod's.
 */
import type { Clock } from '../base/clock.ts';
import type { Event } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import type { HttpHandler } from '../http/index.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import type {
  Container,
  Node,
  NodeCondition,
  Pod,
  PodStatus,
} from '../objects/generated/core-v1.generated.ts';
import type {
  ContainerStatus,
  Cri,
  CriAuth,
  CriContainerConfig,
  CriMount,
  LinuxContainerResources,
  PodSandboxConfig,
  PodSandboxStatus,
} from '../runtime/cri/types.ts';
import type { KubeletConfiguration } from './configuration.ts';

/** The node as its kubelet reaches into it. */
export type NodeAgent = Pick<
  AgentClient,
  | 'call'
  | 'open'
  | 'exec'
  | 'messages'
  | 'openFile'
  | 'readFile'
  | 'readTextFile'
  | 'writeFile'
  | 'readTar'
  | 'writeTar'
  | 'dial'
  | 'listen'
>;

/** What every part gets. */
export interface KubeletContext {
  readonly nodeName: string;
  /** addresses of the node; the first is its `InternalIP` */
  readonly nodeIps: readonly string[];
  readonly client: Client;
  /** list and watch of Secrets, ConfigMaps, … ; shared by all parts */
  readonly informers: SharedInformers;
  readonly cri: Cri;
  readonly agent: NodeAgent;
  readonly clock: Clock;
  readonly random: Random;
  readonly configuration: KubeletConfiguration;
  readonly pods: PodStore;
  readonly events: PodEvents;
  /** the node as the API server has it; undefined before it is registered */
  node(): Node | undefined;
  /** what the machine has: `cpu` (cores), `memory` (bytes); before the node is registered too */
  capacity(): { readonly cpu: number; readonly memory: number };
  /** Told of what went wrong where nobody waits for an answer. */
  readonly onError: (error: unknown) => void;
}

/** What `Kubelet` calls. */
export interface KubeletParts {
  readonly volumes: PodVolumes;
  readonly configs: ContainerConfigs;
  readonly credentials: ImageCredentials;
  readonly cgroups: Cgroups;
  readonly probes: Probes;
  readonly pressure: NodePressure;
  /** the kubelet's HTTP API, as on port 10250 */
  readonly server: HttpHandler;
  /** run beside it until the signal: log rotation, image and container garbage collection, eviction */
  readonly loops: readonly ((signal: AbortSignal) => Promise<void>)[];
}

export type MakeKubeletParts = (context: KubeletContext) => KubeletParts;

/** Records events about Pods and the node, of source `kubelet` on this node. Never fails, never waits. */
export interface PodEvents {
  /** @param container name of one of its containers, of whatever kind: adds the `fieldPath`, such as `spec.containers{web}` */
  pod(
    pod: Pod,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    container?: string,
  ): void;
  node(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** One container as the runtime has it. */
export interface RuntimeContainer extends ContainerStatus {
  readonly name: string;
  /** `metadata.attempt` */
  readonly restartCount: number;
  /** `io.kubernetes.container.hash` of its annotations */
  readonly hash: string;
}

/** A Pod as the runtime has it. */
export interface RuntimePod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** newest first */
  readonly sandboxes: readonly PodSandboxStatus[];
  /** of the newest sandbox while it is ready; none on the host network */
  readonly ips: readonly string[];
  /** newest first, dead ones too */
  readonly containers: readonly RuntimeContainer[];
}

/** What the kubelet knows about its Pods; changes as it works. */
export interface PodStore {
  /** all Pods that are bound to the node or static, with the status that the kubelet last computed */
  list(): readonly Pod[];
  byUid(uid: string): Pod | undefined;
  /** mirror Pods are not found by it, but the static Pods behind them are */
  byName(namespace: string, name: string): Pod | undefined;
  status(uid: string): PodStatus | undefined;
  /** as PLEG saw it last; undefined when the runtime has nothing of it */
  runtime(uid: string): RuntimePod | undefined;
  /** everything the runtime has, of Pods that nobody knows too */
  running(): readonly RuntimePod[];
  /** it is to run nothing more: what remains of its containers and volumes may go */
  isFinished(uid: string): boolean;
  /** it was asked to end, or has ended */
  isTerminating(uid: string): boolean;
  /**
   * Ends a Pod for a reason of the node's own (eviction): `status` (phase, reason, message, conditions) is what becomes its status.
   * Resolves when nothing of it runs.
   */
  evict(
    uid: string,
    status: Pick<PodStatus, 'phase' | 'reason' | 'message' | 'conditions'>,
    gracePeriodSeconds: number,
  ): Promise<void>;
  /** Looks at the Pod again soon: a probe or a volume changed. */
  sync(uid: string): void;
}

/** `engine/kubelet/volumes`. */
export interface PodVolumes {
  /**
   * Makes the Pod's directories and mounts what is not mounted yet. One try; the kubelet tries again with
   * back-off. Throws `VolumeError`.
   */
  mount(pod: Pod): Promise<void>;
  /**
   * Mounts of a container for `volumeMounts`, also of subPaths, which it makes. Throws an error with upstream's message.
   * @param environment the container's variables, for `subPathExpr`
   */
  mountsOf(
    pod: Pod,
    container: Container,
    environment: ReadonlyMap<string, string>,
  ): Promise<readonly CriMount[]>;
  /** Brings ConfigMaps, Secrets, projected and downward volumes of a running Pod up to date. At each sync; cheap when nothing changed. */
  refresh(pod: Pod): Promise<void>;
  /** Unmounts everything and removes the Pod's directory. Idempotent; also of Pods known only by what is on the node. */
  unmount(uid: string): Promise<void>;
  /** uids that have a directory or a mount on the node */
  known(): Promise<readonly string[]>;
}

/** A volume cannot be mounted yet. Each failure becomes an event `FailedMount` (or `FailedAttachVolume`, …). */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code = 'FAILED_MOUNT';
  /** such as `FailedMount` with `MountVolume.SetUp failed for volume "config" : configmap "web" not found` */
  readonly failures: readonly { readonly reason: string; readonly message: string }[];

  constructor(failures: readonly { readonly reason: string; readonly message: string }[]) {
    super(failures.map(({ message }) => message).join('\n'));
    this.failures = failures;
  }
}

/** Why a container cannot be created: `code` becomes its waiting reason, the message its waiting message. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
  readonly code: 'CreateContainerConfigError' | 'CreateContainerError';

  constructor(code: ContainerConfigError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `engine/kubelet/config`: what the API says becomes what the runtime understands. */
export interface ContainerConfigs {
  /** labels and annotations by `labels.ts` */
  sandbox(pod: Pod, attempt: number): Promise<PodSandboxConfig>;
  /** Makes on the node what the container needs beside volumes: /etc/hosts, termination log, log directory. Throws `ContainerConfigError`. */
  container(request: ContainerRequest): Promise<CriContainerConfig>;
  /** what a running container's resources are to be when the Pod was resized */
  resources(pod: Pod, container: Container): LinuxContainerResources;
}

export interface ContainerRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  /** id of the image, which is present */
  readonly imageId: string;
  /** of the image's user, for `runAsNonRoot` */
  readonly imageUser: { readonly uid?: number; readonly username: string };
  /** the Pod's, or the node's on the host network */
  readonly podIps: readonly string[];
  /** runtime id of the container that an ephemeral one targets */
  readonly targetId?: string;
}

/** `engine/kubelet/images`: credentials of the Pod's `imagePullSecrets` (and the service account's are among those). */
export interface ImageCredentials {
  /** Those that match the image's registry and path, best match first; none for an anonymous pull. `missing`: names of secrets that could not be read. */
  of(
    pod: Pod,
    image: string,
  ): Promise<{ readonly auths: readonly CriAuth[]; readonly missing: readonly string[] }>;
}

/** `engine/kubelet/cgroups`. */
export interface Cgroups {
  /** `/kubepods` with its tiers; once, before anything else. */
  start(): Promise<void>;
  /** such as `/kubepods/burstable/pod<uid>` */
  pathOf(pod: Pod): string;
  /** Makes or updates the Pod's. Idempotent. */
  ensure(pod: Pod): Promise<void>;
  /** When nothing of the Pod runs. Idempotent. */
  remove(uid: string): Promise<void>;
  /** uids that have one */
  known(): Promise<readonly string[]>;
}

export type ProbeKind = 'liveness' | 'readiness' | 'startup';
export type ProbeOutcome = 'success' | 'failure' | 'unknown';

/** `engine/kubelet/probes`. Reads what runs from `PodStore.status`. */
export interface Probes {
  /** Probes the Pod's containers that have probes. Idempotent; containers come and go by themselves. */
  add(pod: Pod): void;
  /** The Pod is to end: startup and liveness probes cease, readiness goes on (upstream's StopLivenessAndStartup). */
  stopLiveness(uid: string): void;
  remove(uid: string): void;
  /** forgets Pods that are not among these */
  retain(uids: ReadonlySet<string>): void;
  /** An outcome changed. */
  readonly results: Event<{
    readonly podUid: string;
    readonly containerId: string;
    readonly kind: ProbeKind;
    readonly outcome: ProbeOutcome;
  }>;
  /** the last outcome for a running container (id of the runtime); undefined before there is any */
  outcome(kind: ProbeKind, containerId: string): ProbeOutcome | undefined;
  /** whether such a probe is made of this container at the moment */
  isProbed(kind: ProbeKind, podUid: string, containerName: string): boolean;
  /**
   * Makes such a probe now: a container that runs and is started has a readiness probe without success yet. As often as
   * a Pod's status is computed (upstream's `manualTriggerCh`).
   */
  trigger(kind: ProbeKind, podUid: string, containerName: string): void;
}

/** `engine/kubelet/eviction`: which pressures the node is under. */
export interface NodePressure {
  /** MemoryPressure, DiskPressure, PIDPressure with upstream's reasons and messages; times are set by the caller */
  conditions(): readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[];
}
