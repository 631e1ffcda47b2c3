/**
 * The in-process contract of the container runtime: what `docker/`, its builder and the
 * kubelet use. Shaped after CRI (RunPodSandbox, CreateContainer, …): sandboxes hold shared
 * namespaces, containers run in them, images live on the host side.
 *
 * Messages of `RuntimeError` are Docker's own where Docker has one; `code` says what to do with it.
 */
import type { ExitStatus, TaskStats, TerminalSize } from '../api/agent.ts';
import type { Event } from '../base/emitter.ts';

import type { ContentStore, Digest, Images, Layer } from './image-types.ts';

export type * from './image-types.ts';

export interface PortBinding {
  readonly protocol: 'tcp' | 'udp';
  readonly containerPort: number;
  /** `0.0.0.0` when absent */
  readonly hostAddress?: string;
  /** 0: any free one */
  readonly hostPort: number;
}

export type NetworkMode =
  | { readonly kind: 'host' }
  | { readonly kind: 'none' }
  /** a network of `Networks`; `bridge` is docker0 */
  | {
      readonly kind: 'bridge';
      readonly network: string;
      readonly address?: string;
      readonly mac?: string;
    };

export interface SandboxConfig {
  readonly id: string;
  readonly network: NetworkMode;
  readonly ports: readonly PortBinding[];
}

export interface SandboxNetwork {
  readonly network: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mac: string;
}

export interface Sandbox {
  readonly id: string;
  readonly config: SandboxConfig;
  /** present in mode bridge */
  readonly network?: SandboxNetwork;
  /** with host ports allocated */
  readonly ports: readonly Required<PortBinding>[];
}

export type Mount =
  /** a directory or file of the machine; created as a directory when absent and `create` */
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly create: boolean;
    }
  /** populated from the image when the volume is empty, unless `noCopy` */
  | {
      readonly kind: 'volume';
      readonly volume: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly noCopy?: boolean;
    }
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
  readonly pidsLimit?: number;
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
  readonly seccomp?: 'default' | 'unconfined';
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
  readonly pidMode?: 'host';
  /** `name:address` */
  readonly extraHosts?: readonly string[];
  readonly dns?: {
    readonly servers: readonly string[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  };
  readonly log?:
    | {
        readonly format: 'json-file' | 'cri';
        readonly path?: string;
        readonly maxBytes?: number;
        readonly maxFiles?: number;
      }
    | 'none';
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

/** Live input and output of a process, in the order it was written. */
export interface ProcessIo {
  /** ends when the process ends or on `close` */
  readonly output: ReadableStream<OutputChunk>;
  /** closing it ends standard input */
  readonly input: WritableStream<Uint8Array>;
  readonly exited: Promise<ExitStatus>;
  resize(size: TerminalSize): Promise<void>;
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
  /** last lines only */
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
  readonly labels: Readonly<Record<string, string>>;
  readonly anonymous: boolean;
}

export interface Volumes {
  list(): readonly Volume[];
  find(name: string): Volume | undefined;
  /** Without a name an anonymous one. Returns the existing volume of that name. Throws INVALID. */
  create(options: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
  }): Promise<Volume>;
  /** Throws NOT_FOUND, or IN_USE with the containers that use it. */
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Bytes on the machine's disk. */
  usage(name: string): Promise<number>;
}

export interface Network {
  readonly name: string;
  /** 64 hexadecimal digits */
  readonly id: string;
  /** device on the machine */
  readonly bridge: string;
  /** `172.17.0.0/16` */
  readonly subnet: string;
  readonly gateway: string;
  readonly createdAt: number;
}

export interface Runtime {
  readonly images: Images;
  readonly content: ContentStore;
  readonly volumes: Volumes;
  readonly events: Event<RuntimeEvent>;
  readonly networks: readonly Network[];

  /** Matches what is known with what the machine runs. Called once, before anything else, also after a restore. */
  recover(): Promise<void>;
  /** Puts the records into the machine, so that a saved state has them. Call it before saving. */
  flush(): Promise<void>;
  /** Follows the machine no longer. Containers go on. */
  close(): Promise<void>;

  createSandbox(config: SandboxConfig): Promise<Sandbox>;
  removeSandbox(id: string): Promise<void>;
  sandboxes(): readonly Sandbox[];

  containers(): readonly Container[];
  /** By whole id. Throws NOT_FOUND ("No such container: …"). */
  container(id: string): Container;
  createContainer(config: ContainerConfig): Promise<Container>;
  /** One round trip for the task. Throws START_FAILED with Docker's text (and `exitCode` 126 or 127) when crun refuses. */
  startContainer(
    id: string,
    options?: { readonly size?: TerminalSize; readonly attach?: boolean },
  ): Promise<StartedContainer>;
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
  /** Replaces the container's labels: what its user wants to be kept with it, also in a saved machine. */
  labelContainer(id: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** Throws CONFLICT when it runs, unless `force`. `volumes`: anonymous volumes go too. */
  removeContainer(
    id: string,
    options?: { readonly force?: boolean; readonly volumes?: boolean },
  ): Promise<void>;
  resizeContainer(id: string, size: TerminalSize): Promise<void>;

  attach(id: string, options: { readonly stdin: boolean }): Promise<ProcessIo>;
  exec(id: string, config: ExecConfig): Promise<RunningExec>;
  resizeExec(id: string, execId: string, size: TerminalSize): Promise<void>;
  logs(id: string, options?: LogOptions): AsyncIterable<LogEntry>;
  stats(id: string): Promise<TaskStats>;
  /** Process ids as the machine sees them. */
  pids(id: string): Promise<readonly number[]>;

  statPath(id: string, path: string): Promise<PathStat>;
  readArchive(
    id: string,
    path: string,
  ): Promise<{ readonly stat: PathStat; readonly tar: ReadableStream<Uint8Array> }>;
  writeArchive(
    id: string,
    path: string,
    tar: ReadableStream<Uint8Array>,
    options?: { readonly noOverwriteDirNonDir?: boolean; readonly copyOwner?: boolean },
  ): Promise<void>;
  /** The container's changes as a layer in the content store, for commit and build. */
  layerOf(id: string): Promise<Layer>;
  /** `docker diff`: 0 modified, 1 added, 2 deleted. */
  changes(id: string): Promise<readonly { readonly path: string; readonly kind: 0 | 1 | 2 }[]>;
}

export interface StartedContainer {
  readonly container: Container;
  /** present when asked for: attached before the first byte was written */
  readonly io?: ProcessIo;
}
