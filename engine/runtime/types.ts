/**
 * The in-process contract of the container runtime: what `docker/`, its builder and the
 * kubelet use. Shaped after CRI (RunPodSandbox, CreateContainer, …): sandboxes hold shared
 * namespaces, containers run in them, images live on the host side.
 *
 * Messages of `RuntimeError` are Docker's own where Docker has one; `code` says what to do with it.
 */
import type { CniAttachment, ExitStatus, TaskStats, TerminalSize } from '../api/agent.ts';
import type { Event } from '../base/emitter.ts';

import type { ContentStore, Digest, Images } from './image-types.ts';

export type * from './image-types.ts';

export interface PortBinding {
  readonly protocol: 'tcp' | 'udp';
  readonly containerPort: number;
  /** that of the network when absent, `0.0.0.0` for most */
  readonly hostAddress?: string;
  /** 0: any free one */
  readonly hostPort: number;
  /** the last of a range of which the first free one is taken; `hostPort` when absent */
  readonly lastHostPort?: number;
}

export interface PublishedHostPort {
  readonly protocol: 'tcp' | 'udp';
  readonly containerPort: number;
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** A place on a network that is wanted. */
export interface EndpointConfig {
  /** name or id of one of `Networks` */
  readonly network: string;
  /** the lowest free one when absent */
  readonly address?: string;
  /** made from the address when absent */
  readonly mac?: string;
  /** names under which neighbours find it, where the network tells names; the first is what the address is called */
  readonly names?: readonly string[];
  /** names of its own for neighbours: own name → neighbour's */
  readonly links?: Readonly<Record<string, string>>;
}

/** A place on a network that is taken. */
export interface Endpoint {
  readonly network: string;
  readonly networkId: string;
  /** device inside, such as `eth0` */
  readonly device: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mac: string;
  readonly names: readonly string[];
}

export type NetworkMode =
  | { readonly kind: 'host' }
  | { readonly kind: 'none' }
  | { readonly kind: 'bridge'; readonly endpoints: readonly EndpointConfig[] };

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Namespaces that the containers of a Pod share, there without any process. */
export interface PodMode {
  readonly kind: 'pod';
  /** a network of its own that the machine's network plugins connect, or the machine's */
  readonly network: 'cni' | 'host';
  readonly cni?: CniAttachment;
  /** the machine's name is the Pod's, too, when empty */
  readonly hostname: string;
  readonly ipc: 'own' | 'host';
  /** of these namespaces */
  readonly sysctls: Readonly<Record<string, string>>;
}

export interface SandboxConfig {
  readonly id: string;
  readonly network: NetworkMode | PodMode;
  /** whatever its user wants to be kept with it */
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports: readonly PortBinding[];
  /** for the embedded name server; the machine's own servers when absent */
  readonly dns?: DnsConfig;
}

export interface Sandbox {
  readonly id: string;
  readonly config: SandboxConfig;
  /** in mode bridge, in the order of their devices */
  readonly endpoints: readonly Endpoint[];
  /** whether it has the embedded name server */
  readonly tellsNames: boolean;
  /** with host ports allocated */
  readonly ports: readonly PublishedHostPort[];
  /** in mode pod */
  readonly pod?: PodNamespaces;
  /** it was taken down, or its machine has started anew since: nothing is left of it but what is known */
  readonly stopped?: true;
}

/** Where the namespaces of a Pod are in the machine, as far as it has them, and its addresses. */
export interface PodNamespaces {
  readonly netns: string;
  readonly uts?: string;
  readonly ipc?: string;
  /** /dev/shm of its containers */
  readonly shm?: string;
  /** without prefix length */
  readonly addresses: readonly string[];
}

/** How mounts inside a bind mount reach the other side (mount_namespaces(7)). */
export type Propagation = 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';

export type Mount =
  /** a directory or file of the machine; created as a directory when absent and `create` */
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly create: boolean;
      /** `rprivate` when absent */
      readonly propagation?: Propagation;
      /** without what is mounted below the source */
      readonly nonRecursive?: boolean;
    }
  /** populated from the image when the volume is empty, unless `noCopy` */
  | {
      readonly kind: 'volume';
      readonly volume: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly noCopy?: boolean;
      /** made for this container, and to go with it */
      readonly anonymous?: boolean;
      readonly propagation?: Propagation;
    }
  /** with these options and no others */
  | { readonly kind: 'tmpfs'; readonly target: string; readonly options: readonly string[] };

