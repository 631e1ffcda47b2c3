/** Who makes a request. */
export interface TrafficClient {
  /** of the user it was authenticated as; empty when that failed */
  readonly user: string;
  /** `User-Agent`, which names the program */
  readonly agent: string;
  /** IP address */
  readonly address: string;
}

/** What a request or an event is about: one object, or all of a kind when there is no name. */
export interface TrafficObject {
  /** of its kind; empty for core */
  readonly group: string;
  /** plural: `pods` */
  readonly resource: string;
  /** such as `binding`; empty for the object itself */
  readonly subresource: string;
  /** empty for what has none, and for all of them */
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  /** uids of what owns it */
  readonly owners?: readonly string[];
  /** uid of the object that an Event tells of */
  readonly about?: string;
}

interface TrafficBase {
  /** UNIX milliseconds at which it was over */
  readonly at: number;
}

/** A request that was answered, or a watch that has ended. */
export interface RequestEntry extends TrafficBase {
  readonly kind: 'request';
  readonly client: TrafficClient;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the HTTP method in lower case */
  readonly verb: string;
  readonly path: string;
  /** absent for paths that are no resource's */
  readonly object?: TrafficObject;
  /** HTTP status */
  readonly status: number;
  /** milliseconds */
  readonly duration: number;
  /** id of the `HeldEntry`, of a request that had to wait */
  readonly held?: number;
}

/** A request that waits at a breakpoint. */
export interface HeldEntry extends TrafficBase {
  readonly kind: 'held';
  readonly id: number;
  readonly client: TrafficClient;
  readonly verb: string;
  readonly object: TrafficObject;
}

/** A watch that begins, or that goes on since before somebody looked. */
export interface WatchEntry extends TrafficBase {
  readonly kind: 'watch';
  readonly client: TrafficClient;
  readonly object: TrafficObject;
}

/** An event that a watch tells its client. */
export interface EventEntry extends TrafficBase {
  readonly kind: 'event';
  readonly client: TrafficClient;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: TrafficObject;
}

/** A read or a write of etcd. */
export interface EtcdEntry extends TrafficBase {
  readonly kind: 'etcd';
  readonly call: 'range' | 'put' | 'txn' | 'deleteRange';
  /** the key, or the first of a range */
  readonly key: string;
  /** milliseconds */
  readonly duration: number;
  /** of the store afterwards; absent when the call failed */
  readonly revision?: number;
}

/** What goes in and out of an API server. */
export type TrafficEntry = RequestEntry | HeldEntry | WatchEntry | EventEntry | EtcdEntry;

/** Which requests an API server holds: those that are like this. */
export interface Breakpoint {
  /** first word of the `User-Agent`; anybody's when absent */
  readonly program?: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
}

export interface TrafficBatch {
  /** in order of time */
  readonly entries: readonly TrafficEntry[];
  /** how many before these were left out, because their reader was too slow */
  readonly lost: number;
  /**
   * What was held and watched before is over: the API server has ended, or these entries begin with all that is held
   * and watched. Ids of what is held may be used again.
   */
  readonly afresh?: true;
}

/** A look at the traffic. */
export interface TrafficWatch {
  /** Holds requests from now on that one of these matches; lets those go on that none matches any more. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void>;
  /** Lets a request go on that is held. */
  release(id: number): Promise<void>;
  /** Ends it, and with it all breakpoints. */
  stop(): Promise<void>;
}
