/**
 * The wire contract of the guest agent: what the host may ask of the one process that
 * Drydock runs inside every machine. `docs/agent-protocol.md` describes the framing; the Go
 * side mirrors these types in `engine/guest/agent`.
 *
 * Every operation is one multiplexed stream that opens with a request message
 * `{ op, ...params }` and its reply. `AgentCalls` end with the reply. `AgentStreams` go on, as
 * raw bytes, as frames (`FrameType`) or as JSON messages.
 */

/** Types of frame on `exec`, `task.attach` and `task.exec` streams: type (1 byte), length (4 bytes, big-endian), payload. */
export const FrameType = {
  /** host → agent: bytes for standard input */
  stdin: 0,
  /** agent → host: bytes from standard output (or from the terminal) */
  stdout: 1,
  /** agent → host: bytes from standard error */
  stderr: 2,
  /** host → agent: end of standard input; no payload */
  stdinEnd: 3,
  /** host → agent: `TerminalSize` as JSON */
  resize: 4,
  /** host → agent: `{ "signal": "SIGINT" }` */
  signal: 5,
  /** agent → host, last frame: `ExitStatus` as JSON */
  exit: 6,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export interface TerminalSize {
  readonly rows: number;
  readonly cols: number;
}

export interface ExitStatus {
  /** 0 to 255; 128 + n when killed by signal n */
  readonly code: number;
  /** name of the signal that ended the process, such as `SIGKILL` */
  readonly signal?: string;
  /** true when the kernel's out-of-memory killer struck in the task's cgroup */
  readonly oomKilled?: boolean;
  /** UNIX time in milliseconds */
  readonly finishedAt: number;
  /** of a task: when the run that ended was started, which tells runs apart */
  readonly startedAt?: number;
}

/** An error the agent reports. `code` is an errno name (`ENOENT`) or one of `EPROTO`, `ETASK`, `ECNI`, `ETLS`. */
export interface AgentErrorBody {
  readonly code: string;
  readonly message: string;
}

export interface ExecRequest {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** user name or `uid[:gid]`; root when absent */
  readonly user?: string;
  /** a pseudo-terminal of this size; pipes when absent */
  readonly tty?: TerminalSize;
  /** start a login shell environment (HOME, USER, SHELL, PATH, TERM) under `env` */
  readonly login?: boolean;
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'device' | 'fifo' | 'socket';
export interface FileInfo {
  readonly name: string;
  readonly kind: FileKind;
  readonly size: number;
  /** permission bits and set-id bits, without the type */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** UNIX time in milliseconds */
  readonly mtime: number;
  readonly target?: string;
  /** of kind `device` */
  readonly device?: {
    readonly type: 'block' | 'character';
    readonly major: number;
    readonly minor: number;
  };
}

export interface FileEvent {
  readonly kind: 'created' | 'changed' | 'removed' | 'overflow';
  /** absolute path; for `overflow` the watched root: list it again */
  readonly path: string;
  readonly isDirectory: boolean;
}

export interface MachineIdentity {
  readonly hostname: string;
  /** 32 hexadecimal digits, as in /etc/machine-id */
  readonly machineId: string;
  /** of eth0, `02:…` */
  readonly mac: string;
  /** of eth0 with prefix length, such as `10.0.0.11/24`; no address when absent */
  readonly address?: string;
  readonly gateway?: string;
  /** UNIX time in milliseconds */
  readonly time: number;
  /** minutes east of UTC are not modelled: guests run in UTC */
  /** base64, at least 32 bytes, credited to the kernel's random pool */
  readonly entropy: string;
  /** further lines of /etc/hosts: address → names */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
}

/** One reading of the machine; counters run since boot. */
export interface MachineStats {
  readonly time: number;
  readonly cpu: { readonly busyMs: number; readonly idleMs: number };
  readonly memory: { readonly total: number; readonly available: number };
  readonly disk: {
    readonly total: number;
    readonly used: number;
    readonly readBytes: number;
    readonly writtenBytes: number;
  };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number };
  readonly processes: number;
}

/** A sandbox's place on one network. */
export interface SandboxEndpoint {
  /** name of the network, which may follow a container's: `web.backend` */
  readonly network: string;
  /** bridge device, such as `docker0`; must exist (`bridge.ensure`) */
  readonly bridge: string;
  /** such as `172.17.0.2/16` */
  readonly address: string;
  readonly gateway: string;
  readonly mac: string;
  /** device name inside, such as `eth0` */
  readonly device: string;
  readonly mtu?: number;
  /** names under which neighbours find the address; the first is what the address is called */
  readonly names: readonly string[];
}

/** The name server that a sandbox has at 127.0.0.11. It knows the neighbours on the sandbox's networks by their names. */
export interface SandboxDns {
  /** addresses of servers that are asked for other names; without any, those are answered with NXDOMAIN */
  readonly servers: readonly string[];
  /** names of this sandbox's own for names of neighbours */
  readonly links?: Readonly<Record<string, string>>;
  /** names without a dot are never asked of the servers */
  readonly keepsUnqualified?: boolean;
}

/** What goes to the plugins of a network (CNI specification, "Execution Protocol"). */
export interface CniAttachment {
  /** CNI_ARGS: `K8S_POD_NAME`, … */
  readonly args: Readonly<Record<string, string>>;
  /** by name, such as `portMappings`; a plugin is given those it says it can do */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** Namespaces that the containers of a Pod share, kept without a process in them. */
export interface PodSandboxSpec {
  readonly id: string;
  readonly mode: 'pod';
  /** of its UTS namespace; none when empty: the machine's name is the Pod's, too */
  readonly hostname: string;
  /** `cni`: a network namespace which the plugins configured in /etc/cni/net.d connect */
  readonly network: 'cni' | 'host';
  readonly ipc: 'own' | 'host';
  /** of these namespaces: `net.core.somaxconn` → `1024` */
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly cni?: CniAttachment;
  /** written first, such as `resolv.conf`; their directories are made */
  readonly files?: TaskSpec['files'];
}

/** The part of a CNI result that is told on. */
export interface CniResult {
  /** with prefix length */
  readonly ips: readonly { readonly address: string; readonly gateway?: string }[];
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac?: string;
    /** path of the network namespace; of the machine's own without */
    readonly sandbox?: string;
  }[];
}

/** Network namespace that one or more tasks share, as a Pod sandbox or a Docker container has. */
export type SandboxSpec =
  | PodSandboxSpec
  | { readonly id: string; readonly mode: 'host' | 'none' }
  | {
      readonly id: string;
      readonly mode: 'bridge';
      readonly endpoints: readonly SandboxEndpoint[];
      /** device whose gateway leads everywhere else; none when empty */
      readonly defaultRoute: string;
      readonly dns?: SandboxDns;
    };

/** A bridge of the machine with the rules around it. */
export interface BridgeSpec {
  readonly name: string;
  /** of the bridge, with prefix length: `172.17.0.1/16` */
  readonly address: string;
  readonly mtu?: number;
  /** leads nowhere else */
  readonly internal?: boolean;
  /** those on it do not reach each other either */
  readonly secluded?: boolean;
  /** those on it show their own addresses outside */
  readonly unmasked?: boolean;
}

/** A port published on the machine: an element of the nftables maps of table `ip docker`. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  /** `0.0.0.0` for every address */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly address: string;
  readonly port: number;
}