/** Limits, in Docker's units; absent or 0 means none. */
export interface Resources {
  /** bytes */
  readonly memory?: number;
  /** bytes of memory and swap together; -1 unlimited */
  readonly memorySwap?: number;
  readonly memoryReservation?: number;
  /** billionths of a CPU */
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  /** microseconds */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** -1: none, where there was one */
  readonly pidsLimit?: number;
  /** bytes or operations a second, by block device of the machine */
  readonly readBps?: readonly DeviceRate[];
  readonly writeBps?: readonly DeviceRate[];
  readonly readIops?: readonly DeviceRate[];
  readonly writeIops?: readonly DeviceRate[];
  /** cgroup v2 files, such as `memory.high` */
  readonly unified?: Readonly<Record<string, string>>;
}

export interface DeviceRate {
  /** such as `/dev/sdb` */
  readonly path: string;
  readonly rate: number;
}

export interface DeviceMapping {
  /** device of the machine, or directory of devices */
  readonly hostPath: string;
  readonly path: string;
  /** some of `rwm` */
  readonly access: string;
}

/** Another container's namespace. */
export interface OfContainer {
  readonly container: string;
}

export interface ContainerConfig {
  /** 64 hexadecimal digits; drawn when absent */
  readonly id?: string;
  readonly image: Digest;
  /**
   * `own`: a sandbox of the same id exists while the container runs, as in Docker.
   * `shared`: a sandbox made by `createSandbox`, or of another container.
   */
  readonly sandbox:
    | {
        readonly kind: 'own';
        readonly network: NetworkMode;
        readonly ports: readonly PortBinding[];
      }
    | { readonly kind: 'shared'; readonly id: string };
  /** whole command line: entrypoint and arguments */
  readonly args: readonly string[];
  /** `KEY=value`, complete: the image's environment is already merged in */
  readonly env: readonly string[];
  /** `/` when absent */
  readonly cwd?: string;
  /** `user[:group]`, names or numbers, looked up in the container's own /etc/passwd and /etc/group */
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly hostname?: string;
  readonly domainname?: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly stopSignal?: string;
  readonly mounts: readonly Mount[];
  readonly resources: Resources;
  readonly privileged?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  /** Docker's default, none, or the text of a profile in Docker's form */
  readonly seccomp?: 'default' | 'unconfined' | { readonly profile: string };
  readonly noNewPrivileges?: boolean;
  readonly readOnlyRootfs?: boolean;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly ulimits?: readonly {
    readonly name: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  /** bytes; 64 MiB when absent */
  readonly shmSize?: number;
  readonly oomScoreAdj?: number;
  /** a small first process that reaps and passes signals on */
  readonly init?: boolean;
  readonly devices?: readonly DeviceMapping[];
  /** `c 1:3 mr` */
  readonly deviceRules?: readonly string[];
  /** own ones when absent; `none`: own without /dev/shm; `shareable`: own, and others may join */
  readonly pid?: 'host' | OfContainer;
  readonly ipc?: 'host' | 'none' | 'shareable' | OfContainer;
  readonly uts?: 'host';
  readonly cgroupns?: 'host';
  /** instead of Docker's own lists */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  /** `name:address` */
  readonly extraHosts?: readonly string[];
  readonly dns?: DnsConfig;
  readonly log?:
    | {
        readonly format: 'json-file' | 'cri';
        readonly path?: string;
        readonly maxBytes?: number;
        readonly maxFiles?: number;
        /** full files, with gzip */
        readonly compress?: boolean;
      }
    | 'none';
  /** for the OCI runtime, beside what it needs to know */
  readonly annotations?: Readonly<Record<string, string>>;
  /** parent cgroup; `/docker` when absent */
  readonly cgroupParent?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export type ContainerState = 'created' | 'running' | 'paused' | 'exited';

/** What is known of a container; kept over engine restarts. Times are UNIX milliseconds. */
export interface Container {
  readonly id: string;
  readonly config: ContainerConfig & { readonly id: string };
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly pid: number;
  readonly startedAt?: number;
  readonly exit?: ExitStatus;
  /** why the last start failed */
  readonly error?: string;
  readonly failedAt?: number;
  /** present while it runs */
  readonly sandbox?: Sandbox;
  readonly paths: ContainerPaths;
}

/** Places on the machine. */
export interface ContainerPaths {
  readonly directory: string;
  readonly upper: string;
  readonly work: string;
  /** where the root file system is mounted while the container runs */
  readonly merged: string;
  readonly log: string;
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

export type RuntimeEvent =
  | {
      readonly type: 'created' | 'removed' | 'paused' | 'resumed' | 'updated';
      readonly id: string;
      readonly time: number;
    }
  | { readonly type: 'started'; readonly id: string; readonly pid: number; readonly time: number }
  | { readonly type: 'oom'; readonly id: string; readonly time: number }
  | { readonly type: 'killed'; readonly id: string; readonly signal: string; readonly time: number }
  | {
      readonly type: 'exited';
      readonly id: string;
      readonly exit: ExitStatus;
      readonly time: number;
    };

/** What holds for one run of a container. */
export interface StartAdditions {
  /** `KEY=value`; the configuration's own come after them */
  readonly env?: readonly string[];
  /** `name:address` for /etc/hosts; several names with spaces between them */
  readonly hosts?: readonly string[];
}

export interface StartOptions extends StartAdditions {
  /** of its terminal */
  readonly size?: TerminalSize;
  /** joins its input and output before it runs */
  readonly attach?: boolean;
}

/** Live input and output of a process, in the order it was written. */
export interface ProcessIo {
  /** ends when the process ends or on `close` */
  readonly output: ReadableStream<OutputChunk>;
  /** closing it ends standard input */
  readonly input: WritableStream<Uint8Array>;
  readonly exited: Promise<ExitStatus>;
  resize(size: TerminalSize): Promise<void>;
  signal(name: string): Promise<void>;
  /** Detaches; the process goes on. */
  close(): Promise<void>;
}

export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

export interface LogEntry {
  readonly stream: 'stdout' | 'stderr';
  /** RFC 3339 with nanoseconds, as in the log file */
  readonly time: string;
  /** with its line break, when it had one */
  readonly bytes: Uint8Array;
}

export interface LogOptions {
  readonly follow?: boolean;
  /** last lines only, counted in both streams and before any other choice */
  readonly tail?: number;
  /** UNIX time in milliseconds, fractions allowed */
  readonly since?: number;
  readonly until?: number;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly signal?: AbortSignal;
}

export interface ExecConfig {
  readonly args: readonly string[];
  /** added to the container's environment */
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly user?: string;
  readonly tty?: TerminalSize;
  readonly privileged?: boolean;
}

export interface RunningExec extends ProcessIo {
  readonly execId: string;
  readonly pid: number;
}

/** `docker cp`'s view of a path. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's `os.FileMode`: permission bits and Go's type bits */
  readonly mode: number;
  /** RFC 3339 */
  readonly mtime: string;
  readonly linkTarget: string;
}

export interface Volume {
  readonly name: string;
  /** directory on the machine */
  readonly mountpoint: string;
  readonly createdAt: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** made without a name */
  readonly anonymous: boolean;
  /** of Docker's driver `local`: with `type`, `device` and `o` it is mounted while containers use it */
  readonly options?: Readonly<Record<string, string>>;
}

export interface Volumes {
  list(): readonly Volume[];
  find(name: string): Volume | undefined;
  /** Without a name an anonymous one. Returns the existing volume of that name. Throws INVALID. */
  create(options: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly options?: Readonly<Record<string, string>>;
  }): Promise<Volume>;
  /** Throws NOT_FOUND, or IN_USE with the containers that use it. */
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Bytes on the machine's disk. */
  usage(name: string): Promise<number>;
}

export interface NetworkOptions {
  readonly name: string;
  /** such as `172.18.0.0/16`; the next free one of Docker's pools when absent */
  readonly subnet?: string;
  /** the first address when absent */
  readonly gateway?: string;
  /** part of the subnet that addresses are taken from */
  readonly ipRange?: string;
  /** addresses that are somebody else's, by what they are for */
  readonly auxiliary?: Readonly<Record<string, string>>;
  /** leads nowhere else */
  readonly internal?: boolean;
  /** its containers do not reach each other */
  readonly secluded?: boolean;
  /** its containers show their own addresses outside */
  readonly unmasked?: boolean;
  /** bytes; the kernel's choice when absent */
  readonly mtu?: number;
  /** device on the machine; made from the id when absent */
  readonly bridge?: string;
  /** where ports are published unless said otherwise; `0.0.0.0` when absent */
  readonly hostAddress?: string;
  /** containers find each other by name (not on Docker's default network) */
  readonly tellsNames?: boolean;
  /** whatever its user wants to be kept with it */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Network extends NetworkOptions {
  /** 64 hexadecimal digits */
  readonly id: string;
  readonly bridge: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly createdAt: number;
}

export interface Networks {
  list(): readonly Network[];
  /** By name or whole id. */
  find(reference: string): Network | undefined;
  /** Throws INVALID, or CONFLICT when the subnet overlaps another's. Several may have one name. */
  create(options: NetworkOptions): Promise<Network>;
  /** Throws NOT_FOUND, or IN_USE when a running sandbox is on it. */
  remove(id: string): Promise<void>;
}

export interface Runtime {
  readonly images: Images;
  readonly content: ContentStore;
  readonly volumes: Volumes;
  readonly events: Event<RuntimeEvent>;
  readonly networks: Networks;
  /** of the machine; known after `recover` */
  readonly hostname: string;

