/**
 * The Container Runtime Interface, `runtime.v1`, as an in-process contract: what a kubelet asks of the
 * runtime of its node. Names and meanings are those of the CRI's protobuf file; streams are streams here
 * instead of URLs of a streaming server. Times are UNIX milliseconds.
 *
 * Every failure is a `CriError`, whose message is what follows `desc = ` in a kubelet's event.
 */
import type { ByteStream } from '../../api/byte-stream.ts';
import type { TerminalSize } from '../../api/agent.ts';
import type { Event } from '../../base/emitter.ts';
import type { ProcessIo } from '../types.ts';

export interface CriVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

/** `POD`: the sandbox's own; `CONTAINER`: one for each container; `NODE`: the machine's; `TARGET`: that of `targetId`. */
export interface NamespaceOptions {
  readonly network: 'POD' | 'NODE';
  readonly pid: 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';
  readonly ipc: 'POD' | 'NODE';
  /** container whose processes an ephemeral one sees */
  readonly targetId?: string;
}

export interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}

export interface PodDns {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp?: string;
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  /** the node's own when empty (host network) */
  readonly hostname: string;
  /** `/var/log/pods/<namespace>_<name>_<uid>` */
  readonly logDirectory: string;
  /** what becomes /etc/resolv.conf; the node's own when absent */
  readonly dns?: PodDns;
  readonly portMappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** such as `/kubepods/burstable/pod<uid>`; exists already */
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly namespaces: NamespaceOptions;
}

export type PodSandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY';

export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: PodSandboxState;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** of RuntimeClass; empty for the usual one */
  readonly runtimeHandler: string;
}

export interface PodSandboxStatus extends PodSandbox {
  /** none on the host network */
  readonly ip?: string;
  readonly additionalIps: readonly string[];
  readonly namespaces: NamespaceOptions;
}

export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}

export interface CriMount {
  readonly containerPath: string;
  /** of the node */
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation?:
    | 'PROPAGATION_PRIVATE'
    | 'PROPAGATION_HOST_TO_CONTAINER'
    | 'PROPAGATION_BIDIRECTIONAL';
}

/** cgroup v1 units, as the CRI has them; absent or 0 means none. */
export interface LinuxContainerResources {
  /** microseconds */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly memorySwapLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  /** cgroup v2 files, such as `memory.high` */
  readonly unified?: Readonly<Record<string, string>>;
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  /** file on the node */
  readonly localhostRef?: string;
}

export interface LinuxContainerSecurityContext {
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly privileged: boolean;
  readonly namespaces: NamespaceOptions;
  readonly runAsUser?: number;
  readonly runAsUsername?: string;
  readonly runAsGroup?: number;
  readonly supplementalGroups: readonly number[];
  readonly readonlyRootfs: boolean;
  readonly noNewPrivileges: boolean;
  readonly seccomp: SecurityProfile;
  /** `Unmasked` for `procMount: Unmasked` */
  readonly procMount?: 'Default' | 'Unmasked';
}