/** Flows that were sent to one of these destinations, and that none of its backends answers. */
export interface ForgottenFlows {
  readonly protocol: 'tcp' | 'udp';
  readonly destinations: readonly {
    /** every address when absent */
    readonly address?: string;
    readonly port: number;
    /** `10.244.1.5:53` */
    readonly backends: readonly string[];
  }[];
}

export interface OverlaySpec {
  /** lower directories, topmost first: published image trees or any other directory */
  readonly lower: readonly string[];
  /** on the machine's writable disk; created when missing */
  readonly upper: string;
  readonly work: string;
  /** where the merged tree is mounted: the container's root file system */
  readonly target: string;
}

export interface TaskSpec {
  /** 64 hexadecimal digits for Docker containers; any file name otherwise */
  readonly id: string;
  /** id of a sandbox that exists */
  readonly sandbox: string;
  readonly overlay: OverlaySpec;
  /** OCI runtime specification 1.0 `config.json`; the agent sets `root.path` and the network namespace path */
  readonly config: unknown;
  /** files written before the start, such as `resolv.conf`, `hosts`, `hostname`, that `config.mounts` may bind */
  readonly files?: readonly {
    readonly path: string;
    readonly mode: number;
    readonly content: string;
  }[];
  /** made where nothing is: what mounts of `config` come from */
  readonly directories?: readonly string[];
  /** standard input stays open for `task.attach`; else /dev/null */
  readonly stdin: boolean;
  readonly tty?: TerminalSize;
  /** where output is logged, as the log drivers of Docker (`json-file`) and of CRI write it */
  readonly log?: {
    readonly path: string;
    readonly format: 'json-file' | 'cri';
    /** a file that reached this size is renamed to `path.1`, and so on, up to `maxFiles` with `path` itself */
    readonly maxBytes?: number;
    readonly maxFiles?: number;
    /** full files are compressed with gzip, and then end in `.gz` */
    readonly compress?: boolean;
  };
}