  /** Matches what is known with what the machine runs. Called once, before anything else, also after a restore. */
  recover(): Promise<void>;
  /** Puts the records into the machine, so that a saved state has them. Call it before saving. */
  flush(): Promise<void>;
  /** Follows the machine no longer. Containers go on. */
  close(): Promise<void>;

  /** Nothing is left when it fails. */
  createSandbox(config: SandboxConfig): Promise<Sandbox>;
  /** Takes one made by `createSandbox` down and goes on knowing it. Idempotent. */
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
  sandboxes(): readonly Sandbox[];

  containers(): readonly Container[];
  /** By whole id. Throws NOT_FOUND ("No such container: …"). */
  container(id: string): Container;
  createContainer(config: ContainerConfig): Promise<Container>;
  /** One round trip for the task. Throws START_FAILED with Docker's text (and `exitCode` 126 or 127) when crun refuses. */
  startContainer(id: string, options?: StartOptions): Promise<StartedContainer>;
  /** Signal, then SIGKILL after `timeoutMs` (10 s when absent, never when negative). */
  stopContainer(
    id: string,
    options?: { readonly signal?: string; readonly timeoutMs?: number },
  ): Promise<void>;
  /** Throws NOT_RUNNING. */
  killContainer(id: string, signal: string): Promise<void>;
  /**
   * `not-running`: at once for one that was created or has ended, else when it ends. `next-exit`:
   * when it ends the next time. `removed`: when it is gone; resolves with its last exit.
   */
  waitContainer(
    id: string,
    condition?: 'not-running' | 'next-exit' | 'removed',
  ): Promise<ExitStatus>;
  pauseContainer(id: string): Promise<void>;
  resumeContainer(id: string): Promise<void>;
  updateContainer(id: string, resources: Resources): Promise<void>;
  /** Changes the address on the line of a running container's /etc/hosts that begins with this name. */
  moveHost(id: string, name: string, address: string): Promise<void>;
  /** Replaces the container's labels: what its user wants to be kept with it, also in a saved machine. */
  labelContainer(id: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** Throws CONFLICT when it runs, unless `force`. `volumes`: anonymous volumes go too. */
  removeContainer(
    id: string,
    options?: { readonly force?: boolean; readonly volumes?: boolean },
  ): Promise<void>;
  resizeContainer(id: string, size: TerminalSize): Promise<void>;
  /**
   * Puts a container with a sandbox of its own on another network: at once when it runs, and at every
   * start from now on. Throws NOT_FOUND, INVALID or CONFLICT with Docker's messages.
   */
  connectContainer(id: string, endpoint: EndpointConfig): Promise<void>;
  /** Takes it from a network. Throws NOT_FOUND when it is not on it. */
  disconnectContainer(id: string, networkId: string): Promise<void>;
  /** Replaces the names by which neighbours on a network find it. */
  nameContainer(id: string, networkId: string, names: readonly string[]): Promise<void>;

  attach(id: string, options: { readonly stdin: boolean }): Promise<ProcessIo>;
  exec(id: string, config: ExecConfig): Promise<RunningExec>;
  resizeExec(id: string, execId: string, size: TerminalSize): Promise<void>;
  logs(id: string, options?: LogOptions): AsyncIterable<LogEntry>;
  stats(id: string): Promise<TaskStats>;
  /** Process ids as the machine sees them. */
  pids(id: string): Promise<readonly number[]>;

  /** These see the container's volumes as it does. Throw NOT_FOUND with Docker's message. */
  statPath(id: string, path: string): Promise<PathStat>;
  readArchive(
    id: string,
    path: string,
  ): Promise<{ readonly stat: PathStat; readonly tar: ReadableStream<Uint8Array> }>;
  /** A tar of the root file system, without volumes. */
  exportContainer(id: string): Promise<ReadableStream<Uint8Array>>;
  writeArchive(
    id: string,
    path: string,
    tar: ReadableStream<Uint8Array>,
    options?: { readonly noOverwriteDirNonDir?: boolean; readonly copyOwner?: boolean },
  ): Promise<void>;
  /** The container's changes as a layer's tar, for commit and build. */
  layerTar(id: string): Promise<ReadableStream<Uint8Array>>;
  /** `docker diff`: 0 modified, 1 added, 2 deleted. */
  changes(id: string): Promise<readonly { readonly path: string; readonly kind: 0 | 1 | 2 }[]>;
}

export interface StartedContainer {
  readonly container: Container;
  /** present when asked for: attached before the first byte was written */
  readonly io?: ProcessIo;
}
