/** A component of a cluster in a worker, beside what it is asked to do. */
export interface LoggedComponent {
  /** Calls back with the lines of its log, from the first that are kept. For the lifetime of the worker. */
  watchLog(onLines: (lines: readonly string[]) => void): Promise<void>;
}