export interface TaskInfo {
  readonly id: string;
  readonly sandbox: string;
  readonly state: 'created' | 'running' | 'paused' | 'stopped';
  readonly pid: number;
  readonly startedAt: number;
  readonly exit?: ExitStatus;
}

/** OCI `process` object for `task.exec`. */
export interface TaskExecRequest {
  readonly id: string;
  readonly execId: string;
  readonly process: unknown;
  readonly tty?: TerminalSize;
}

export type TaskEvent =
  | { readonly type: 'started'; readonly id: string; readonly pid: number; readonly time: number }
  | { readonly type: 'oom'; readonly id: string; readonly time: number }
  | { readonly type: 'exited'; readonly id: string; readonly exit: ExitStatus };

/** What a network device has carried. */
interface DeviceTraffic {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDrops: number;
}

/** From cgroup v2 files. Limits are null when there is none. */
export interface CgroupStats {
  readonly time: number;
  /** cpu.stat: `usage_usec`, `nr_throttled`, … */
  readonly cpu: Readonly<Record<string, number>>;
  readonly memory: {
    /** bytes */
    readonly current: number;
    /** bytes; 0 where the kernel does not tell */
    readonly peak: number;
    readonly limit: number | null;
    /** memory.stat: `inactive_file`, … */
    readonly stat: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number; readonly limit: number | null };
  /** io.stat; null when the kernel has none for the cgroup */
  readonly io:
    | readonly {
        readonly major: number;
        readonly minor: number;
        readonly readBytes: number;
        readonly writtenBytes: number;
        readonly reads: number;
        readonly writes: number;
      }[]
    | null;
}

/** From the task's cgroup and the devices of its network namespace. */
export interface TaskStats extends CgroupStats {
  readonly id: string;
  /** by device, without `lo` */
  readonly networks: Readonly<Record<string, DeviceTraffic>>;
}

/** Operations that end with their reply. */
export interface AgentCalls {
  hello: {
    request: object;
    reply: { version: string; kernel: string; hostname: string; bootMs: number };
  };
  /** Runs to completion with its output collected (at most 1 MiB each). For small questions. */
  run: {
    request: ExecRequest & { readonly stdin?: string };
    reply: { exit: ExitStatus; stdout: string; stderr: string };
  };
  personalise: { request: MachineIdentity; reply: object };
  /** Sets the clock, after a pause or a restore: UNIX time in milliseconds. */
  'clock.set': { request: { time: number }; reply: object };
  /** Makes ready for a saved state: flush, drop caches if asked. The kernel keeps free memory zero by itself. */
  quiesce: { request: { dropCaches: boolean }; reply: object };
  stats: { request: object; reply: MachineStats };

  'file.stat': { request: { path: string }; reply: FileInfo };
  'file.list': { request: { path: string }; reply: { entries: readonly FileInfo[] } };
  'file.mkdir': { request: { path: string; mode?: number }; reply: object };
  'file.remove': { request: { path: string; recursive?: boolean }; reply: object };
  /** As mount(2), unless something is mounted at the target. Errors are the kernel's own. */
  'file.mount': {
    request: { source: string; target: string; type: string; flags: number; data: string };
    reply: object;
  };
  /** Nothing happens where nothing is mounted. `EBUSY` while somebody uses it. */
  'file.unmount': { request: { path: string }; reply: object };
  'file.rename': { request: { from: string; to: string }; reply: object };
  /** What is below each path takes of the disk, hard links once; nothing where there is no such path. */
  'file.usage': {
    request: { paths: readonly string[] };
    reply: { usages: readonly { readonly bytes: number; readonly inodes: number }[] };
  };

