import type { Breakpoint, TrafficBatch } from './api-traffic.ts';
import type { RangeRequest, RangeResponse } from './etcd.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';
import type { Decision } from './scheduler.ts';
import type { TerminalSize } from './agent.ts';
import type { LabMachine, LabTerminal, MachineState, Stop } from './lab.ts';

/** A cluster of machines, as the page shows it. */
export interface ClusterState {
  readonly kind: 'starting' | 'ready' | 'failed';
  /** what it waits for, for people */
  readonly text: string;
  readonly nodes: readonly ClusterNodeState[];
  readonly error?: Error;
}

export interface ClusterNodeState {
  readonly name: string;
  /** of eth0 */
  readonly ip: string;
  readonly role: 'control-plane' | 'worker';
  readonly machine: MachineState;
  readonly kubelet: 'absent' | 'starting' | 'running' | 'failed';
  /** whether its cable is plugged into the switch */
  readonly plugged: boolean;
  /** milliseconds that packets take longer on its cable, each way */
  readonly delay: number;
  /** as the API server says; undefined before it has said anything */
  readonly ready: boolean | undefined;
  /** what runs as workers beside the machine */
  readonly components: readonly ComponentState[];
}

export interface ComponentState {
  /** of the container: `kube-apiserver` */
  readonly name: string;
  readonly running: boolean;
  /** UNIX milliseconds */
  readonly startedAt: number | undefined;
}

/** What runs in a container of a Pod. */
export interface PodCommand {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly argv: readonly string[];
  readonly size: TerminalSize;
}

export interface ClusterFacade {
  /** Called once. Resolves when every node is ready; when it fails, what has begun is ended by `close`. */
  start(): Promise<void>;
  state(): ClusterState;
  onState(listener: (state: ClusterState) => void): Stop;
  /** One exchange with its API server, as an administrator and past the machines; only path and query of the URL matter. */
  api(request: HttpRequest): Promise<HttpResponse>;
  /** A command with a terminal in a container, through its API server, as `kubectl exec -it` runs it. @throws StatusError what it refuses */
  exec(command: PodCommand): Promise<LabTerminal>;
  /** Calls back with what goes in and out of the API server from now on, and first with the watches there are. */
  onTraffic(listener: (batch: TrafficBatch) => void): Stop;
  /** Holds requests to the API server that one of these matches, while somebody listens to its traffic. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): void;
  /** Lets a request go on that is held. @param id of its `HeldEntry` */
  release(id: number): void;
  /** Reads etcd itself, past the API server. @throws EtcdError such as STOPPED, COMPACTED */
  readEtcd(request: RangeRequest): Promise<RangeResponse>;
  /** Why the scheduler gave a Pod its node, or none; undefined when it does not remember. */
  explain(namespace: string, name: string): Promise<Decision | undefined>;
  /** The machine of a node, with terminals, files and ports. @throws LabError NOT_RUNNING when there is none of this name */
  machine(node: string): LabMachine;
  /** Pulls a node's cable out of the switch, or puts it back. */
  setCable(node: string, plugged: boolean): void;
  /** Makes a node's cable slow. @param delay milliseconds each way; 0 as it was */
  setDelay(node: string, delay: number): void;
  /** Stops a node's machine where it is. */
  freeze(node: string): Promise<void>;
  thaw(node: string): Promise<void>;
  /** Ends a node's machine at once, with everything on it. */
  kill(node: string): Promise<void>;
  /** A new machine in place of one that has ended. */
  replace(node: string): Promise<void>;
  /**
   * All of it as it is at one moment, in one file. Its machines stand still meanwhile, and go on afterwards. The file can
   * be kept, and gone on from as often as one likes, also later and elsewhere.
   * @param quick as in `MachineService.save`
   * @throws LabError NOT_RUNNING before it is ready
   */
  save(quick?: boolean): Promise<Blob>;
  /**
   * Ends the cluster and its machines. Never rejects.
   * @param forSuccessor another cluster is started in the same lab now: its machines start much sooner in the workers of these
   */
  close(forSuccessor?: boolean): Promise<void>;
}
