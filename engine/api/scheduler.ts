/** What the scheduler says of its decisions, to whoever asks from outside of its worker. */

export interface SchedulerService {
  /** Recent decisions, the latest first. */
  decisions(): Promise<readonly DecisionSummary[]>;
  /** The latest decision about a Pod, if it is recent. */
  explain(namespace: string, name: string): Promise<Decision | undefined>;
  /** Calls back after each decision. */
  onDecision(listener: (decision: DecisionSummary) => void): Promise<void>;
}

/** A scheduler in a worker. */
export interface SchedulerHost extends SchedulerService {
  /**
   * Begins once, as soon as no other scheduler leads. `configuration` is a KubeSchedulerConfiguration,
   * in YAML or JSON; `api` leads to an `HttpService` that knows who asks. Throws a ConfigurationError.
   */
  start(api: MessagePort, hostName: string, configuration?: string): Promise<void>;
  /** Lets another scheduler lead. */
  stop(): Promise<void>;
}

export interface DecisionSummary {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** of the profile */
  readonly schedulerName: string;
  /** UNIX milliseconds */
  readonly time: number;
  /** which try it was, from 1 */
  readonly attempt: number;
  readonly outcome: 'scheduled' | 'unschedulable' | 'error';
  /** the node it got, or '' */
  readonly nodeName: string;
  /** why it got none, as in the Pod's events; or '' */
  readonly message: string;
}

export interface Decision extends DecisionSummary {
  /** the node on which room is made for it, or '' */
  readonly nominatedNodeName: string;
  /** the plugin that refused the Pod before any node was looked at */
  readonly refusedBy: Refusal | undefined;
  /** filters that had to do with the Pod, in the order in which a node passes them */
  readonly filters: readonly string[];
  /** plugins that scored, and how much each counts */
  readonly scorers: readonly { readonly plugin: string; readonly weight: number }[];
  /** the best first, then the others that fit, then those that were refused, then the rest */
  readonly nodes: readonly NodeDecision[];
}

export interface Refusal {
  readonly plugin: string;
  readonly reasons: readonly string[];
}

export interface NodeDecision {
  readonly nodeName: string;
  /** `skipped`: there were enough others that fit, or the Pod named other nodes */
  readonly verdict: 'chosen' | 'fits' | 'refused' | 'skipped';
  /** filters it passed */
  readonly passed: readonly string[];
  readonly refusal: Refusal | undefined;
  /** in the order of `scorers`; empty when there was nothing to choose from */
  readonly scores: readonly NodeScore[];
  /** the weighted sum */
  readonly total: number;
}

export interface NodeScore {
  readonly plugin: string;
  /** as the plugin counts */
  readonly raw: number;
  /** between 0 and 100 */
  readonly normalized: number;
  readonly weighted: number;
}