  /** Creates or completes a bridge with address, forwarding, masquerading and the `ip docker` table. Idempotent. */
  'bridge.ensure': { request: BridgeSpec; reply: object };
  'bridge.remove': { request: { name: string }; reply: object };
  /** Adds elements to the nftables maps. `EADDRINUSE` when a process of the machine listens there. */
  'port.publish': { request: { ports: readonly PublishedPort[] }; reply: object };
  'port.withdraw': { request: { ports: readonly PublishedPort[] }; reply: object };

  /** Removes flows from the kernel's connection tracking, so that their next packet is translated anew. */
  'conntrack.forget': { request: ForgottenFlows; reply: { forgotten: number } };

  /** Sandboxes there are, and ports that are published. */
  'sandbox.list': {
    request: object;
    reply: { ids: readonly string[]; ports: readonly PublishedPort[] };
  };
  /**
   * Paths of the namespaces it has. In mode pod nothing is left when it fails; what a network plugin refuses
   * is ECNI, in libcni's words.
   */
  'sandbox.create': {
    request: SandboxSpec;
    reply: {
      netns: string;
      /** these four in mode pod, as far as it has them */
      uts?: string;
      ipc?: string;
      /** the directory that is /dev/shm for all of the Pod's containers */
      shm?: string;
      cni?: CniResult;
    };
  };
  /** Also one in mode pod whose namespaces went with a reboot: the network's plugins release what they keep. */
  'sandbox.remove': { request: { id: string }; reply: object };
  /** Adds an endpoint to a sandbox in mode bridge that is in use. `defaultRoute` and `dns` are as they are to be afterwards. */
  'sandbox.connect': {
    request: { id: string; endpoint: SandboxEndpoint; defaultRoute: string; dns?: SandboxDns };
    reply: object;
  };
  'sandbox.disconnect': {
    request: { id: string; device: string; defaultRoute: string };
    reply: object;
  };
  /** Replaces the names of an endpoint. */
  'sandbox.name': {
    request: { id: string; device: string; names: readonly string[] };
    reply: object;
  };

  /** What its devices have carried. */
  'sandbox.stats': { request: { id: string }; reply: Pick<TaskStats, 'networks'> };
  /** Whether Pods can be connected; if not, `message` says why, in the words of containerd's CNI library. */
  'cni.status': { request: object; reply: { ready: boolean; message: string } };

  /** Makes a directory below /sys/fs/cgroup where there is none, with all controllers on the way, and writes its files. */
  'cgroup.set': {
    request: { path: string; files?: Readonly<Record<string, string>> };
    reply: object;
  };
  /** Removes it with those below it, if it is there. `EBUSY` while a process is in one of them. */
  'cgroup.remove': { request: { path: string }; reply: object };
  'cgroup.stats': { request: { path: string }; reply: CgroupStats };

  /** Overlay, bundle, stdio, `crun create` and `crun start`, in one round trip. Errors carry crun's text in `message`. */
  'task.start': { request: TaskSpec; reply: { pid: number; startedAt: number } };
  'task.signal': { request: { id: string; signal: string; all?: boolean }; reply: object };
  'task.pause': { request: { id: string }; reply: object };
  'task.resume': { request: { id: string }; reply: object };
  /** Writes cgroup v2 files, such as `{ "memory.max": "33554432" }`. */
  'task.update': {
    request: { id: string; cgroup: Readonly<Record<string, string>> };
    reply: object;
  };
  /** Goes on in a new file of the log's name: the old one was renamed. */
  'task.reopenLog': { request: { id: string }; reply: object };
  'task.resize': { request: { id: string; execId?: string; size: TerminalSize }; reply: object };
  'task.list': { request: object; reply: { tasks: readonly TaskInfo[] } };
  'task.pids': { request: { id: string }; reply: { pids: readonly number[] } };
  'task.stats': { request: { id: string }; reply: TaskStats };
  /** Kills what is left, deletes the crun state and unmounts the overlay; the upper directory stays. */
  'task.delete': { request: { id: string }; reply: object };
  /**
   * Mounts a container's root file system without a task, or that of a running one (`merged`) once
   * more, with what `binds` mounts inside it: for `docker cp`.
   */
  'root.mount': {
    request: {
      target: string;
      overlay?: Omit<OverlaySpec, 'target'>;
      merged?: string;
      binds?: readonly { source: string; target: string }[];
    };
    reply: object;
  };
  /** Unmounts it with everything mounted inside. */
  'root.unmount': { request: { target: string }; reply: object };
}

