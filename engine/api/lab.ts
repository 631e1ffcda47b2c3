/**
 * The facade the web app uses: machines with a shell, files, published ports and a Docker engine.
 * Implemented in `engine/cluster`; it lives in the page and talks to the workers.
 */
import type { ByteStream } from './byte-stream.ts';
import type { HubContents } from './hub.ts';
import type { ExitStatus, FileEvent, FileInfo, MachineStats, TerminalSize } from './agent.ts';
import type {
  DiskSupply,
  MachineMetrics,
  MachineProgress,
  ProfileName,
  SavedMachine,
} from './machine.ts';

/** Ends an observation. */
export type Stop = () => void;

export type MachineState =
  | { readonly kind: 'starting'; readonly progress: MachineProgress }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: Error };

/** State of the Docker engine beside a machine of profile `docker`. */
export type EngineState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: Error };

export interface LabTerminal {
  /** keyboard in, screen out */
  readonly stream: ByteStream;
  resize(size: TerminalSize): Promise<void>;
  readonly exited: Promise<ExitStatus>;
  /** Hangs up, as closing a terminal window does. */
  close(): Promise<void>;
}

export interface LabFiles {
  list(path: string): Promise<readonly FileInfo[]>;
  stat(path: string): Promise<FileInfo>;
  read(path: string): Promise<Uint8Array>;
  /** Atomic: the file is whole or as before. Parents are made. */
  write(path: string, content: Uint8Array): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Changes below `path`, recursively. */
  watch(path: string, onEvent: (event: FileEvent) => void): Promise<Stop>;
}

/** A port the machine offers to the outside, because a container publishes it or a Service leads there. */
export interface OpenPort {
  readonly port: number;
  /** of the machine, where it answers; 127.0.0.1 when absent */
  readonly address?: string;
  readonly protocol: 'tcp' | 'udp';
  /** container name without the slash */
  readonly container: string;
  readonly containerPort: number;
  readonly image: string;
}

/**
 * What `LabMachine.fetch` takes. A fetch `Request` fits, but in a page its headers silently lose
 * `Cookie`, `Host`, `Origin` and `Referer`; a free-standing `Headers` object keeps every name.
 */
export interface PortRequest {
  readonly method: string;
  /** only path and query matter; `Host` is taken from it unless `headers` has one */
  readonly url: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  /** closes the connection */
  readonly signal?: AbortSignal;
}

/**
 * What `LabMachine.fetch` answers. Plain data and not a `Response`: in a page, a `Response` silently loses
 * `Set-Cookie` (every value, in order, must be in `headers`) and refuses unusual status codes.
 */
export interface PortResponse {
  readonly status: number;
  readonly statusText: string;
  /** free-standing; hop-by-hop headers removed */
  readonly headers: Headers;
  /** decoded from its transfer coding, not from its content coding; cancelling it closes the connection */
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface LabMachine {
  readonly name: string;
  readonly profile: ProfileName;
  state(): MachineState;
  onState(listener: (state: MachineState) => void): Stop;
  engine(): EngineState;
  onEngine(listener: (state: EngineState) => void): Stop;

  openTerminal(size: TerminalSize): Promise<LabTerminal>;
  readonly files: LabFiles;

  ports(): readonly OpenPort[];
  onPorts(listener: (ports: readonly OpenPort[]) => void): Stop;
  /**
   * One HTTP/1.1 exchange with `127.0.0.1:port`, or where else `ports` says that it answers, inside the machine over a real TCP connection.
   * Bodies stream in both directions; redirects are not followed; cookies are the caller's.
   * Errors: `LabError` with code `CONNECTION_REFUSED`, `NOT_HTTP`, `CLOSED_EARLY` or `NOT_RUNNING`.
   */
  fetch(port: number, request: PortRequest): Promise<PortResponse>;

  /** A program in the machine, to its end, with what it printed (at most 1 MiB each). */
  run(argv: readonly string[]): Promise<{
    readonly exit: ExitStatus;
    readonly stdout: string;
    readonly stderr: string;
  }>;
  /**
   * One exchange with the Docker engine's API, past the machine: only the URL's path and query matter. Waits for
   * an engine that is starting. Errors: `LabError` with code `NOT_RUNNING` where there is none.
   */
  docker(request: PortRequest): Promise<PortResponse>;

  disk(): DiskSupply;
  onDisk(listener: (supply: DiskSupply) => void): Stop;
  /** Fetches now what the machine waits for. */
  retryDisk(): Promise<void>;

  /** Readings from inside, at most every `intervalMs`. */
  onStats(intervalMs: number, listener: (stats: MachineStats) => void): Promise<Stop>;
  /** Readings of the emulator. */
  metrics(): Promise<MachineMetrics>;
  serial(): Promise<ReadableStream<Uint8Array>>;

  pause(): Promise<void>;
  resume(): Promise<void>;
  /** With its images. It stands still meanwhile, and afterwards runs or is paused as before. */
  save(): Promise<SavedMachine>;
  destroy(): Promise<void>;
}

/** A state beside the profile's own that was prepared with it, by name. */
export interface PreparedMachine {
  readonly prepared: string;
}

export interface AddMachine {
  readonly name: string;
  readonly profile: ProfileName;
  readonly start: 'restore' | 'cold' | PreparedMachine | SavedMachine;
  /** files put below `/root/work` before the first terminal opens, when they are not there yet */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a machine of another profile costs, and how it can start. */
export interface ProfileDownload {
  /** `cold` where nobody has prepared its state */
  readonly start: 'restore' | 'cold';
  /** at most */
  readonly bytes: number;
}

export interface Lab {
  /** What the registry of the lab's machines has. Rejects when it cannot be read. */
  hubContents(): Promise<HubContents>;
  machines(): readonly LabMachine[];
  onMachines(listener: (machines: readonly LabMachine[]) => void): Stop;
  /** Resolves when the agent answers; the engine may still be starting. The machine is listed at once, in state `starting`. */
  addMachine(options: AddMachine): Promise<LabMachine>;
  /**
   * Destroys the machine and starts a new one of the same name. Its images go with it; a saved machine
   * brings its own. A saved machine that cannot be started here is refused before anything is lost.
   * The new machine may have another profile.
   */
  resetMachine(
    name: string,
    start: 'restore' | 'cold' | SavedMachine,
    profile?: ProfileName,
  ): Promise<LabMachine>;
  /** Ends a machine, if there is one of this name; the name is free then. */
  removeMachine(name: string): Promise<void>;
  close(): Promise<void>;
}