export interface CriContainerConfig {
  readonly metadata: ContainerMetadata;
  /** id of an image that is present (`ImageStatus.id`) */
  readonly image: string;
  /** what the Pod's author wrote */
  readonly userSpecifiedImage: string;
  /** instead of the image's entrypoint */
  readonly command: readonly string[];
  /** instead of the image's arguments */
  readonly args: readonly string[];
  readonly workingDir?: string;
  /** the image's environment comes before it */
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly CriMount[];
  /** devices of the node */
  readonly devices: readonly {
    readonly containerPath: string;
    readonly hostPath: string;
    readonly permissions: string;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** below the sandbox's log directory, such as `web/0.log` */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: LinuxContainerResources;
  readonly securityContext: LinuxContainerSecurityContext;
  /** instead of the image's */
  readonly stopSignal?: string;
}

export type CriContainerState =
  | 'CONTAINER_CREATED'
  | 'CONTAINER_RUNNING'
  | 'CONTAINER_EXITED'
  | 'CONTAINER_UNKNOWN';

export interface CriContainer {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly image: string;
  /** `docker.io/library/nginx@sha256:…`, or the image's id for one without a repository */
  readonly imageRef: string;
  readonly state: CriContainerState;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ContainerStatus extends CriContainer {
  readonly userSpecifiedImage: string;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerCannotRun` */
  readonly reason?: string;
  readonly message?: string;
  /** absolute */
  readonly logPath: string;
  readonly mounts: readonly CriMount[];
  readonly resources: LinuxContainerResources;
  /** as the machine sees it; 0 when it does not run */
  readonly pid: number;
}

export interface ContainerEvent {
  readonly type:
    | 'CONTAINER_CREATED_EVENT'
    | 'CONTAINER_STARTED_EVENT'
    | 'CONTAINER_STOPPED_EVENT'
    | 'CONTAINER_DELETED_EVENT';
  /** that of the sandbox when the event is the sandbox's own */
  readonly containerId: string;
  readonly podSandboxId: string;
  readonly podUid: string;
  readonly time: number;
}

export interface CriImage {
  /** `sha256:…` of its configuration */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  /** of its user, when that is a number */
  readonly uid?: number;
  /** of its user, when that is a name */
  readonly username: string;
  readonly pinned: boolean;
}

/** The parts of `AuthConfig` that a kubelet fills in. */
export interface CriAuth {
  readonly username: string;
  readonly password: string;
}

export interface CriStats {
  readonly time: number;
  readonly cpu: { readonly usageCoreNanoSeconds: number };
  readonly memory: {
    readonly workingSetBytes: number;
    readonly usageBytes: number;
    readonly rssBytes: number;
    readonly availableBytes?: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
  };
  readonly processCount: number;
}

export interface ContainerStats extends CriStats {
  readonly containerId: string;
  readonly metadata: ContainerMetadata;
  readonly labels: Readonly<Record<string, string>>;
  /** of its writable layer */
  readonly writableLayer: { readonly usedBytes: number; readonly inodesUsed: number };
}

export interface PodSandboxStats extends CriStats {
  readonly podSandboxId: string;
  readonly network: {
    readonly name: string;
    readonly rxBytes: number;
    readonly rxErrors: number;
    readonly txBytes: number;
    readonly txErrors: number;
  } | null;
}

export interface RuntimeCondition {
  readonly type: 'RuntimeReady' | 'NetworkReady';
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface CriExec {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** a terminal of this size */
  readonly tty?: TerminalSize;
}

/** RuntimeService. */
export interface RuntimeService {
  version(): Promise<CriVersion>;
  /** Ready, and why not: a network without a configuration, a runtime that cannot be reached. */
  status(): Promise<readonly RuntimeCondition[]>;
  /** Tells the runtime which addresses Pods of this node get. */
  updateRuntimeConfig(config: { readonly podCidr: string }): Promise<void>;

  /** Idempotent in nothing: each call makes one. Nothing is left behind when it fails. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string): Promise<string>;
  /** Kills what runs in it and takes its network down. Idempotent. */
  stopPodSandbox(id: string): Promise<void>;
  /** Stops it and forgets it with its containers. Idempotent. */
  removePodSandbox(id: string): Promise<void>;
  podSandboxStatus(id: string): Promise<PodSandboxStatus>;
  listPodSandbox(): Promise<readonly PodSandbox[]>;

  createContainer(
    podSandboxId: string,
    config: CriContainerConfig,
    sandboxConfig: PodSandboxConfig,
  ): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Stop signal, then SIGKILL after so many seconds. Idempotent. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>;
  /** Also one that runs. Idempotent. */
  removeContainer(id: string): Promise<void>;
  listContainers(): Promise<readonly CriContainer[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void>;
  /** Gives the container's log a new file; the old one was renamed. */
  reopenContainerLog(id: string): Promise<void>;

  /** @param timeoutSeconds none when 0. Throws DEADLINE_EXCEEDED. */
  execSync(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }>;
  exec(id: string, request: CriExec): Promise<ProcessIo>;
  attach(id: string, request: { readonly stdin: boolean }): Promise<ProcessIo>;
  /** A connection to a port on the sandbox's `localhost`. */
  portForward(podSandboxId: string, port: number): Promise<ByteStream>;

  containerStats(id: string): Promise<ContainerStats>;
  listContainerStats(): Promise<readonly ContainerStats[]>;
  podSandboxStats(id: string): Promise<PodSandboxStats>;
  readonly containerEvents: Event<ContainerEvent>;
}

/** ImageService. */
export interface ImageService {
  listImages(): Promise<readonly CriImage[]>;
  /** By id, tag or digest; undefined when it is not there. */
  imageStatus(image: string): Promise<CriImage | undefined>;
  /** Returns its id. */
  pullImage(image: string, auth?: CriAuth): Promise<string>;
  /** Idempotent. */
  removeImage(image: string): Promise<void>;
  imageFsInfo(): Promise<{
    readonly time: number;
    readonly mountpoint: string;
    readonly usedBytes: number;
    readonly inodesUsed: number;
  }>;
}

export type Cri = RuntimeService & ImageService;

export type CriErrorCode =
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'INVALID_ARGUMENT'
  | 'FAILED_PRECONDITION'
  | 'DEADLINE_EXCEEDED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'PERMISSION_DENIED'
  | 'UNIMPLEMENTED'
  | 'UNKNOWN';

/** A failure as gRPC reports it: `rpc error: code = NotFound desc = …`. */
export class CriError extends Error {
  override readonly name = 'CriError';
  readonly code: CriErrorCode;

  constructor(code: CriErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