/** Operations whose stream goes on after the reply. `kind` says what flows. */
export interface AgentStreams {
  exec: { request: ExecRequest; reply: { pid: number }; kind: 'frames' };
  /** Bytes of the file from `offset`, at most `length`; then the stream ends. With `follow`, goes on as the file grows. */
  'file.read': {
    request: { path: string; offset?: number; length?: number; follow?: boolean };
    reply: FileInfo;
    kind: 'bytes';
  };
  /**
   * The host sends the bytes and half-closes; the file appears under its name at once, whole, or with
   * `inPlace` is overwritten, so that it changes also where it is mounted, or with `append` grows at its
   * end. Ends with a message `{}` or `{ error }`.
   */
  'file.write': {
    request: {
      path: string;
      mode?: number;
      uid?: number;
      gid?: number;
      makeParents?: boolean;
      inPlace?: boolean;
      append?: boolean;
    };
    reply: object;
    kind: 'bytes';
  };
  /** `FileEvent` messages. Recursive, new directories included. */
  'file.watch': {
    request: { path: string; ignore?: readonly string[] };
    reply: object;
    kind: 'messages';
  };
  /**
   * A POSIX (pax) tar of `path`. `names` limits it to these entries below `path`. With
   * `layer`, `path` is an overlay's upper directory and whiteouts are written as an OCI layer
   * has them (`.wh.name`, `.wh..wh..opq`). `root` resolves symbolic links inside a container's root.
   */
  'tar.read': {
    request: { path: string; names?: readonly string[]; layer?: boolean; root?: string };
    reply: object;
    kind: 'bytes';
  };
  /** Extracts a tar that the host sends below `path`; ends with a message `{}` or `{ error }`. */
  'tar.write': {
    request: { path: string; root?: string; keepOwner?: boolean };
    reply: object;
    kind: 'bytes';
  };
  /** Connects from inside the machine (or from a sandbox's network namespace); then raw bytes. */
  dial: {
    request: {
      network: 'tcp' | 'unix';
      address: string;
      sandbox?: string;
      /** until it is connected, with TLS too; as long as the kernel tries when absent */
      timeoutMs?: number;
      /** The agent is the client; the bytes are those inside. `ETLS` says in Go's words what keeps the two apart. */
      tls?: {
        serverName?: string;
        /** PEM: who may have signed the server's certificate; any certificate will do when absent */
        authorities?: string;
        /** PEM: what the client shows of itself */
        certificate?: string;
        key?: string;
        /** offered by ALPN */
        protocols?: readonly string[];
      };
    };
    reply: object;
    kind: 'bytes';
  };
  /**
   * Listens inside the machine for as long as this stream is open. Each connection arrives as a
   * stream that the agent opens, with an `IncomingConnection` message first, then raw bytes.
   */
  listen: {
    request: {
      network: 'tcp' | 'unix';
      address: string;
      mode?: number;
      /** clients may show certificates when they are requested; nobody has looked at them then */
      tls?: { certificate: string; key: string; requestClientCertificate?: boolean };
    };
    reply: { listenerId: number };
    kind: 'bytes';
  };
  /** `MachineStats` messages every `intervalMs`. */
  'stats.watch': { request: { intervalMs: number }; reply: object; kind: 'messages' };
  /** `TaskEvent` messages from now on. */
  'task.events': { request: object; reply: object; kind: 'messages' };
  /**
   * Live input and output of a task's main process; ends with an exit frame. Several may be
   * attached. May come before `task.start`, and then misses nothing.
   */
  'task.attach': { request: { id: string; stdin: boolean }; reply: object; kind: 'frames' };
  /** `crun exec`; ends with an exit frame. */
  'task.exec': { request: TaskExecRequest; reply: { pid: number }; kind: 'frames' };
}

export interface IncomingConnection {
  readonly listenerId: number;
  readonly remote: string;
  readonly local: string;
  /** what a client has shown: base64 of DER, leaf first */
  readonly certificates?: readonly string[];
}
